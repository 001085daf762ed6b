"""What every step function is: purpose, time, memory and the variables that it reads."""

from collections.abc import Mapping
from dataclasses import dataclass

from rft.aws.environment import Variable
from rft.keys import Step


@dataclass(frozen=True, kw_only=True)
class StepSpec:
    """One step function. Every step also gets ``RFT_SETTINGS`` and ``RFT_TABLE``."""

    description: str
    timeout_seconds: int = 60
    memory_mb: int = 256
    storage_mb: int = 512  # below /tmp
    variables: tuple[Variable, ...] = ()
    event_driven: bool = False  # invoked by a rule, asynchronously: what it cannot handle goes to the dead letters


STEPS: Mapping[Step, StepSpec] = {
    Step.STARTER: StepSpec(
        description="Starts a run for a dropped file, once per object version; `rft retry` calls it too",
        variables=(Variable.MACHINE_ARN, Variable.TOPIC_ARN),
        event_driven=True,
    ),
    Step.PREFLIGHT: StepSpec(
        description="Fails now, for free, what would fail later: model access, Region, quotas, residency",
        timeout_seconds=120,
    ),
    Step.PLAN_LOGS: StepSpec(
        description="Lists the invocation logs that a dropped file names and shares out the work, as pointers into S3",
        timeout_seconds=600,
        memory_mb=1024,
        variables=(Variable.ARTEFACTS_BUCKET,),
    ),
    Step.SAMPLE_BATCH: StepSpec(
        description="Reads some objects of the logs, filters their entries and draws a sample by hash",
        timeout_seconds=900,
        memory_mb=1769,  # one processor, and room for a sample of 256 MiB
        variables=(Variable.ARTEFACTS_BUCKET,),
    ),
    Step.VALIDATE_DATA: StepSpec(
        description="Checks, curates and splits a dropped file; writes the dataset version and the quarantine file",
        timeout_seconds=900,
        memory_mb=1769,  # one processor, and room for a sample of logs
        storage_mb=10_240,
        variables=(Variable.DATASETS_BUCKET,),
    ),
    Step.ESTIMATE_COST: StepSpec(description="Forecasts a run's cost and refuses it above the environment's cap"),
    Step.PREPARE_GRADER: StepSpec(
        description="Pins the grader's published version behind an alias of the run's own; trains its reward model",
        timeout_seconds=900,
        memory_mb=1769,  # one processor: 10,000 pairs of answers take about a minute
        storage_mb=4096,
        variables=(Variable.GRADER_VERSIONS, Variable.ARTEFACTS_BUCKET),
    ),
    Step.CALIBRATE: StepSpec(
        description="Sends rollouts of the base model and hack probes through the deployed grader",
        timeout_seconds=900,
        memory_mb=512,
        variables=(Variable.ARTEFACTS_BUCKET,),
    ),
    Step.ACQUIRE_SLOT: StepSpec(description="Takes a training slot, or says that none is free"),
    Step.LAUNCH_TRAINING: StepSpec(
        description="Describes or creates the Bedrock customization jobs; money is spent from here on",
        timeout_seconds=300,
        storage_mb=2048,  # for the demonstrations of a supervised job: at most the train split
        variables=(Variable.ARTEFACTS_BUCKET, Variable.SERVICE_ROLE_ARN, Variable.MODEL_KEY_ARN),
    ),
    Step.WAIT_FOR_TRAINING: StepSpec(description="Leaves the task token for the event that ends the Bedrock job"),
    Step.TRAINING_EVENT: StepSpec(
        description="Wakes the runs that wait for a Bedrock job whose state has changed", event_driven=True
    ),
    Step.CHECK_TRAINING: StepSpec(
        description="Looks at the Bedrock job: all five statuses, max_training_hours, and the stop-loss",
        timeout_seconds=120,
    ),
    Step.DEPLOY_CANDIDATE: StepSpec(
        description="Describes or creates the candidate's on-demand deployment", timeout_seconds=120
    ),
    Step.PLAN_EVALUATION: StepSpec(
        description="Cuts the held-out split into batches, as pointers into S3",
        timeout_seconds=120,
        variables=(Variable.ARTEFACTS_BUCKET,),
    ),
    Step.EVALUATE_BATCH: StepSpec(
        description="Baseline, champion and candidate answer the same prompts; the grader scores",
        timeout_seconds=900,
        memory_mb=512,
        variables=(Variable.ARTEFACTS_BUCKET,),
    ),
    Step.GATE: StepSpec(
        description="Decides by the paired difference with its confidence interval whether the candidate may serve",
        timeout_seconds=300,
        memory_mb=512,
        variables=(Variable.ARTEFACTS_BUCKET,),
    ),
    Step.PROMOTE: StepSpec(
        description="Makes the candidate the champion, in place, and provisions throughput if the settings want it",
        timeout_seconds=120,
    ),
    Step.RETIRE: StepSpec(
        description="Removes the candidate's deployment, the run's alias and models beyond keep_models",
        timeout_seconds=300,
    ),
    Step.REPORT: StepSpec(
        description="Writes the report, closes the run and tells people",
        timeout_seconds=120,
        memory_mb=512,
        variables=(Variable.ARTEFACTS_BUCKET, Variable.TOPIC_ARN),
    ),
    Step.CLEAN_UP: StepSpec(
        description="Stops and removes what a dead run left behind: nothing that bills by the hour outlives a run",
        timeout_seconds=300,
    ),
    Step.RECONCILER: StepSpec(
        description="Finds on a schedule what every other safety net missed: dead runs, leftovers, expired throughput",
        timeout_seconds=300,
        variables=(Variable.MACHINE_ARN, Variable.CLEAN_UP_MACHINE_ARN),
        event_driven=True,
    ),
    Step.CHECK_GRADERS: StepSpec(
        description="Scores the golden samples of every task on a schedule: a judge may change though no code does",
        timeout_seconds=900,
        variables=(Variable.GRADER_VERSIONS, Variable.TOPIC_ARN),
        event_driven=True,
    ),
}
