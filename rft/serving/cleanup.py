"""Clean-up of a run that will not go on: whatever it holds or asked for goes. Safe to repeat, blind to nothing.

Every part looks by name and by tag as well as by the run record, because a step may have died between a request and
writing its answer down. One part that fails keeps no other from working; what failed is raised at the end.
"""

from collections.abc import Callable, Iterable
from typing import Any

from rft import names
from rft.aws import clients
from rft.aws.aliases import delete_alias
from rft.aws.refusals import AwsRefusal, access_denied, mutating, not_found, reason
from rft.errors import StillMutating
from rft.keys import JobStatus, Tag
from rft.schemas import Run
from rft.serving import champion as champions
from rft.serving import deployments, rollback
from rft.serving.progress import Progress
from rft.serving.tags import read_tags

Part = Callable[[], Iterable[str]]


def clean_up(progress: Progress) -> None:
    """Stop and remove what a run left, and write into its record what was removed.

    Raises:
        StillMutating: something cannot be removed yet; call again.
        ClientError: AWS refused; a missing permission before anything else, because repeating does not help there.

    """
    done: list[str] = []
    failures: list[Exception] = []
    for part in _parts(progress):
        try:
            done.extend(what for what in part() if what not in progress.run.cleaned)
        except (StillMutating, AwsRefusal) as error:
            failures.append(error)
    if done:
        progress.note(cleaned=[*progress.run.cleaned, *done])
    if failures:
        raise min(failures, key=_urgency)


def delete_candidate(progress: Progress) -> list[str]:
    """Delete the run's candidate deployment; return what was removed, in words.

    Raises:
        StillMutating: it is still being created.

    """
    view = deployments.find(names.candidate_deployment_name(progress.settings.prefix, progress.run.run_id))
    if view is None:
        return []
    deployments.delete(view)
    return [f"candidate deployment {view.name}"]


def delete_aliases(progress: Progress) -> list[str]:
    """Delete the run's alias on the grader, and those that ended runs left to the job they share with this one.

    A job calls the grader by the alias of the run that launched it, so the alias stays while a living run uses the job.
    """
    run = progress.run
    sharing = _sharing_job(progress)
    if any(not other.final for other in sharing):
        return []
    function = names.grader_name(progress.settings.prefix, run.task)
    removed = []
    for alias in [run.run_id, *(other.run_id for other in sharing)]:
        if delete_alias(function, alias):
            removed.append(f"alias {alias} of {function}")
    return removed


def stop_job(arn: str) -> bool:
    """Stop a customization job; return False if it has ended already.

    Raises:
        ClientError: Bedrock refuses although the job runs, or no permission.

    """
    client = clients.bedrock()
    try:
        if JobStatus(client.get_model_customization_job(jobIdentifier=arn)["status"]) is not JobStatus.IN_PROGRESS:
            return False
        client.stop_model_customization_job(jobIdentifier=arn)
    except AwsRefusal as refusal:
        if not_found(refusal) or mutating(refusal):
            return False
        raise
    return True


def running_jobs(prefix: str) -> list[tuple[str, str]]:
    """Return ARN and name of the customization jobs in progress whose name begins with the prefix."""
    pages = (
        clients.bedrock()
        .get_paginator("list_model_customization_jobs")
        .paginate(statusEquals=JobStatus.IN_PROGRESS.value, nameContains=f"{prefix}-")
    )
    found = [(item["jobArn"], item["jobName"]) for page in pages for item in page["modelCustomizationJobSummaries"]]
    return [(arn, name) for arn, name in found if name.startswith(f"{prefix}-")]


def _parts(progress: Progress) -> list[Part]:
    """What costs most per hour comes first."""
    run, prefix = progress.run, progress.settings.prefix

    def throughput() -> Iterable[str]:
        return _said(rollback.restore_throughput(run, champions.read(prefix, run.task)))

    def champion() -> Iterable[str]:
        others = [other for other in progress.store.all() if other.task == run.task and other.run_id != run.run_id]
        return _said(rollback.restore_deployment(run, champions.read(prefix, run.task), others))

    return [
        throughput,
        lambda: _stop_jobs(progress),
        champion,
        lambda: delete_candidate(progress),
        lambda: _free_slots(progress),
        lambda: delete_aliases(progress),
    ]


def _said(what: str | None) -> list[str]:
    return [what] if what else []


def _stop_jobs(progress: Progress) -> list[str]:
    run = progress.run
    arns = {run.current_job.arn: run.current_job.name} if run.current_job else {}
    for arn, name in running_jobs(f"{progress.settings.prefix}-{run.task}"):
        if arn not in arns and read_tags(arn).get(Tag.RUN) == run.run_id:
            arns[arn] = name
    stopped = []
    for arn, name in arns.items():
        shared = [other for other in progress.store.by_job(arn) if other.run_id != run.run_id and not other.final]
        if not shared and stop_job(arn):
            stopped.append(f"training job {name}")
    return stopped


def _free_slots(progress: Progress) -> list[str]:
    run = progress.run
    numbers = set(range(progress.settings.workflow.training_slots)) | ({run.slot} if run.slot is not None else set())
    freed = []
    for number in sorted(numbers):
        if progress.store.slot_owner(number) == run.run_id:
            progress.store.free_slot(number, run.run_id)
            freed.append(f"training slot {number}")
    return freed


def _sharing_job(progress: Progress) -> list[Run]:
    run = progress.run
    if run.job is None:
        return []
    return [other for other in progress.store.by_job(run.job.arn) if other.run_id != run.run_id]


def _urgency(error: Any) -> int:
    """A missing permission first, then other refusals, and what only takes time last."""
    if isinstance(error, StillMutating):
        return 2
    return 0 if access_denied(error) else 1


def describe(error: Exception) -> str:
    """Return why a part failed, for a person."""
    if isinstance(error, AwsRefusal):
        hint = "; add it to the function's grants" if access_denied(error) else ""
        return f"{error.operation_name}: {reason(error)}{hint}"
    return str(error)
