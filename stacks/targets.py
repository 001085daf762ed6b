"""From the words of ``stacks/grants.py`` to IAM statements: ARNs and conditions of every target."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from aws_cdk import aws_iam as iam

from rft.keys import DATASETS, INCOMING, REWARD_MODEL, RUNS, SAMPLED
from rft.tasks import Task
from stacks import models
from stacks.arns import Arns
from stacks.grants import Grant, Target
from stacks.opinions import guardrails

WHY_PATTERN: Mapping[Target, str] = {
    Target.RUNS_INDEXES: "the indexes of one table",
    Target.INTAKE_OBJECTS: "people choose the names of the files that they drop",
    Target.SAMPLED_OBJECTS: "keys hold the run's name, known when it starts",
    Target.LOG_OBJECTS: "Bedrock names the objects of its logs; the buckets are those of the settings",
    Target.DATASET_OBJECTS: "keys hold the hash of their content, known when a run makes them",
    Target.ARTEFACT_OBJECTS: "keys hold the run's name, known when it starts",
    Target.REWARD_MODELS: "the function serves every run of its task, which are named when they start",
    Target.TRAINING_EXECUTIONS: "executions are named when they start; the machine is fixed",
    Target.GRADER_ALIASES: "versions and aliases are made per release and per run; the functions are fixed",
    Target.CHAMPION_PARAMETERS: "one parameter per task below the environment's own path",
    Target.JOBS: "Bedrock chooses the ids of jobs",
    Target.MODELS: "Bedrock chooses the ids of models",
    Target.DEPLOYMENTS: "Bedrock chooses the ids of deployments",
    Target.THROUGHPUT: "Bedrock chooses the ids of provisioned throughput",
}


@dataclass(frozen=True, kw_only=True)
class Scope:
    """The ARNs of a target, and the conditions under which a grant on it holds."""

    resources: tuple[str, ...]
    conditions: Mapping[str, Mapping[str, str | list[str]]]


@dataclass(frozen=True, kw_only=True)
class Targets:
    """What every target means in one environment."""

    arns: Arns
    tasks: Mapping[str, Task]
    data_key_arn: str
    model_key_arn: str
    operations_key_arn: str

    def statement(self, grant: Grant) -> iam.PolicyStatement:
        """Return a grant as a statement of an identity policy."""
        scope = self.scope(grant.on)
        return iam.PolicyStatement(
            actions=list(grant.actions), resources=list(scope.resources), conditions=dict(scope.conditions)
        )

    def why(self, grant: Grant) -> str:
        """Return why a grant may name its target by a pattern.

        Raises:
            ValueError: nobody has said why.

        """
        reason = grant.reason or WHY_PATTERN.get(grant.on, "")
        if not reason:
            raise ValueError(f"{grant}: on {grant.on}; say in `reason` why it needs a pattern")
        return f"{', '.join(grant.actions)}: {reason}"

    def scope(self, target: Target) -> Scope:
        """Return ARNs and conditions of a target; no ARNs where the environment has none of it."""
        return Scope(resources=tuple(self._resources[target]), conditions=self._conditions(target))

    @cached_property
    def _resources(self) -> Mapping[Target, list[str]]:
        arns = self.arns
        graders = [arns.grader(task) for task in self.tasks]
        return {
            Target.RUNS_TABLE: [arns.table],
            Target.RUNS_INDEXES: [f"{arns.table}/index/*"],
            Target.INTAKE_OBJECTS: [arns.objects("intake", INCOMING)],
            Target.SAMPLED_OBJECTS: [arns.objects("intake", SAMPLED)],
            Target.LOG_OBJECTS: [f"{bucket}/*" for bucket in arns.log_buckets],
            Target.LOG_LISTING: list(arns.log_buckets),
            Target.LOG_KEYS_BY_S3: list(arns.settings.log_key_arns),
            Target.DATASET_OBJECTS: [arns.objects("datasets", DATASETS)],
            Target.DATASET_LISTING: [arns.bucket("datasets")],
            Target.ARTEFACT_OBJECTS: [arns.objects("artefacts", RUNS)],
            Target.ARTEFACT_LISTING: [arns.bucket("artefacts")],
            Target.REWARD_MODELS: [f"{arns.objects('artefacts', RUNS)}/{REWARD_MODEL}"],
            Target.DATA_KEY_BY_S3: [self.data_key_arn],
            Target.DATA_KEY_BY_DYNAMODB: [self.data_key_arn],
            Target.MODEL_KEY_BY_BEDROCK: [self.model_key_arn],
            Target.OPERATIONS_KEY_BY_SNS: [self.operations_key_arn],
            Target.TOPIC: [arns.topic],
            Target.TRAINING_MACHINE: [arns.machine("training")],
            Target.TRAINING_EXECUTIONS: [arns.executions("training")],
            Target.CLEAN_UP_MACHINE: [arns.machine("clean-up")],
            Target.GRADERS: graders,
            Target.GRADER_ALIASES: [f"{grader}:*" for grader in graders],
            Target.SERVICE_ROLE: [arns.service_role],
            Target.CHAMPION_PARAMETERS: [arns.champion_parameters],
            Target.FOUNDATION_MODELS: models.base_models(self.tasks.values(), arns),
            Target.BASELINES: models.baselines(self.tasks.values(), arns),
            Target.JUDGES: models.judges(self.tasks.values(), arns),
            Target.JUDGE_PROFILES: models.judge_profiles(self.tasks.values(), arns),
            Target.EMBEDDINGS: models.embeddings(self.tasks.values(), arns),
            Target.JOBS: [arns.of("bedrock", "model-customization-job/*")],
            Target.MODELS: [arns.of("bedrock", "custom-model/*")],
            Target.DEPLOYMENTS: [arns.of("bedrock", "custom-model-deployment/*")],
            Target.THROUGHPUT: [arns.of("bedrock", "provisioned-model/*")],
            Target.GUARDRAILS: [arns.of("bedrock", f"guardrail/{one}") for one in guardrails(self.tasks.values())],
            Target.ANY: ["*"],
        }

    def _conditions(self, target: Target) -> Mapping[str, Mapping[str, str | list[str]]]:
        prefixes = {Target.DATASET_LISTING: DATASETS, Target.ARTEFACT_LISTING: RUNS}
        if target in prefixes:
            return {"StringLike": {"s3:prefix": f"{prefixes[target]}*"}}
        if target is Target.SERVICE_ROLE:
            return {"StringEquals": {"iam:PassedToService": "bedrock.amazonaws.com"}}
        through = {
            Target.DATA_KEY_BY_S3: "s3",
            Target.LOG_KEYS_BY_S3: "s3",
            Target.DATA_KEY_BY_DYNAMODB: "dynamodb",
            Target.MODEL_KEY_BY_BEDROCK: "bedrock",
            Target.OPERATIONS_KEY_BY_SNS: "sns",
        }
        return through_service(self.arns, through[target]) if target in through else {}


def through_service(arns: Arns, service: str) -> Mapping[str, Mapping[str, str | list[str]]]:
    """Return the condition that a key is used by a service on the caller's behalf, not by the caller itself."""
    return {"StringEquals": {"kms:ViaService": f"{service}.{arns.settings.region}.amazonaws.com"}}
