"""One customization job from the queue to its end: read, learn, write, tell."""

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, TypeVar

from local.bedrock.access import AccessError, Account, GraderError, RoleSession
from local.bedrock.answer_key import AnswerKey
from local.bedrock.faults import Faults
from local.bedrock.imitation import Demonstration, Imitator, behaviours_of
from local.bedrock.learner import Example, Knobs, Learner, Step
from local.bedrock.policy import Policy
from local.bedrock.reinforced import MINIMUM_RECORDS, metrics_of, read_examples, rewards_of, values
from local.bedrock.store import ARN, Job, Model, Store, new_id, now
from local.bedrock.supervised import knobs, metrics_file, read_demonstrations, validation_file

ROLLOUTS_PER_CALL = 64
PARALLEL_CALLS = 4
GRADER_RETRIES = 3
PROBE = ".write_access_check_file.tmp"  # Bedrock writes this object to see whether it may write


Record = TypeVar("Record")
METRICS = "training_artifacts/step_wise_training_metrics.csv"
VALIDATION_METRICS = "validation_artifacts/post_fine_tuning_validation/validation_metrics.csv"


@dataclass(frozen=True)
class Learned:
    """What a job leaves: a policy, and files below its folder."""

    policy: Policy
    files: dict[str, bytes]


class JobFailed(Exception):
    """The job ends as Failed with this message."""


