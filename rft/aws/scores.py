"""Where an evaluation keeps its plan, scores and result: objects under the run's artefacts."""

from rft.aws import objects
from rft.keys import artefact_key
from rft.schemas import Run, Score

PLAN = "evaluation/plan.jsonl"
RESULT = "evaluation/result.json"


def scores_prefix(run: Run) -> str:
    """Return where the scores against the present opponent lie.

    If the champion changes before the promotion, the run is evaluated again, against the new one.
    """
    opponent = run.previous_champion.run_id if run.previous_champion else "baseline"
    return artefact_key(run.run_id, f"evaluation/scores/{opponent}/")


def scores_key(run: Run, batch: int) -> str:
    """Return the object key of a batch's scores, numbered from 0."""
    return f"{scores_prefix(run)}{batch:05d}.jsonl"


def is_written(bucket: str, key: str) -> bool:
    """Return whether an object is there, by listing: a role may list ``runs/`` only, and then S3 hides a 404."""
    return any(found == key for found in objects.list_keys(bucket, key))


def read_scores(bucket: str, run: Run) -> list[Score]:
    """Return all scores that batches have written so far."""
    return [
        score
        for key in objects.list_keys(bucket, scores_prefix(run))
        for score in objects.get_json_lines(bucket, key, Score)
    ]
