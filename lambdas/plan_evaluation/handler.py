"""PlanEvaluation: cut the held-out split into batches, and pin the champion that the candidate is compared with."""

from typing import Any

from rft.aws import objects
from rft.aws.scores import PLAN
from rft.aws.step import Call, step
from rft.errors import DeploymentFailed
from rft.evaluation.plan import plan_batches
from rft.keys import Split, State, artefact_key
from rft.names import champion_parameter
from rft.schemas import Champion, Run
from rft.serving import champion as champions
from rft.serving import deployments


@step(State.PLAN_EVALUATION)
def handler(run: Run, call: Call) -> dict[str, Any]:
    """Write the plan; return its key and the number of batches."""
    if run.dataset is None:
        raise ValueError(f"{run.run_id} has no dataset version yet")
    settings = call.here.settings
    lines = objects.read_lines(run.dataset.bucket, run.dataset.splits[Split.TEST].key)
    batches = list(plan_batches((len(line) for line in lines), size=settings.workflow.evaluation_batch))
    key = artefact_key(run.run_id, PLAN)
    objects.put_json_lines(call.here.artefacts_bucket, key, batches)
    opponent = _opponent(settings.prefix, run)
    call.store.update(run.run_id, evaluation_batches=len(batches), previous_champion=opponent)
    return {"plan_key": key, "batches": len(batches)}


def _opponent(prefix: str, run: Run) -> Champion | None:
    champion = champions.read(prefix, run.task)
    if champion is None or champion.run_id == run.run_id:
        return None
    if deployments.get(champion.deployment_arn) is None:
        raise DeploymentFailed(
            f"the champion of {run.task} cannot be compared with: its deployment {champion.deployment_arn} is gone; "
            f"delete the parameter {champion_parameter(prefix, run.task)} to begin without a champion, "
            "then start the run again"
        )
    return champion
