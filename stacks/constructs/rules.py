"""EventBridge rules: every target retries, and what cannot be delivered goes to the dead letters."""

from collections.abc import Mapping
from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sqs as sqs
from aws_cdk import aws_stepfunctions as sfn

from stacks.base import RftStack

MAX_AGE = cdk.Duration.hours(24)
RETRIES = 185  # EventBridge's own default and maximum: about a day


def function_rule(
    stack: RftStack,
    construct_id: str,
    *,
    name: str,
    description: str,
    function: lambda_.IFunction,
    dead_letters: sqs.IQueue,
    pattern: events.EventPattern | None = None,
    schedule: events.Schedule | None = None,
) -> events.Rule:
    """Make a rule that invokes a function, on events of a pattern or on a schedule."""
    return events.Rule(
        stack,
        construct_id,
        rule_name=stack.arns.rule_name(name),
        description=description,
        event_pattern=pattern,
        schedule=schedule,
        targets=[
            targets.LambdaFunction(
                function, retry_attempts=RETRIES, max_event_age=MAX_AGE, dead_letter_queue=dead_letters
            )
        ],
    )


def workflow_rule(
    stack: RftStack,
    construct_id: str,
    *,
    name: str,
    description: str,
    pattern: events.EventPattern,
    machine: sfn.IStateMachine,
    payload: Mapping[str, Any],
    dead_letters: sqs.IQueue,
) -> events.Rule:
    """Make a rule that starts a workflow with an input made of parts of the event."""
    role = iam.Role(
        stack,
        f"{construct_id}Role",
        role_name=stack.arns.rule_name(name),
        description=f"The rule {stack.arns.rule_name(name)}: starts its workflow",
        assumed_by=iam.ServicePrincipal(
            "events.amazonaws.com", conditions={"StringEquals": {"aws:SourceAccount": stack.settings.account}}
        ),
    )
    return events.Rule(
        stack,
        construct_id,
        rule_name=stack.arns.rule_name(name),
        description=description,
        event_pattern=pattern,
        targets=[
            targets.SfnStateMachine(
                machine,
                role=role,
                input=events.RuleTargetInput.from_object(dict(payload)),
                retry_attempts=RETRIES,
                max_event_age=MAX_AGE,
                dead_letter_queue=dead_letters,
            )
        ],
    )
