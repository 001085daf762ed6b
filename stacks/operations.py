"""What people see and hear: topic, dashboard, alarms, budget, and the reconciler that works when all else failed."""

from collections.abc import Mapping

import aws_cdk as cdk
from aws_cdk import aws_budgets as budgets
from aws_cdk import aws_events as events
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sns_subscriptions as subscriptions
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from rft import names
from rft.keys import Step, Tag
from rft.settings import Settings
from rft.tasks import Task
from stacks.base import RftStack
from stacks.constructs.alarms import Alarms
from stacks.constructs.dashboard import run_dashboard
from stacks.constructs.function import Placement
from stacks.constructs.packaging import Sources
from stacks.constructs.rules import function_rule
from stacks.constructs.step_function import StepFunctions
from stacks.targets import Targets


class OperationsStack(RftStack):
    """It points at everything by name, so that nothing depends on it."""

    def __init__(
        self,
        scope: Construct,
        *,
        settings: Settings,
        tasks: Mapping[str, Task],
        sources: Sources,
        data_key: kms.IKey,
        model_key: kms.IKey,
        operations_key: kms.IKey,
        placement: Placement | None,
    ) -> None:
        super().__init__(scope, "operations", settings=settings, description="notifications, dashboard, alarms")
        self.topic = self._topic(operations_key)
        self.dashboard = run_dashboard(self, tasks=tasks)
        Alarms(self, topic=self.topic, tasks=tasks)
        self._budget()
        dead_letters = sqs.Queue.from_queue_arn(self, "DeadLetters", self.arns.dead_letters)
        self.reconciler = StepFunctions(
            self,
            sources=sources,
            targets=Targets(
                arns=self.arns,
                tasks=tasks,
                data_key_arn=data_key.key_arn,
                model_key_arn=model_key.key_arn,
                operations_key_arn=operations_key.key_arn,
            ),
            key=operations_key,
            dead_letters=dead_letters,
            placement=placement,
            variables={},
        ).make(Step.RECONCILER)
        function_rule(
            self,
            "Reconcile",
            name="reconcile",
            description="Look for dead runs, leftovers and expired throughput",
            schedule=events.Schedule.rate(cdk.Duration.minutes(settings.workflow.reconcile_minutes)),
            function=self.reconciler.function,
            dead_letters=dead_letters,
        )

    def _topic(self, key: kms.IKey) -> sns.Topic:
        topic = sns.Topic(
            self,
            "Notifications",
            topic_name=names.topic_name(self.settings.prefix),
            display_name=f"{self.settings.prefix} runs",
            master_key=key,
            enforce_ssl=True,
        )
        for service in ("cloudwatch", "budgets"):
            topic.add_to_resource_policy(
                iam.PolicyStatement(
                    sid=f"{service.capitalize()}OfThisAccount",
                    principals=[iam.ServicePrincipal(f"{service}.amazonaws.com")],
                    actions=["sns:Publish"],
                    resources=[topic.topic_arn],
                    conditions={"StringEquals": {"aws:SourceAccount": self.settings.account}},
                )
            )
        for address in self.settings.notify_emails:
            topic.add_subscription(subscriptions.EmailSubscription(address))
        return topic

    def _budget(self) -> None:
        """Tell people by the month; budgets lag by hours and stop nothing, the caps of runs do."""

        def notify(kind: str, percent: int) -> budgets.CfnBudget.NotificationWithSubscribersProperty:
            return budgets.CfnBudget.NotificationWithSubscribersProperty(
                notification=budgets.CfnBudget.NotificationProperty(
                    comparison_operator="GREATER_THAN",
                    notification_type=kind,
                    threshold=percent,
                    threshold_type="PERCENTAGE",
                ),
                subscribers=[
                    budgets.CfnBudget.SubscriberProperty(address=self.topic.topic_arn, subscription_type="SNS")
                ],
            )

        budgets.CfnBudget(
            self,
            "Budget",
            budget=budgets.CfnBudget.BudgetDataProperty(
                budget_name=f"{self.settings.prefix}-monthly",
                budget_type="COST",
                time_unit="MONTHLY",
                budget_limit=budgets.CfnBudget.SpendProperty(amount=self.settings.caps.max_month_usd, unit="USD"),
                # The tag must be activated once as a cost allocation tag of the account.
                cost_filters={"TagKeyValue": [f"user:{Tag.ENVIRONMENT}${self.settings.name}"]},
            ),
            notifications_with_subscribers=[notify("ACTUAL", 80), notify("FORECASTED", 100)],
        )
