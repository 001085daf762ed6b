"""What a user of the local Bedrock may set, at start or while it runs."""

import msgspec


def aws_defaults() -> dict[str, float]:
    """Return what a new AWS account may use, by Service Quotas code."""
    return {
        "L-82EE9228": 20_000,  # training and validation records, Nova 2 Lite
        "L-CB5B847D": 100,  # custom models
        "L-430C95DD": 2,  # custom model deployments in progress
        "L-1EF80F3E": 10,  # custom model deployments in all
        "L-BE77399C": 0,  # model units without commitment, provisioned throughput for custom models
    }


def granted_quotas() -> dict[str, float]:
    """Return what the local account may use: as if it had asked for two provisioned units, which the demo needs."""
    return {**aws_defaults(), "L-BE77399C": 2}


def local_guardrails() -> dict[str, list[str]]:
    """Return what each guardrail blocks, by its id, in lower case."""
    return {"localguardrail": ["build a bomb"]}


class BedrockOptions(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """Times in seconds. The learner's own knobs have no counterpart in Bedrock's API."""

    seed: int = 7
    kl_coefficient: float = 0.02
    queue_seconds: float = 0.2
    training_seconds: float = 0.5  # at least this long, however fast the learner is
    deployment_seconds: float = 0.5
    update_seconds: float = 0.5
    provisioned_seconds: float = 0.5
    grader_retry_seconds: float = 0.2  # first wait; doubled for each of three retries
    converse_milliseconds: float = 0.0
    max_concurrent_jobs: int = 2
    refuse_custom_bases: bool = False  # as if Bedrock took no custom model as the base of a reinforcement job
    models_without_access: list[str] = []
    unknown_models: list[str] = []  # base models that the Region does not have
    guardrails: dict[str, list[str]] = msgspec.field(default_factory=local_guardrails)
    quotas: dict[str, float] = msgspec.field(default_factory=granted_quotas)
