"""The base of our stacks: name, description, explicit account and Region, zones from the settings."""

import aws_cdk as cdk
from constructs import Construct

from rft.settings import Settings
from stacks.arns import Arns


class RftStack(cdk.Stack):
    """A stack named ``<prefix>-<part>``."""

    def __init__(self, scope: Construct, part: str, *, settings: Settings, description: str) -> None:
        self._zones = list(settings.network.availability_zones)
        super().__init__(
            scope,
            part,
            stack_name=f"{settings.prefix}-{part}",
            description=f"bedrock-rft {settings.name}: {description}",
            env=cdk.Environment(account=settings.account, region=settings.region),
            termination_protection=not settings.retention.remove_data_with_stacks,
        )
        self.settings = settings
        self.arns = Arns(settings=settings)

    @property
    def availability_zones(self) -> list[str]:
        """Return the zones of the settings, so that synthesis never looks them up."""
        return self._zones

    @property
    def removal_policy(self) -> cdk.RemovalPolicy:
        """Return what happens to data when its stack is deleted."""
        removable = self.settings.retention.remove_data_with_stacks
        return cdk.RemovalPolicy.DESTROY if removable else cdk.RemovalPolicy.RETAIN