class Trainer:
    """Runs jobs, each in a thread of its own."""

    def __init__(self, store: Store, account: Account, faults: Faults, key: AnswerKey) -> None:
        self._store = store
        self._account = account
        self._faults = faults
        self._key = key

    def start(self, job: Job) -> None:
        """Begin a job that was accepted."""
        threading.Thread(target=self._run, args=(job,), daemon=True, name=job.name).start()

    def tell(self, job: Job) -> None:
        """Send the event of a job's state, unless a fault loses it."""
        if self._faults.take("event_lost", name=job.name):
            return
        times = 2 if self._faults.take("event_doubled", name=job.name) else 1
        detail = {
            "version": "0.0",
            "jobName": job.name,
            "jobArn": job.arn,
            "outputModelName": job.request["customModelName"],
            "outputModelArn": job.model_arn,
            "roleArn": job.request["roleArn"],
            "jobStatus": job.status,
            "failureMessage": job.failure,
            "creationTime": job.created.isoformat(),
            "lastModifiedTime": job.modified.isoformat(),
            "endTime": job.ended.isoformat() if job.ended else None,
            "baseModelArn": job.base_arn,
            "trainingDataConfig": job.request["trainingDataConfig"],
            "outputDataConfig": job.request["outputDataConfig"],
        }
        for _ in range(times):
            self._account.emit("Model Customization Job State Change", detail, job.arn)

    def _run(self, job: Job) -> None:
        try:
            self._train(job)
            status, failure = ("Stopped" if job.stop.is_set() else "Completed"), None
        except (JobFailed, AccessError) as error:
            status, failure = "Failed", str(error)[:2048]
        except Exception as error:
            self._end(job, "Failed", f"Internal error: {error}")
            raise
        self._end(job, status, failure)

    def _end(self, job: Job, status: str, failure: str | None) -> None:
        with self._store.lock:
            if status != "Completed":
                job.model_arn = None
            job.status, job.failure = status, failure
            job.ended = job.modified = now()
        self.tell(job)

    def _train(self, job: Job) -> None:
        options = self._store.options
        self.tell(job)
        job.stop.wait(options.queue_seconds)
        session = self._account.assume(job.request["roleArn"], job.arn, "bedrock-" + job.id)
        job.phase = "dataProcessingDetails"
        learn = self._supervised(job, session) if is_supervised(job) else self._reinforced(job, session)
        if job.stop.is_set():
            return
        job.phase = "trainingDetails"
        fault = self._faults.take("job_fails", name=job.name)
        if fault:
            raise JobFailed(fault.message)
        if self._faults.take("job_hangs", name=job.name):
            job.stop.wait()
            return
        started = time.monotonic()
        learned = learn()
        if job.stop.wait(max(0.0, options.training_seconds - (time.monotonic() - started))):
            return
        for name, body in learned.files.items():
            bucket, prefix = split_uri(job.request["outputDataConfig"]["s3Uri"])
            session.write(bucket, f"{prefix.rstrip('/')}/model-customization-job-{job.id}/{name}", body)
        self._keep(job, learned.policy)

    def _reinforced(self, job: Job, session: RoleSession) -> Callable[[], Learned]:
        examples, validation, dropped = self._read(job, session)

        def learn() -> Learned:
            learner, steps = self._learn(job, session, examples, validation)
            return Learned(learner.policy, {METRICS: metrics_of(steps, dropped)})

        return learn

    def _supervised(self, job: Job, session: RoleSession) -> Callable[[], Learned]:
        training, validation = self._demonstrations(job, session)

        def learn() -> Learned:
            wanted = knobs(job.request)
            imitator = Imitator(
                behaviours_of(training, self._key.reference),
                epochs=int(wanted["epochCount"]),
                learning_rate=wanted["learningRate"],
                warmup_steps=int(wanted["learningRateWarmupSteps"]),
                seed=self._store.options.seed,
                policy=_base(job),
            )
            steps = list(imitator.run(job.stop.is_set))
            job.learning = {"shown": len(imitator.shown), "steps": len(steps), "loss": [step.loss for step in steps]}
            files = {METRICS: metrics_file(steps)}
            loss = imitator.loss(behaviours_of(validation, self._key.reference))
            if steps and loss is not None:
                files[VALIDATION_METRICS] = validation_file(steps[-1].number, steps[-1].epoch, loss)
            return Learned(imitator.policy, files)

        return learn

    def _demonstrations(self, job: Job, session: RoleSession) -> tuple[list[Demonstration], list[Demonstration]]:
        training = _read(session, [job.request["trainingDataConfig"]["s3Uri"]], read_demonstrations)
        validation = _read(session, _validators(job), read_demonstrations)
        self._bound(len(training) + len(validation))
        self._probe(job, session)
        return training, validation

    def _bound(self, records: int) -> None:
        maximum = int(self._store.options.quotas["L-82EE9228"])
        if records > maximum:
            raise JobFailed(f"The datasets have {records} records; at most {maximum} are allowed")

    def _probe(self, job: Job, session: RoleSession) -> None:
        bucket, prefix = split_uri(job.request["outputDataConfig"]["s3Uri"])
        session.write(bucket, f"{prefix.rstrip('/')}/{PROBE}", b"")

    def _read(self, job: Job, session: RoleSession) -> tuple[list[Example], list[Example], int]:
        limit = values(job)["maxPromptLength"]
        examples = _read(session, [job.request["trainingDataConfig"]["s3Uri"]], read_examples)
        validation = _read(session, _validators(job), read_examples)
        if len(examples) < MINIMUM_RECORDS:
            raise JobFailed(
                f"The training dataset has {len(examples)} records; at least {MINIMUM_RECORDS} are required"
            )
        self._bound(len(examples) + len(validation))
        self._probe(job, session)
        short = [example for example in examples if len(example.prompt) / 4 <= limit]
        return short, validation, len(examples) - len(short)

    def _learn(
        self, job: Job, session: RoleSession, examples: list[Example], validation: list[Example]
    ) -> tuple[Learner, list[Step]]:
        options, wanted = self._store.options, values(job)
        function = job.request["customizationConfig"]["rftConfig"]["graderConfig"]["lambdaGrader"]["lambdaArn"]
        chosen = Knobs(
            epochs=wanted["epochCount"],
            batch=wanted["batchSize"],
            samples=wanted["trainingSamplePerPrompt"],
            learning_rate=wanted["learningRate"],
            max_tokens=wanted["inferenceMaxTokens"],
            eval_interval=wanted["evalInterval"],
            kl=options.kl_coefficient,
            seed=options.seed,
        )
        with ThreadPoolExecutor(PARALLEL_CALLS) as pool:

            def grade(rollouts: list[dict[str, Any]]) -> list[float]:
                parts = [rollouts[i : i + ROLLOUTS_PER_CALL] for i in range(0, len(rollouts), ROLLOUTS_PER_CALL)]
                graded = pool.map(lambda part: self._grade(session, function, part), parts)
                return [reward for part in graded for reward in part]

            learner = Learner(examples, validation[:100], chosen, grade, policy=_base(job))
            steps = []
            for step in learner.run(job.stop.is_set):
                steps.append(step)
                job.modified = now()
                job.learning = {"graded": learner.graded, "rewards": [s.mean for s in steps], "steps": len(steps)}
        return learner, steps

    def _grade(self, session: RoleSession, function: str, rollouts: list[dict[str, Any]]) -> list[float]:
        wait = self._store.options.grader_retry_seconds
        for attempt in range(GRADER_RETRIES + 1):
            try:
                return rewards_of(rollouts, session.grade(function, rollouts))
            except GraderError as error:
                if attempt == GRADER_RETRIES:
                    raise JobFailed(f"The reward function failed after {GRADER_RETRIES} retries: {error}") from error
                time.sleep(wait * 2**attempt)
        raise AssertionError("unreachable")

    def _keep(self, job: Job, policy: Policy) -> None:
        base = job.base_arn.split("foundation-model/")[-1]
        arn = f"{ARN}:custom-model/{base}/{new_id()}"
        with self._store.lock:
            model = Model(arn=arn, name=job.request["customModelName"], job=job, policy=policy)
            self._store.models[arn] = model
            self._store.tag(arn, job.request.get("customModelTags"))
            job.model_arn = arn


def is_supervised(job: Job) -> bool:
    """Return whether a job imitates; without a type Bedrock takes it for one that does."""
    return bool(job.request.get("customizationType", "FINE_TUNING") == "FINE_TUNING")


def _base(job: Job) -> Policy:
    """Return a policy of the job's own: that of the model which it trains further."""
    return Policy(job.base_model.policy.weights.copy()) if job.base_model else Policy.base()


def _validators(job: Job) -> list[str]:
    return [one["s3Uri"] for one in job.request.get("validationDataConfig", {}).get("validators", [])]


def _read(session: RoleSession, uris: list[str], parse: Callable[[bytes, str], Iterator[Record]]) -> list[Record]:
    try:
        return [one for bucket, key in map(split_uri, uris) for one in parse(session.read(bucket, key), key)]
    except ValueError as error:
        raise JobFailed(str(error)) from error


def split_uri(uri: str) -> tuple[str, str]:
    """Return bucket and key of an S3 URI."""
    bucket, _, key = uri.removeprefix("s3://").partition("/")
    return bucket, key
