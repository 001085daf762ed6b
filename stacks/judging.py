"""What the graders may ask whose tasks name judges, guardrails or embeddings: these, and nothing else of Bedrock."""

from collections.abc import Iterable

from aws_cdk import aws_iam as iam

from rft.judges import embedding_models, guardrail_ids, judge_models
from rft.tasks import Task
from stacks.arns import Arns
from stacks.constructs.function import Allowed
from stacks.grants import Grant
from stacks.models import answering
from stacks.opinions import GUARDRAIL


def judging_allowed(task: Task, arns: Arns) -> list[Allowed]:
    """Return the statements of a task's grader; none where it asks nobody."""
    guardrails = [
        one if one.startswith("arn:") else arns.of("bedrock", f"guardrail/{one}") for one in guardrail_ids(task)
    ]
    models = answering([*judge_models(task), *embedding_models(task)], arns)
    asked = {"bedrock:InvokeModel": models, "bedrock:ApplyGuardrail": guardrails}
    return [
        Allowed(statement=iam.PolicyStatement(actions=[action], resources=resources))
        for action, resources in asked.items()
        if resources
    ]


def judging_grants(tasks: Iterable[Task]) -> tuple[Grant, ...]:
    """Return what the endpoints must let through besides what step functions call."""
    return (GUARDRAIL,) if any(guardrail_ids(task) for task in tasks) else ()
