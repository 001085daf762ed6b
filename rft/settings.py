"""Settings of an environment: ``environments/<name>.toml`` as a typed, validated value.

Stacks read the whole; functions get the same value as JSON in the variable ``RFT_SETTINGS``.
"""

import re
import tomllib
from pathlib import Path
from typing import Annotated, Final

import msgspec
from msgspec import Meta, Struct

from rft.concurrency import GraderConcurrency, contradictions
from rft.errors import SettingsInvalid
from rft.keys import Serving
from rft.waits import MAX_EVENTS, Positive, Workflow, history_events

Name = Annotated[str, Meta(pattern=r"^[a-z](-?[a-z0-9])+$", max_length=15)]
AccountId = Annotated[str, Meta(pattern=r"^[0-9]{12}$")]
Region = Annotated[str, Meta(pattern=r"^[a-z]{2}(-[a-z]+)+-[0-9]$")]
BucketName = Annotated[str, Meta(pattern=r"^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$")]
KeyArn = Annotated[str, Meta(pattern=r"^arn:aws[a-z-]*:kms:[a-z0-9-]+:[0-9]{12}:key/[A-Za-z0-9-]+$")]
Days = Annotated[int, Meta(ge=1, le=3_650)]
Amount = Annotated[float, Meta(ge=0)]

RFT_REGIONS: Final = ("us-east-1", "us-west-2")  # Amazon Nova; open-weight models only


class Strict(Struct, frozen=True, forbid_unknown_fields=True):
    """Base: immutable, and a misspelt key is an error.

    msgspec does not inherit ``kw_only``; it does inherit ``frozen``, but the type checker wants it said.
    """


class Network(Strict, frozen=True, kw_only=True):
    """Whether functions run in isolated subnets of a VPC with endpoints, and where."""

    enabled: bool
    cidr: str = "10.64.0.0/20"
    availability_zones: Annotated[list[str], Meta(min_length=2, max_length=3)]


class Security(Strict, frozen=True, kw_only=True):
    """Encryption and boundaries."""

    permission_boundary_policy: str | None = None  # name of a managed policy that every role gets as boundary
    log_payloads: bool  # execution data in the workflow's logs; false where prompts are sensitive
    residency_regions: Annotated[list[Region], Meta(min_length=1)]  # where prompts may be processed


class Retention(Strict, frozen=True, kw_only=True):
    """How long things are kept, in days."""

    intake_days: Days = 365
    artefact_days: Days = 730
    log_days: Days = 90
    run_days: Days = 730
    remove_data_with_stacks: bool = False  # true: buckets, table and keys go with `cdk destroy`


class Provisioned(Strict, frozen=True, kw_only=True):
    """Provisioned throughput: billed by the hour until deleted."""

    model_units: Annotated[int, Meta(ge=1, le=10)] = 1
    max_pt_hours: Positive  # the reconciler falls back to on demand and deletes it after this
    commitment: str | None = None  # OneMonth or SixMonths: only with `approved_commitment` of the same name
    approved_commitment: str | None = None


class ServingSettings(Strict, frozen=True, kw_only=True):
    """How the champion serves."""

    mode: Serving
    provisioned: Provisioned | None = None


class Prices(Strict, frozen=True, kw_only=True):
    """USD, for the forecast. Look them up for your Region: AWS changes them and its API docs name no RFT rate."""

    training_hour: Amount
    provisioned_unit_hour: Amount
    input_1k_tokens: Amount
    output_1k_tokens: Amount
    model_month: Amount
    supervised_1k_tokens: Amount | None = None  # of supervised training, each epoch; needed by tasks with [sft]
    judge_input_1k_tokens: Amount | None = None  # of the dearest judge; needed by tasks that have one
    judge_output_1k_tokens: Amount | None = None
    guardrail_1k_text_units: Amount | None = None  # 1,000 characters a unit; needed by tasks with a guardrail
    embedding_1k_tokens: Amount | None = None  # of input; needed by tasks whose reward model asks for embeddings


class Caps(Strict, frozen=True, kw_only=True):
    """What a run may cost at most, in USD; a forecast above it refuses the run."""

    max_run_usd: Positive
    max_month_usd: Positive


