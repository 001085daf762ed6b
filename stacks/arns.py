"""ARNs of everything that we name, computed from the settings: stacks need no references to know each other."""

from dataclasses import dataclass
from functools import cached_property

from aws_cdk.region_info import RegionInfo

from rft import names
from rft.keys import Step
from rft.settings import Settings


@dataclass(frozen=True, kw_only=True)
class Arns:
    """ARNs in one environment's account and Region."""

    settings: Settings

    @cached_property
    def partition(self) -> str:
        """Return the AWS partition of the Region."""
        # A look-up is a call to another process, and every ARN begins with it.
        return RegionInfo.get(self.settings.region).partition or "aws"

    def of(self, service: str, resource: str) -> str:
        """Return the ARN of a resource in the environment's account and Region."""
        return f"arn:{self.partition}:{service}:{self.settings.region}:{self.settings.account}:{resource}"

    def bucket_name(self, role: str) -> str:
        """Return a bucket's name."""
        return names.bucket_name(self.settings.prefix, role, self.settings.account, self.settings.region)

    def bucket(self, role: str) -> str:
        """Return a bucket's ARN."""
        return f"arn:{self.partition}:s3:::{self.bucket_name(role)}"

    def objects(self, role: str, prefix: str = "") -> str:
        """Return the ARN pattern of the objects of a bucket below ``prefix``."""
        return f"{self.bucket(role)}/{prefix}*"

    @property
    def log_buckets(self) -> list[str]:
        """Return the ARNs of the buckets from which invocation logs may be read."""
        return [f"arn:{self.partition}:s3:::{name}" for name in self.settings.log_buckets]

    @property
    def table(self) -> str:
        """Return the runs table's ARN."""
        return self.of("dynamodb", f"table/{names.table_name(self.settings.prefix)}")

    @property
    def topic(self) -> str:
        """Return the notifications topic's ARN."""
        return self.of("sns", names.topic_name(self.settings.prefix))

    @property
    def dead_letters(self) -> str:
        """Return the dead-letter queue's ARN."""
        return self.of("sqs", self.dead_letter_name)

    @property
    def dead_letter_name(self) -> str:
        """Return the dead-letter queue's name."""
        return f"{self.settings.prefix}-dead-letters"

    def machine(self, workflow: str) -> str:
        """Return a state machine's ARN; ``workflow`` is training or clean-up."""
        return self.of("states", f"stateMachine:{names.machine_name(self.settings.prefix, workflow)}")

    def executions(self, workflow: str) -> str:
        """Return the ARN pattern of a state machine's executions."""
        return self.of("states", f"execution:{names.machine_name(self.settings.prefix, workflow)}:*")

    def map_executions(self, workflow: str, label: str) -> str:
        """Return the ARN pattern of the child executions of a Distributed Map."""
        return self.of("states", f"execution:{names.machine_name(self.settings.prefix, workflow)}/{label}:*")

    def function(self, step: Step) -> str:
        """Return a step function's ARN."""
        return self.of("lambda", f"function:{names.function_name(self.settings.prefix, step)}")

    def grader(self, task: str) -> str:
        """Return a grader function's ARN."""
        return self.of("lambda", f"function:{names.grader_name(self.settings.prefix, task)}")

    def rule(self, name: str) -> str:
        """Return the ARN of an EventBridge rule of ours."""
        return self.of("events", f"rule/{self.rule_name(name)}")

    def rule_name(self, name: str) -> str:
        """Return the name of an EventBridge rule of ours."""
        return f"{self.settings.prefix}-{name}"

    @property
    def service_role(self) -> str:
        """Return the ARN of the role that Bedrock assumes."""
        role = names.service_role_name(self.settings.prefix)
        return f"arn:{self.partition}:iam::{self.settings.account}:role/{role}"

    @property
    def champion_parameters(self) -> str:
        """Return the ARN pattern of the SSM parameters that name champions."""
        return self.of("ssm", f"parameter{names.champion_parameter(self.settings.prefix, '*')}")

    def log_group(self, name: str) -> str:
        """Return a log group's ARN, without the ``:*`` of its streams."""
        return self.of("logs", f"log-group:{name}")

    def foundation_model(self, model: str, *, region: str | None = None) -> str:
        """Return the ARN of a foundation model; AWS owns it, so it names no account."""
        return f"arn:{self.partition}:bedrock:{region or self.settings.region}::foundation-model/{model}"
