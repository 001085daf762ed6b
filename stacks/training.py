"""The training workflow: graders, step functions, the role of Bedrock, rules and state machines."""

from collections.abc import Mapping

import aws_cdk as cdk
from aws_cdk import aws_events as events
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from rft.aws.environment import Variable
from rft.graders import uses_text_metrics
from rft.keys import INCOMING, RUNS, JobStatus, State, Step
from rft.settings import Settings
from rft.tasks import Task
from stacks.base import RftStack
from stacks.constructs.function import Placement, RftFunction
from stacks.constructs.grader import Grader, text_metrics_layer
from stacks.constructs.nag import acknowledge, acknowledge_wildcard
from stacks.constructs.packaging import Sources
from stacks.constructs.rules import function_rule, workflow_rule
from stacks.constructs.service_role import bedrock_service_role
from stacks.constructs.step_function import StepFunctions
from stacks.constructs.workflow import Workflow, distributed_maps
from stacks.durations import clean_up_seconds, training_seconds
from stacks.targets import Targets, through_service

MACHINE_STEPS: Mapping[str, Step] = {
    State.PREFLIGHT: Step.PREFLIGHT,
    State.PLAN_LOGS: Step.PLAN_LOGS,
    State.SAMPLE_BATCH: Step.SAMPLE_BATCH,
    State.VALIDATE_DATA: Step.VALIDATE_DATA,
    State.ESTIMATE_COST: Step.ESTIMATE_COST,
    State.PREPARE_GRADER: Step.PREPARE_GRADER,
    State.CALIBRATE: Step.CALIBRATE,
    State.ACQUIRE_SLOT: Step.ACQUIRE_SLOT,
    State.LAUNCH_TRAINING: Step.LAUNCH_TRAINING,
    State.WAIT_FOR_TRAINING: Step.WAIT_FOR_TRAINING,
    State.CHECK_TRAINING: Step.CHECK_TRAINING,
    State.DEPLOY_CANDIDATE: Step.DEPLOY_CANDIDATE,
    State.PLAN_EVALUATION: Step.PLAN_EVALUATION,
    State.EVALUATE_BATCH: Step.EVALUATE_BATCH,
    State.GATE: Step.GATE,
    State.PROMOTE: Step.PROMOTE,
    State.RETIRE: Step.RETIRE,
    State.REPORT: Step.REPORT,
    State.CLEAN_UP: Step.CLEAN_UP,
}
CLEAN_UP_STEPS: Mapping[str, Step] = {State.CLEAN_UP: Step.CLEAN_UP, State.REPORT: Step.REPORT}


