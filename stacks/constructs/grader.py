"""A task's grader: user code in a function of its own, with a published version that runs pin."""

import aws_cdk as cdk
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_

from rft import names
from rft.aws.environment import Variable
from rft.concurrency import NONE
from rft.graders import audit_entry, grader_entry, trains_reward_model
from rft.tasks import Task
from stacks.base import RftStack
from stacks.constructs.function import ARCHITECTURE, RUNTIME, Placement, RftFunction, allowed
from stacks.constructs.packaging import Sources
from stacks.graders import grader_grants
from stacks.judging import judging_allowed
from stacks.targets import Targets


class Grader(RftFunction):
    """The function that scores rollouts of one task.

    It may do nothing but write its log and its traces, and what ``stacks.graders`` and
    ``stacks.judging`` say of its task.
    """

    def __init__(
        self,
        stack: RftStack,
        *,
        task: Task,
        sources: Sources,
        targets: Targets,
        layer: lambda_.ILayerVersion | None,
        key: kms.IKey,
        placement: Placement | None,
    ) -> None:
        concurrency = stack.settings.graders.get(task.name, NONE)
        super().__init__(
            stack,
            "Grader" + "".join(word.capitalize() for word in task.name.split("-")),
            name=names.grader_name(stack.settings.prefix, task.name),
            description=f"Scores rollouts of the task {task.name}: {task.description}"[:256],
            handler="rft.rewards.entry.handler",
            code=sources.grader(task.name),
            layer=layer,
            variables=_variables(stack, task),
            timeout_seconds=task.grader.timeout_seconds,
            memory_mb=task.grader.memory_mb,
            key=key,
            allowed=[*(allowed(targets, grant) for grant in grader_grants(task)), *judging_allowed(task, stack.arns)],
            placement=placement,
            concurrency=concurrency,
        )
        self.version = self.function.current_version
        # Aliases of living runs point at old versions: a release must not remove them. Lambda refuses to delete those,
        # so that where each version has a snapshot that is billed, a release may remove the others.
        self.version.apply_removal_policy(
            cdk.RemovalPolicy.DESTROY if concurrency.snap_start else cdk.RemovalPolicy.RETAIN
        )


def _variables(stack: RftStack, task: Task) -> dict[str, str]:
    told = {"RFT_ENVIRONMENT": stack.settings.name, "RFT_TASK": task.name, "RFT_GRADER": grader_entry(task)}
    if audit := audit_entry(task):
        told["RFT_AUDIT"] = audit
    if trains_reward_model(task):
        told[Variable.ARTEFACTS_BUCKET] = stack.arns.bucket_name("artefacts")
    return told


def text_metrics_layer(stack: RftStack, sources: Sources) -> lambda_.LayerVersion:
    """Return the layer of graders that measure how alike texts are."""
    settings = stack.settings
    return lambda_.LayerVersion(
        stack,
        "TextMetrics",
        layer_version_name=f"{settings.prefix}-{stack.node.id}-text-metrics",
        description="sacrebleu and rapidfuzz in the versions of requirements-grader.txt",
        code=sources.layer(f"grader-{settings.functions.platform}"),
        compatible_runtimes=[RUNTIME],
        compatible_architectures=[ARCHITECTURE],
    )
