"""Keys: one for data, one for models, one for operations."""

from aws_cdk import Duration
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from constructs import Construct

from rft.settings import Settings
from stacks.base import RftStack


class SecurityStack(RftStack):
    """Customer-managed keys with rotation.

    Their policies delegate to IAM: what a principal may do with a key stands in its own policy, bound to the service
    through which it uses the key. Only services that act in their own name stand in a key policy.
    """

    def __init__(self, scope: Construct, *, settings: Settings) -> None:
        super().__init__(scope, "security", settings=settings, description="encryption keys")
        self.data_key = self._key("data", "Objects in S3 and items of the runs table")
        self.model_key = self._key("model", "Models that Bedrock trains for us")
        self.operations_key = self._key("operations", "Logs, notifications and dead letters")
        self._let_logs_use(self.operations_key)
        self._let_publishers_use(self.operations_key)

    def _key(self, name: str, what: str) -> kms.Key:
        return kms.Key(
            self,
            f"{name.capitalize()}Key",
            alias=f"alias/{self.settings.prefix}-{name}",
            description=f"bedrock-rft {self.settings.name}: {what}",
            enable_key_rotation=True,
            removal_policy=self.removal_policy,
            pending_window=Duration.days(7 if self.settings.retention.remove_data_with_stacks else 30),
        )

    def _let_logs_use(self, key: kms.Key) -> None:
        prefix = self.settings.prefix
        groups = [f"/aws/lambda/{prefix}-*", f"/aws/vendedlogs/states/{prefix}-*", f"/aws/vpc/{prefix}-*"]
        key.add_to_resource_policy(
            iam.PolicyStatement(
                sid="LogGroupsOfThisEnvironment",
                principals=[iam.ServicePrincipal(f"logs.{self.settings.region}.amazonaws.com")],
                actions=["kms:Decrypt", "kms:DescribeKey", "kms:Encrypt", "kms:GenerateDataKey*", "kms:ReEncrypt*"],
                resources=["*"],
                conditions={
                    "ArnLike": {"kms:EncryptionContext:aws:logs:arn": [self.arns.log_group(group) for group in groups]}
                },
            )
        )

    def _let_publishers_use(self, key: kms.Key) -> None:
        """Alarms and budgets publish to the topic, rules send to the dead-letter queue; each in its own name."""
        for service in ("cloudwatch", "budgets", "events"):
            key.add_to_resource_policy(
                iam.PolicyStatement(
                    sid=f"{service.capitalize()}OfThisAccount",
                    principals=[iam.ServicePrincipal(f"{service}.amazonaws.com")],
                    actions=["kms:Decrypt", "kms:GenerateDataKey*"],
                    resources=["*"],
                    conditions={"StringEquals": {"aws:SourceAccount": self.settings.account}},
                )
            )
