"""What would fail later fails now, for free. Pure: judges facts that ``rft.aws.models`` gathers."""

from msgspec import Struct

from rft import names
from rft.inference_ids import profile_of
from rft.keys import Serving
from rft.settings import Settings
from rft.tasks import Task

UNITS_CODE = "L-BE77399C"  # model units without commitment, over all provisioned models of the account
DEPLOYMENTS_CODE = "L-1EF80F3E"  # custom model deployments
MODELS_CODE = "L-CB5B847D"  # custom models per account
# Defaults as AWS publishes them, for a quota that Service Quotas does not list for an account.
# Source: General Reference, "Amazon Bedrock endpoints and quotas".
PUBLISHED = {UNITS_CODE: 0.0, DEPLOYMENTS_CODE: 10.0, MODELS_CODE: 100.0}


class ModelFacts(Struct, frozen=True, kw_only=True):
    """What the account may do with the base model."""

    authorised: bool
    agreed: bool
    in_region: bool


class ProfileFacts(Struct, frozen=True, kw_only=True):
    """Where an inference profile sends prompts."""

    regions: list[str]  # an empty one stands for any: a global profile's model without a Region


class Facts(Struct, frozen=True, kw_only=True):
    """What the account has, at this moment."""

    base: ModelFacts | None  # None: Bedrock does not know the model here
    profile: ProfileFacts | None  # None: the baseline's id names none, or none that Bedrock knows here
    judges: dict[
        str, ModelFacts | None
    ] = {}  # by the id that the task names; None: Bedrock does not know the model here
    judge_profiles: dict[str, ProfileFacts | None] = {}  # by the id; None: Bedrock does not know it here
    embeddings: dict[str, ModelFacts | None] = {}  # by the id; None: Bedrock does not know the model here
    models: int
    deployments: list[str]  # names
    units: dict[str, int]  # model units without commitment, by the name of their provisioned throughput
    quotas: dict[str, float]  # by code, all of PUBLISHED


def problems(task: Task, settings: Settings, facts: Facts) -> list[str]:
    """Return every reason why a run would fail later, each with its fix; empty if there is none."""
    return [
        *_model_problems(task, settings, facts),
        *_residency_problems(task, settings, facts),
        *_quota_problems(task, settings, facts),
    ]


def _model_problems(task: Task, settings: Settings, facts: Facts) -> list[str]:
    named = [(f"base_model {task.model.base_model}", task.model.base_model, facts.base)]
    named += [(f"judge {model}", model, found) for model, found in facts.judges.items()]
    named += [(f"reward_model.embeddings {model}", model, found) for model, found in facts.embeddings.items()]
    return [problem for what, model, found in named for problem in _of_model(what, model, found, task, settings)]


def _of_model(what: str, model: str, facts: ModelFacts | None, task: Task, settings: Settings) -> list[str]:
    if facts is None:
        return [f"{what} is unknown in {settings.region}; correct it in tasks/{task.name}/task.toml"]
    found = []
    if not facts.in_region:
        found.append(f"{model} is not available in {settings.region}; use an environment in a Region that has it")
    if not (facts.authorised and facts.agreed):
        found.append(f"the account has no access to {model}; request it on Bedrock's model access page")
    return found


def _residency_problems(task: Task, settings: Settings, facts: Facts) -> list[str]:
    baseline = task.model.baseline_inference_id
    named = [(f"baseline_inference_id {baseline}", baseline, facts.profile)]
    named += [(f"judge {judge}", judge, found) for judge, found in facts.judge_profiles.items()]
    return [problem for what, name, found in named for problem in _of_profile(what, name, found, task, settings)]


def _of_profile(what: str, identifier: str, facts: ProfileFacts | None, task: Task, settings: Settings) -> list[str]:
    if facts is None and profile_of(identifier):
        return [
            f"{what} is an inference profile that {settings.region} does not have; correct it in "
            f"tasks/{task.name}/task.toml"
        ]
    regions = facts.regions if facts else [settings.region]
    outside = sorted(region or "any Region" for region in set(regions) - set(settings.security.residency_regions))
    if not outside:
        return []
    return [
        f"{what} sends prompts to {', '.join(outside)}, which security.residency_regions "
        f"of environments/{settings.name}.toml does not allow; choose another profile or add the Regions"
    ]


def _quota_problems(task: Task, settings: Settings, facts: Facts) -> list[str]:
    found = []
    champion = names.champion_name(settings.prefix, task.name)
    models = facts.quotas[MODELS_CODE]
    new = 2 if task.sft.first else 1
    if facts.models + new > models:
        found.append(
            f"{facts.models} of {models:.0f} custom models exist and this run makes {new}; delete some or raise "
            f"{MODELS_CODE}"
        )
    deployments = facts.quotas[DEPLOYMENTS_CODE]
    needed = 1 if champion in facts.deployments else 2
    if len(facts.deployments) + needed > deployments:
        found.append(
            f"{len(facts.deployments)} of {deployments:.0f} custom model deployments exist and this run needs {needed} "
            f"more; delete some or raise {DEPLOYMENTS_CODE}"
        )
    units = facts.quotas[UNITS_CODE]
    wanted = _uncommitted_units(settings) + sum(facts.units.values())
    if _uncommitted_units(settings) and champion not in facts.units and units < wanted:
        found.append(
            f"with this run's provisioned throughput {wanted} model units are needed and the quota is {units:.0f}; "
            f"ask for {UNITS_CODE} and the base model's own quota in Service Quotas, or set serving.mode to on_demand"
        )
    return found


def _uncommitted_units(settings: Settings) -> int:
    """Return how many model units without commitment a champion takes: those under a commitment have no such quota."""
    provisioned = settings.serving.provisioned
    if settings.serving.mode is not Serving.PROVISIONED or provisioned is None or provisioned.commitment:
        return 0
    return provisioned.model_units