class Functions(Strict, frozen=True, kw_only=True):
    """How functions are packaged."""

    platform: str = "aarch64"  # aarch64 for AWS; host for the embedded AWS


class Settings(Strict, frozen=True, kw_only=True):
    """One environment."""

    name: Name
    prefix: Name
    account: AccountId
    region: Region
    network: Network
    security: Security
    workflow: Workflow
    serving: ServingSettings
    prices: Prices
    caps: Caps
    retention: Retention = Retention()
    functions: Functions = Functions()
    graders: dict[str, GraderConcurrency] = {}  # by task
    log_buckets: list[BucketName] = []  # from which invocation logs may be read; in this Region, of any account
    log_key_arns: list[KeyArn] = []  # of their keys, where they are encrypted with keys of yours
    notify_emails: list[Annotated[str, Meta(pattern=r"^[^@\s]+@[^@\s]+$")]] = []


def load_settings(path: Path) -> Settings:
    """Read and check an environment file.

    Raises:
        SettingsInvalid: no such file, not TOML, a wrong or missing value; the message names file, key and fix.

    """
    try:
        raw = tomllib.loads(path.read_text())
    except FileNotFoundError:
        known = ", ".join(sorted(p.stem for p in path.parent.glob("*.toml"))) or "none"
        raise SettingsInvalid(f"{path}: no such environment; known environments: {known}") from None
    except tomllib.TOMLDecodeError as error:
        raise SettingsInvalid(f"{path}: not valid TOML: {error}") from None
    try:
        settings = msgspec.convert(raw, Settings)
    except msgspec.ValidationError as error:
        raise SettingsInvalid(f"{path}: {_explain(str(error))}") from None
    for problem in _contradictions(settings, path.stem):
        raise SettingsInvalid(f"{path}: {problem}")
    return settings


def decode_settings(text: str) -> Settings:
    """Read the settings that a stack wrote into a function's environment."""
    return msgspec.json.decode(text, type=Settings)


def encode_settings(settings: Settings) -> str:
    """Return the settings as JSON, for a function's environment."""
    return msgspec.json.encode(settings).decode()


def _explain(message: str) -> str:
    place = re.search(r" - at `\$\.?([^`]*)`$", message)
    if not place:
        return f"{message}; add or correct it at the top of the file"
    return f"{place[1] or 'top level'}: {message[: place.start()]}; correct this key"


def _contradictions(settings: Settings, stem: str) -> list[str]:
    found = []
    if settings.name != stem:
        found.append(f"name: is {settings.name!r}, but the file is {stem}.toml; make them equal")
    for zone in settings.network.availability_zones:
        if not zone.startswith(settings.region):
            found.append(f"network.availability_zones: {zone} is not in {settings.region}; name zones of that Region")
    if settings.region not in settings.security.residency_regions:
        found.append(f"security.residency_regions: does not hold {settings.region} itself; add it")
    if settings.region not in RFT_REGIONS:
        found.append(
            f"region: Bedrock trains by reinforcement in {' and '.join(RFT_REGIONS)} only, Amazon Nova in the first "
            "and open-weight models in the second; choose one of them"
        )
    if (events := history_events(settings.workflow)) > MAX_EVENTS:
        found.append(
            f"workflow: its waits could make {events:,.0f} history events, more than {MAX_EVENTS:,}; raise "
            "slot_poll_seconds, training_poll_seconds, deployment_poll_seconds or clean_up_poll_seconds, or lower the "
            "hours"
        )
    if settings.functions.platform not in ("aarch64", "host"):
        found.append("functions.platform: must be aarch64 (AWS) or host (embedded AWS)")
    found += contradictions(settings.graders)
    serving = settings.serving
    if serving.mode is Serving.PROVISIONED and serving.provisioned is None:
        found.append("serving.provisioned: missing although mode is provisioned; add the table with max_pt_hours")
    if serving.provisioned is not None and (term := serving.provisioned.commitment) is not None:
        if term not in ("OneMonth", "SixMonths"):
            found.append("serving.provisioned.commitment: must be OneMonth or SixMonths, or be left out")
        elif serving.provisioned.approved_commitment != term:
            found.append(
                f"serving.provisioned.commitment: a {term} commitment is billed to its end and cannot be deleted; "
                f'to approve it by name add approved_commitment = "{term}"'
            )
    return found
