"""The reward model that a run has trained: its grader reads it from the run's artefacts, once in each process.

Only graders whose reward asks for it import this, so that no other pays for the AWS SDK.
"""

from __future__ import annotations

import os

from rft.rewards import run as runs
from rft.rewards.errors import GraderError
from rft.rewards.model.artefact import BadModel, RewardModel

BUCKET = "RFT_ARTEFACTS_BUCKET"
KEY = "runs/{run}/reward-model"
HELD = 4  # models of different runs that one process keeps
_held: dict[str, RewardModel] = {}
_given: list[RewardModel] = []


def use(model: RewardModel) -> None:
    """Let graders of this process score with a model; for a machine on which no run trains one."""
    _given[:] = [model]


def model_of_run() -> RewardModel:
    """Return the reward model of the run for which the grader is called, or the one that ``use`` gave.

    Raises:
        GraderError: there is none, or it cannot be read. It is an outage and no score.

    """
    if _given:
        return _given[0]
    run = runs.current
    if run not in _held:
        model = _read(run)
        while len(_held) >= HELD:
            del _held[next(iter(_held))]
        _held[run] = model
    return _held[run]


def _read(run: str) -> RewardModel:
    bucket = os.environ.get(BUCKET)
    if run == runs.NO_RUN or not bucket:
        raise GraderError(
            "the reward asks for the reward model that the run trains, and this is no run: call the function by the "
            "alias of a run; on your machine pass --reward-model with what `rft reward-model train` wrote"
        )
    import boto3
    from botocore.config import Config
    from botocore.exceptions import BotoCoreError, ClientError

    key = KEY.format(run=run)
    patience = Config(connect_timeout=3, read_timeout=10, retries={"mode": "standard", "total_max_attempts": 4})
    client = boto3.client("s3", config=patience)
    try:
        return RewardModel.from_bytes(client.get_object(Bucket=bucket, Key=key)["Body"].read())
    except (BotoCoreError, ClientError, BadModel) as error:
        raise GraderError(f"the reward model s3://{bucket}/{key} cannot be read: {error}") from error
