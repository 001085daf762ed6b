"""What a function finds in its environment variables, read once and typed. The stacks write the same names."""

import os
from enum import StrEnum
from functools import lru_cache

import msgspec

from rft.settings import Settings, decode_settings


class Variable(StrEnum):
    """Environment variables of the workflow's functions."""

    SETTINGS = "RFT_SETTINGS"
    TABLE = "RFT_TABLE"
    INTAKE_BUCKET = "RFT_INTAKE_BUCKET"
    DATASETS_BUCKET = "RFT_DATASETS_BUCKET"
    ARTEFACTS_BUCKET = "RFT_ARTEFACTS_BUCKET"
    TOPIC_ARN = "RFT_TOPIC_ARN"
    MACHINE_ARN = "RFT_MACHINE_ARN"
    CLEAN_UP_MACHINE_ARN = "RFT_CLEAN_UP_MACHINE_ARN"
    SERVICE_ROLE_ARN = "RFT_SERVICE_ROLE_ARN"
    MODEL_KEY_ARN = "RFT_MODEL_KEY_ARN"
    GRADER_VERSIONS = "RFT_GRADER_VERSIONS"


class Surroundings(msgspec.Struct, frozen=True, kw_only=True):
    """The environment of a function; a variable that its step does not need is empty."""

    settings: Settings
    table: str
    intake_bucket: str
    datasets_bucket: str
    artefacts_bucket: str
    topic_arn: str
    machine_arn: str
    clean_up_machine_arn: str
    service_role_arn: str
    model_key_arn: str
    grader_versions: dict[str, str]  # task -> ARN of the grader's published version


@lru_cache(maxsize=1)
def surroundings() -> Surroundings:
    """Read the environment once per process.

    Raises:
        KeyError: ``RFT_SETTINGS`` is missing, so this is no function of ours.

    """

    def read(variable: Variable) -> str:
        return os.environ.get(variable, "")

    return Surroundings(
        settings=decode_settings(os.environ[Variable.SETTINGS]),
        table=read(Variable.TABLE),
        intake_bucket=read(Variable.INTAKE_BUCKET),
        datasets_bucket=read(Variable.DATASETS_BUCKET),
        artefacts_bucket=read(Variable.ARTEFACTS_BUCKET),
        topic_arn=read(Variable.TOPIC_ARN),
        machine_arn=read(Variable.MACHINE_ARN),
        clean_up_machine_arn=read(Variable.CLEAN_UP_MACHINE_ARN),
        service_role_arn=read(Variable.SERVICE_ROLE_ARN),
        model_key_arn=read(Variable.MODEL_KEY_ARN),
        grader_versions=msgspec.json.decode(read(Variable.GRADER_VERSIONS) or "{}", type=dict[str, str]),
    )