class TrainingStack(RftStack):
    """From a dropped file to a decision."""

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
        steps_placement: Placement | None,
        graders_placement: Mapping[str, Placement | None],
    ) -> None:
        super().__init__(scope, "training", settings=settings, description="the training workflow")
        self._key = operations_key
        self._data_key = data_key
        self._sources = sources
        self.dead_letters = self._dead_letter_queue()
        targets = Targets(
            arns=self.arns,
            tasks=tasks,
            data_key_arn=data_key.key_arn,
            model_key_arn=model_key.key_arn,
            operations_key_arn=operations_key.key_arn,
        )
        texts = text_metrics_layer(self, sources) if any(map(uses_text_metrics, tasks.values())) else None
        self.graders = {
            name: Grader(
                self,
                task=task,
                sources=sources,
                targets=targets,
                layer=texts if uses_text_metrics(task) else None,
                key=operations_key,
                placement=graders_placement[name],
            )
            for name, task in tasks.items()
        }
        self.service_role = bedrock_service_role(self, tasks=tasks, data_key=data_key, model_key=model_key)
        makers = StepFunctions(
            self,
            sources=sources,
            targets=targets,
            key=operations_key,
            dead_letters=self.dead_letters,
            placement=steps_placement,
            variables={
                Variable.MODEL_KEY_ARN: model_key.key_arn,
                Variable.GRADER_VERSIONS: self.to_json_string(
                    {name: grader.version.function_arn for name, grader in self.graders.items()}
                ),
            },
        )
        self.functions: dict[Step, RftFunction] = {
            step: makers.make(step) for step in Step if step is not Step.RECONCILER
        }
        self.training = self._training_machine()
        self.clean_up = self._clean_up_machine()
        self._rules()

    def _dead_letter_queue(self) -> sqs.Queue:
        queue = sqs.Queue(
            self,
            "DeadLetters",
            queue_name=self.arns.dead_letter_name,
            encryption=sqs.QueueEncryption.KMS,
            encryption_master_key=self._key,
            enforce_ssl=True,
            retention_period=cdk.Duration.days(14),
            removal_policy=cdk.RemovalPolicy.DESTROY,
        )
        acknowledge(queue, "AwsSolutions-SQS3", "this queue is the dead-letter queue")
        # The reconciler's rule lives in the operations stack, which may only point this way.
        queue.add_to_resource_policy(
            iam.PolicyStatement(
                sid="ReconcilerRule",
                principals=[iam.ServicePrincipal("events.amazonaws.com")],
                actions=["sqs:SendMessage"],
                resources=[queue.queue_arn],
                conditions={"ArnEquals": {"aws:SourceArn": self.arns.rule("reconcile")}},
            )
        )
        return queue

    def _training_machine(self) -> Workflow:
        waits = self.settings.workflow
        workflow = Workflow(
            self,
            "Training",
            workflow="training",
            file=self._sources.root / "step_functions" / "training.asl.json",
            substitutions={
                **self._function_arns(MACHINE_STEPS),
                "ArtefactsBucket": self.arns.bucket_name("artefacts"),
            },
            numbers={
                "SlotPollSeconds": waits.slot_poll_seconds,
                "QueueAttempts": waits.queue_attempts,
                "TrainingPollSeconds": waits.training_poll_seconds,
                "DeploymentPollSeconds": waits.deployment_poll_seconds,
                "EvaluationConcurrency": waits.evaluation_concurrency,
                "SamplingConcurrency": waits.sampling_concurrency,
                **self._clean_up_numbers(),
            },
            invokes=[self.arns.function(step) for step in MACHINE_STEPS.values()],
            key=self._key,
            timeout_seconds=training_seconds(self.settings),
        )
        distributed_maps(self, workflow, name="training", labels=(State.SAMPLE_LOGS, State.EVALUATE))
        plans = self.arns.objects("artefacts", RUNS)
        workflow.role.add_to_policy(iam.PolicyStatement(actions=["s3:GetObject"], resources=[plans]))
        acknowledge_wildcard(workflow.role, plans, "the Maps read the plans of a run, named when the run starts")
        workflow.role.add_to_policy(
            iam.PolicyStatement(
                actions=["kms:Decrypt"],
                resources=[self._data_key.key_arn],
                conditions=dict(through_service(self.arns, "s3")),
            )
        )
        return workflow

    def _clean_up_machine(self) -> Workflow:
        return Workflow(
            self,
            "CleanUpWorkflow",
            workflow="clean-up",
            file=self._sources.root / "step_functions" / "clean_up.asl.json",
            substitutions=self._function_arns(CLEAN_UP_STEPS),
            numbers=self._clean_up_numbers(),
            invokes=[self.arns.function(step) for step in CLEAN_UP_STEPS.values()],
            key=self._key,
            timeout_seconds=clean_up_seconds(self.settings),
        )

    def _clean_up_numbers(self) -> dict[str, int]:
        waits = self.settings.workflow
        return {"CleanUpPollSeconds": waits.clean_up_poll_seconds, "CleanUpAttempts": waits.clean_up_attempts}

    def _function_arns(self, states: Mapping[str, Step]) -> dict[str, str]:
        return {state: self.functions[step].function.function_arn for state, step in states.items()}

    def _rules(self) -> None:
        function_rule(
            self,
            "Dropped",
            name="dropped",
            description=f"A file was dropped under {INCOMING}: start a run",
            pattern=events.EventPattern(
                source=["aws.s3"],
                detail_type=["Object Created"],
                detail={
                    "bucket": {"name": [self.arns.bucket_name("intake")]},
                    "object": {"key": [{"prefix": INCOMING}]},
                },
            ),
            function=self.functions[Step.STARTER].function,
            dead_letters=self.dead_letters,
        )
        function_rule(
            self,
            "JobEnded",
            name="job-ended",
            description="A Bedrock customization job of ours has ended: wake the runs that wait for it",
            pattern=events.EventPattern(
                source=["aws.bedrock"],
                detail_type=["Model Customization Job State Change"],
                detail={
                    "jobName": [{"prefix": f"{self.settings.prefix}-"}],
                    "jobStatus": [JobStatus.COMPLETED, JobStatus.FAILED, JobStatus.STOPPED],
                },
            ),
            function=self.functions[Step.TRAINING_EVENT].function,
            dead_letters=self.dead_letters,
        )
        function_rule(
            self,
            "GradersDue",
            name="check-graders",
            description="Score the golden samples of every task through its deployed grader",
            schedule=events.Schedule.rate(cdk.Duration.hours(self.settings.workflow.check_graders_hours)),
            function=self.functions[Step.CHECK_GRADERS].function,
            dead_letters=self.dead_letters,
        )
        status = events.EventField.from_path("$.detail.status")
        workflow_rule(
            self,
            "RunDied",
            name="run-died",
            description="A training execution failed, timed out or was aborted: clean up what it left",
            pattern=events.EventPattern(
                source=["aws.states"],
                detail_type=["Step Functions Execution Status Change"],
                detail={
                    "stateMachineArn": [self.arns.machine("training")],
                    "status": ["ABORTED", "FAILED", "TIMED_OUT"],
                },
            ),
            machine=self.clean_up.machine,
            payload={
                "run_id": events.EventField.from_path("$.detail.name"),
                "error": status,
                "cause": f"the execution was {status}",
            },
            dead_letters=self.dead_letters,
        )
