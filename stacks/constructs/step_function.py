"""A step of the workflow as a function: what ``stacks/steps.py`` and ``stacks/grants.py`` say, made real."""

from collections.abc import Mapping

from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sqs as sqs

from rft import names
from rft.aws.environment import Variable
from rft.keys import Step
from rft.settings import encode_settings
from stacks.base import RftStack
from stacks.constructs.function import ARCHITECTURE, RUNTIME, Placement, RftFunction, allowed
from stacks.constructs.packaging import Sources
from stacks.grants import GRANTS, Grant
from stacks.opinions import opinion_grants
from stacks.steps import STEPS
from stacks.targets import Targets


class StepFunctions:
    """Makes the step functions of one stack; they share a layer and what they are told about their surroundings."""

    def __init__(
        self,
        stack: RftStack,
        *,
        sources: Sources,
        targets: Targets,
        key: kms.IKey,
        dead_letters: sqs.IQueue,
        placement: Placement | None,
        variables: Mapping[Variable, str],
    ) -> None:
        self._stack = stack
        self._sources = sources
        self._targets = targets
        self._key = key
        self._dead_letters = dead_letters
        self._placement = placement
        settings = stack.settings
        self._values = surroundings_of(stack) | dict(variables)
        self._layer = lambda_.LayerVersion(
            stack,
            "Dependencies",
            layer_version_name=f"{settings.prefix}-{stack.node.id}-dependencies",
            description="boto3, msgspec and powertools in the versions of requirements-lambda.txt",
            code=sources.layer(settings.functions.platform),
            compatible_runtimes=[RUNTIME],
            compatible_architectures=[ARCHITECTURE],
        )

    def make(self, step: Step) -> RftFunction:
        """Make a step's function with exactly its grants."""
        spec = STEPS[step]
        wanted = (Variable.SETTINGS, Variable.TABLE, *spec.variables)
        return RftFunction(
            self._stack,
            "".join(word.capitalize() for word in step.split("_")),
            name=names.function_name(self._stack.settings.prefix, step),
            description=spec.description,
            handler="handler.handler",
            code=self._sources.step(step),
            layer=self._layer,
            variables={variable: self._values[variable] for variable in wanted},
            timeout_seconds=spec.timeout_seconds,
            memory_mb=spec.memory_mb,
            storage_mb=spec.storage_mb,
            key=self._key,
            allowed=[allowed(self._targets, grant) for grant in self._grants(step)],
            placement=self._placement,
            dead_letters=self._dead_letters if spec.event_driven else None,
        )

    def _grants(self, step: Step) -> tuple[Grant, ...]:
        """Return a step's grants on what this environment has."""
        asked = opinion_grants(self._targets.tasks.values()) if step is Step.VALIDATE_DATA else ()
        return tuple(grant for grant in (*GRANTS[step], *asked) if self._targets.scope(grant.on).resources)


def surroundings_of(stack: RftStack) -> dict[Variable, str]:
    """Return the variables that follow from the settings alone."""
    arns, settings = stack.arns, stack.settings
    return {
        Variable.SETTINGS: encode_settings(settings),
        Variable.TABLE: names.table_name(settings.prefix),
        Variable.INTAKE_BUCKET: arns.bucket_name("intake"),
        Variable.DATASETS_BUCKET: arns.bucket_name("datasets"),
        Variable.ARTEFACTS_BUCKET: arns.bucket_name("artefacts"),
        Variable.TOPIC_ARN: arns.topic,
        Variable.MACHINE_ARN: arns.machine("training"),
        Variable.CLEAN_UP_MACHINE_ARN: arns.machine("clean-up"),
        Variable.SERVICE_ROLE_ARN: arns.service_role,
    }
