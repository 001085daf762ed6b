"""The reward model of a run: taken over from the run that it retries, else trained on the run's own preferences."""

import hashlib

from msgspec.structs import replace

from rft.aws import objects
from rft.aws.store import RunStore
from rft.errors import EmbeddingsUnavailable, RunUnknown
from rft.keys import REWARD_MODEL, REWARD_MODEL_REPORT, Split, artefact_key
from rft.reward_model.embedded import embeddings_of
from rft.reward_model.rules import RewardModelRules, unlike
from rft.reward_model.version import make_of_version, pin_of, refusal
from rft.rewards.errors import BedrockUnavailable
from rft.rewards.model import BadModel, RewardModel
from rft.schemas import Dataset, RewardModelPin, Run
from rft.tasks import Task


def reward_model_of(run: Run, task: Task, dataset: Dataset, runs: RunStore, *, bucket: str) -> RewardModelPin | None:
    """Put model and report among the run's artefacts in ``bucket``; return None if the model is refused.

    The run's message then says why. A model of the same dataset version that the retried run has left is copied, not
    trained again.

    Raises:
        EmbeddingsUnavailable: the task asks for embeddings, and the model gives none.

    """
    key, report_key = artefact_key(run.run_id, REWARD_MODEL), artefact_key(run.run_id, REWARD_MODEL_REPORT)
    earlier = _retried(run, runs)
    pin = earlier.grader.reward_model if earlier and earlier.grader else None
    if earlier and pin and (left := _left(pin, dataset, task.reward_model, bucket)):
        model, report = left
        objects.put_bytes(bucket, report_key, report, "application/json")
        objects.put_bytes(bucket, key, model)
        return replace(pin, key=key, report_key=report_key, reused_from=pin.reused_from or earlier.run_id)
    lines = {split: objects.read_lines(dataset.bucket, dataset.splits[split].key) for split in Split}
    named = task.reward_model.named
    try:
        trained, made = make_of_version(lines, task.data, None if named is None else embeddings_of(*named))
    except BedrockUnavailable as error:
        raise EmbeddingsUnavailable(str(error)) from error
    objects.put_json(bucket, report_key, made)
    if trained is None:
        runs.update(run.run_id, message=refusal(made, f"s3://{bucket}/{report_key}"))
        return None
    objects.put_bytes(bucket, key, trained.to_bytes())
    return pin_of(made, key=key, report_key=report_key, dataset_version=dataset.version)


def _retried(run: Run, runs: RunStore) -> Run | None:
    if run.retry_of is None:
        return None
    try:
        return runs.load(run.retry_of)
    except RunUnknown:  # its record has expired
        return None


def _left(pin: RewardModelPin, dataset: Dataset, rules: RewardModelRules, bucket: str) -> tuple[bytes, bytes] | None:
    """Return model and report of an earlier run, None where they are gone, of other data or rules, or other code."""
    if pin.dataset_version != dataset.version:
        return None
    if not {pin.key, pin.report_key} <= set(objects.list_keys(bucket, pin.key)):
        return None
    model, report = objects.get_bytes(bucket, pin.key), objects.get_bytes(bucket, pin.report_key)
    try:
        if unlike(rules, RewardModel.from_bytes(model)):
            return None
    except BadModel:
        return None
    return (model, report) if hashlib.sha256(model).hexdigest() == pin.sha256 else None
