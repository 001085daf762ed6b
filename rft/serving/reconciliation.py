"""The last safety net, on a schedule: dead runs, leftovers, throughput whose time is up.

One thing that fails keeps no other from being put right; what failed is raised at the end, so that the alarm rings.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from msgspec import Struct, field
from msgspec.structs import replace

from rft.aws.executions import describe, execution_arn, start_clean_up
from rft.aws.notify import notify
from rft.aws.refusals import AwsRefusal
from rft.aws.store import RunStore, age_seconds
from rft.clock import parse
from rft.errors import RftError, StillMutating
from rft.keys import Metric, RunStatus, Serving
from rft.schemas import Champion, Run
from rft.serving import champion as champions
from rft.serving import cleanup, deployments, throughput
from rft.serving.inventory import inventory, remove
from rft.serving.leftovers import Found, Kind, Leftover, Remedy, leftovers
from rft.settings import Settings

ENDED_GRACE = timedelta(minutes=1)  # the rule on ended executions comes first
UNSTARTED_GRACE = timedelta(minutes=5)  # the starter's event is delivered again for some minutes


class Reconciliation(Struct, kw_only=True):
    """What the reconciler found and did; the function returns it."""

    running: int = 0
    oldest_run_seconds: float = 0.0
    provisioned_units: int = 0
    cleaning: list[str] = field(default_factory=list)  # runs whose clean-up was started
    done: list[str] = field(default_factory=list)
    waiting: list[str] = field(default_factory=list)  # still mutating: the next round's
    failures: list[str] = field(default_factory=list)

    def metrics(self) -> dict[Metric, float]:
        """Return the figures of this round."""
        return {
            Metric.OLDEST_RUN_AGE: self.oldest_run_seconds,
            Metric.LEFTOVERS_REMOVED: len(self.done),
            Metric.PROVISIONED_UNITS: self.provisioned_units,
        }


class Reconciler(Struct, kw_only=True):
    """One environment at one moment."""

    settings: Settings
    store: RunStore
    machine_arn: str
    clean_up_machine_arn: str
    topic_arn: str
    now: datetime

    def reconcile(self) -> Reconciliation:
        """Put right what can be put right, and return what was found, done and not done."""
        result = Reconciliation()
        runs = {run.run_id: run for run in self.store.all()}
        running = [run for run in runs.values() if run.status is RunStatus.RUNNING]
        result.running = len(running)
        result.oldest_run_seconds = max((age_seconds(run, self.now) for run in running), default=0.0)
        for run in running:
            self._guarded(result, f"run {run.run_id}", partial(self._revive_clean_up, run, result))
        self._guarded(result, "the inventory of Bedrock", partial(self._sweep, runs, result))
        return result

    def _guarded(self, result: Reconciliation, what: str, work: Callable[[], Any]) -> None:
        try:
            work()
        except StillMutating as error:
            result.waiting.append(f"{what}: {error}")
        except (AwsRefusal, RftError, ValueError) as error:
            result.failures.append(f"{what}: {cleanup.describe(error)}")

    def _revive_clean_up(self, run: Run, result: Reconciliation) -> None:
        death = self._death(run)
        if death is None:
            return
        error, cause = death
        name = f"{run.run_id}-{error}"
        given = {"run_id": run.run_id, "error": error, "cause": cause}
        if not start_clean_up(self.clean_up_machine_arn, name=name, **given):
            # it was cleaned up before, and the record is still open: once more, at most once an hour
            name = f"{name}-{self.now:%Y%m%d%H}"
            if not start_clean_up(self.clean_up_machine_arn, name=name, **given):
                return
        result.cleaning.append(run.run_id)

    def _death(self, run: Run) -> tuple[str, str] | None:
        """Return how a run's execution died, as error and cause, or None if it lives or died only just now."""
        execution = describe(run.execution_arn or execution_arn(self.machine_arn, run.run_id))
        if execution is None:
            if self.now - parse(run.updated_at) < UNSTARTED_GRACE:
                return None
            return "FAILED", "the run has no execution: it never started, or Step Functions forgot it"
        if execution.stopped_at is None or self.now - execution.stopped_at < ENDED_GRACE:
            return None
        error = execution.status if execution.status in ("ABORTED", "TIMED_OUT") else "FAILED"
        return error, f"the execution ended as {execution.status} and left the run open"

    def _sweep(self, runs: dict[str, Run], result: Reconciliation) -> None:
        present = inventory(self.settings.prefix)
        result.provisioned_units = sum(found.units for found in present)
        tasks = {found.task for found in present} | {run.task for run in runs.values()}
        known = {task: champions.read(self.settings.prefix, task) for task in sorted(tasks) if task}
        terms = self.settings.serving.provisioned
        for leftover in leftovers(
            present,
            environment=self.settings.name,
            runs=runs,
            champions={task: champion for task, champion in known.items() if champion},
            now=self.now,
            max_hours=terms.max_pt_hours if terms else 0.0,
        ):
            what = f"{leftover.found.kind} {leftover.found.name}"
            champion = known.get(leftover.found.task)
            self._guarded(result, what, partial(self._remedy, leftover, champion, result))

    def _remedy(self, leftover: Leftover, champion: Champion | None, result: Reconciliation) -> None:
        found, words = leftover.found, f"{leftover.found.kind} {leftover.found.name}: {leftover.why}"
        if leftover.remedy is Remedy.PUT_BACK and champion:
            _put_back(found, champion)
        elif leftover.remedy is Remedy.EXPIRE and champion:
            self._fall_back(champion)
            try:
                remove(found)
            finally:  # the next round removes it without knowing that its time was up
                self._tell_expired(found, champion)
        else:
            remove(found)
        result.done.append(f"{words}; {leftover.remedy}")

    def _fall_back(self, champion: Champion) -> None:
        """Serve on demand first: clients that read the parameter never meet a deleted throughput."""
        if champion.serving_arn != champion.deployment_arn:
            fallen = replace(champion, serving_arn=champion.deployment_arn, mode=Serving.ON_DEMAND)
            champions.write(self.settings.prefix, fallen)

    def _tell_expired(self, found: Found, champion: Champion) -> None:
        view = deployments.get(champion.deployment_arn)
        state = f"its deployment is {view.status}" if view else "BUT ITS DEPLOYMENT IS GONE, so nothing answers"
        notify(
            self.topic_arn,
            f"{self.settings.prefix}: {champion.task} serves on demand again",
            f"The provisioned throughput {found.name} has reached serving.provisioned.max_pt_hours and is removed.\n"
            f"The champion of {champion.task} now answers on demand: {champion.deployment_arn} ({state}).\n"
            "Clients that read the champion parameter go on by themselves.\n"
            "To have provisioned throughput again, run the task again or raise max_pt_hours.\n",
        )


def _put_back(found: Found, champion: Champion) -> None:
    change = throughput.update if found.kind is Kind.THROUGHPUT else deployments.update
    if not change(found.arn, champion.model_arn):
        raise StillMutating(f"{found.kind} {found.name} is still being updated")
