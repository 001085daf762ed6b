"""One environment: five stacks, wired."""

from collections.abc import Mapping

import aws_cdk as cdk
from constructs import Construct

from rft.errors import SettingsInvalid
from rft.keys import Tag
from rft.settings import Settings
from rft.tasks import Task
from stacks.constructs.packaging import Sources
from stacks.data import DataStack
from stacks.network import NetworkStack
from stacks.operations import OperationsStack
from stacks.security import SecurityStack
from stacks.training import TrainingStack


class EnvironmentStage(cdk.Stage):
    """An environment of the product; its id is the environment's name."""

    def __init__(self, scope: Construct, *, settings: Settings, tasks: Mapping[str, Task], sources: Sources) -> None:
        boundary = settings.security.permission_boundary_policy
        super().__init__(
            scope,
            settings.name,
            env=cdk.Environment(account=settings.account, region=settings.region),
            permissions_boundary=cdk.PermissionsBoundary.from_name(boundary) if boundary else None,
        )
        if unknown := sorted(set(settings.graders) - set(tasks)):
            raise SettingsInvalid(
                f"{settings.name}.toml: graders.{unknown[0]}: no such task; known tasks: {', '.join(sorted(tasks))}"
            )
        self.settings = settings
        self.security = SecurityStack(self, settings=settings)
        keys = self.security
        self.network = (
            NetworkStack(self, settings=settings, tasks=tasks, operations_key=keys.operations_key)
            if settings.network.enabled
            else None
        )
        self.data = DataStack(self, settings=settings, data_key=keys.data_key)
        self.training = TrainingStack(
            self,
            settings=settings,
            tasks=tasks,
            sources=sources,
            data_key=keys.data_key,
            model_key=keys.model_key,
            operations_key=keys.operations_key,
            steps_placement=self.network.steps if self.network else None,
            graders_placement={
                name: self.network.grader_placement(task) if self.network else None for name, task in tasks.items()
            },
        )
        self.training.add_stack_dependency(self.data)
        self.operations = OperationsStack(
            self,
            settings=settings,
            tasks=tasks,
            sources=sources,
            data_key=keys.data_key,
            model_key=keys.model_key,
            operations_key=keys.operations_key,
            placement=self.network.steps if self.network else None,
        )
        self.operations.add_stack_dependency(self.training)
        cdk.Tags.of(self).add("application", "bedrock-rft")
        cdk.Tags.of(self).add(Tag.ENVIRONMENT, settings.name)
