"""A state machine from its ASL file: encrypted logs, tracing, a role that invokes exactly the functions it calls."""

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_logs as logs
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from rft import names
from stacks.base import RftStack
from stacks.constructs.function import log_retention
from stacks.constructs.nag import acknowledge_wildcard


class Workflow(Construct):
    """One of the workflows under ``step_functions/``."""

    def __init__(
        self,
        stack: RftStack,
        construct_id: str,
        *,
        workflow: str,
        file: Path,
        substitutions: Mapping[str, str],
        numbers: Mapping[str, int],
        invokes: list[str],
        key: kms.IKey,
        timeout_seconds: int,
    ) -> None:
        super().__init__(stack, construct_id)
        settings = stack.settings
        name = names.machine_name(settings.prefix, workflow)
        definition: dict[str, Any] = with_numbers(json.loads(file.read_text()), numbers)
        definition["TimeoutSeconds"] = timeout_seconds
        group = logs.LogGroup(
            self,
            "Logs",
            log_group_name=f"/aws/vendedlogs/states/{name}",
            retention=log_retention(settings.retention.log_days),
            encryption_key=key,
            removal_policy=cdk.RemovalPolicy.DESTROY,
        )
        self.role = iam.Role(
            self,
            "Role",
            role_name=f"{name}-machine",
            description=f"The {workflow} workflow: invokes its functions",
            assumed_by=iam.ServicePrincipal(
                "states.amazonaws.com",
                conditions={
                    "StringEquals": {"aws:SourceAccount": settings.account},
                    # The children of a Distributed Map run as <machine>/<label>.
                    "ArnLike": {
                        "aws:SourceArn": [
                            stack.arns.of("states", f"stateMachine:{name}"),
                            stack.arns.of("states", f"stateMachine:{name}/*"),
                        ]
                    },
                },
            ),
        )
        self.role.add_to_policy(iam.PolicyStatement(actions=["lambda:InvokeFunction"], resources=sorted(invokes)))
        self.machine = sfn.StateMachine(
            self,
            "Machine",
            state_machine_name=name,
            definition_body=sfn.DefinitionBody.from_string(json.dumps(definition)),
            definition_substitutions=dict(substitutions),
            role=self.role,
            tracing_enabled=True,
            logs=sfn.LogOptions(
                destination=group,
                level=sfn.LogLevel.ALL,
                include_execution_data=settings.security.log_payloads,
            ),
        )
        acknowledge_wildcard(self.role, "*", "log delivery and X-Ray: their calls name no resource")


def with_numbers(definition: Any, numbers: Mapping[str, int]) -> Any:
    """Return a definition with ``{% ${Name} %}`` replaced by the number of that name, as a JSON number."""
    if isinstance(definition, dict):
        return {key: with_numbers(value, numbers) for key, value in definition.items()}
    if isinstance(definition, list):
        return [with_numbers(value, numbers) for value in definition]
    placeholder = re.fullmatch(r"\{% \$\{(\w+)\} %\}", definition) if isinstance(definition, str) else None
    return numbers[placeholder[1]] if placeholder else definition


def distributed_maps(stack: RftStack, workflow: Workflow, *, name: str, labels: Sequence[str]) -> None:
    """Let a workflow run Distributed Maps: start itself and look after the child executions."""
    machine, arns = stack.arns.machine(name), stack.arns
    children = [arns.executions(name), *(arns.map_executions(name, label) for label in labels)]
    workflow.role.add_to_policy(iam.PolicyStatement(actions=["states:StartExecution"], resources=[machine]))
    workflow.role.add_to_policy(
        iam.PolicyStatement(actions=["states:DescribeExecution", "states:StopExecution"], resources=children)
    )
    for pattern in children:
        acknowledge_wildcard(workflow.role, pattern, "Step Functions names the child executions of a Distributed Map")
