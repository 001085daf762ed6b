"""One customization job from the queue to its end: read, learn, write, tell."""

import csv
import io
import json
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from local.bedrock.access import AccessError, Account, GraderError, RoleSession
from local.bedrock.answer_key import prompt_of
from local.bedrock.faults import Faults
from local.bedrock.learner import Example, Knobs, Learner, Step
from local.bedrock.store import ARN, Job, Model, Store, new_id, now

DEFAULTS = {"epochCount": 1, "batchSize": 128, "learningRate": 1e-5, "maxPromptLength": 8192}
DEFAULTS |= {"trainingSamplePerPrompt": 8, "inferenceMaxTokens": 2048, "evalInterval": 10}
ROLLOUTS_PER_CALL = 64
PARALLEL_CALLS = 4
GRADER_RETRIES = 3
MINIMUM_RECORDS = 100
PROBE = ".write_access_check_file.tmp"  # Bedrock writes this object to see whether it may write


class JobFailed(Exception):
    """The job ends as Failed with this message."""


class Trainer:
    """Runs jobs, each in a thread of its own."""

    def __init__(self, store: Store, account: Account, faults: Faults) -> None:
        self._store = store
        self._account = account
        self._faults = faults

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
        examples, validation, dropped = self._read(job, session)
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
        learner, steps = self._learn(job, session, examples, validation)
        if job.stop.wait(max(0.0, options.training_seconds - (time.monotonic() - started))):
            return
        _write_metrics(job, session, steps, dropped)
        self._keep(job, learner)

    def _read(self, job: Job, session: RoleSession) -> tuple[list[Example], list[Example], int]:
        limit = values(job)["maxPromptLength"]
        bucket, key = split_uri(job.request["trainingDataConfig"]["s3Uri"])
        examples = list(_parse(session.read(bucket, key), key))
        validation: list[Example] = []
        for validator in job.request.get("validationDataConfig", {}).get("validators", []):
            place = split_uri(validator["s3Uri"])
            validation.extend(_parse(session.read(*place), place[1]))
        maximum = int(self._store.options.quotas["L-82EE9228"])
        if len(examples) < MINIMUM_RECORDS:
            raise JobFailed(
                f"The training dataset has {len(examples)} records; at least {MINIMUM_RECORDS} are required"
            )
        if len(examples) + len(validation) > maximum:
            raise JobFailed(
                f"The datasets have {len(examples) + len(validation)} records; at most {maximum} are allowed"
            )
        out_bucket, out_prefix = split_uri(job.request["outputDataConfig"]["s3Uri"])
        session.write(out_bucket, f"{out_prefix.rstrip('/')}/{PROBE}", b"")
        short = [example for example in examples if len(example.prompt) / 4 <= limit]
        return short, validation, len(examples) - len(short)

    def _learn(
        self, job: Job, session: RoleSession, examples: list[Example], validation: list[Example]
    ) -> tuple[Learner, list[Step]]:
        options, wanted = self._store.options, values(job)
        function = job.request["customizationConfig"]["rftConfig"]["graderConfig"]["lambdaGrader"]["lambdaArn"]
        knobs = Knobs(
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

            learner = Learner(examples, validation[:100], knobs, grade)
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

    def _keep(self, job: Job, learner: Learner) -> None:
        base = job.base_arn.split("foundation-model/")[-1]
        arn = f"{ARN}:custom-model/{base}/{new_id()}"
        with self._store.lock:
            model = Model(arn=arn, name=job.request["customModelName"], job=job, policy=learner.policy)
            self._store.models[arn] = model
            self._store.tag(arn, job.request.get("customModelTags"))
            job.model_arn = arn


def values(job: Job) -> dict[str, Any]:
    """Return the job's hyperparameters with the service's defaults."""
    given = job.request["customizationConfig"]["rftConfig"].get("hyperParameters") or {}
    return {**DEFAULTS, **given}


def split_uri(uri: str) -> tuple[str, str]:
    """Return bucket and key of an S3 URI."""
    bucket, _, key = uri.removeprefix("s3://").partition("/")
    return bucket, key


def _parse(body: bytes, key: str) -> Iterator[Example]:
    for number, line in enumerate(body.split(b"\n"), 1):
        if not line and number == body.count(b"\n") + 1:
            return
        try:
            record = json.loads(line)
            messages = record["messages"]
            prompt = prompt_of(messages)
        except (ValueError, KeyError, TypeError) as error:
            raise JobFailed(f"Malformed record in {key}, line {number}: {error}") from error
        metadata = {name: value for name, value in record.items() if name not in ("id", "messages")}
        reference = record.get("reference_answer", record.get("chosen"))
        yield Example(str(record.get("id", number)), messages, prompt, reference, metadata)


def rewards_of(rollouts: list[dict[str, Any]], answer: Any) -> list[float]:
    """Return the rewards of a grader's answer in the order of the rollouts.

    Raises:
        GraderError: no list, an id missing, doubled or unknown, a score that is no finite number.

    """
    if not isinstance(answer, list):
        raise GraderError(f"the response must be a JSON list, is {type(answer).__name__}")
    scores: dict[str, float] = {}
    for item in answer:
        identity = item.get("id") if isinstance(item, dict) else None
        score = item.get("aggregate_reward_score") if isinstance(item, dict) else None
        if not isinstance(identity, str) or identity in scores:
            raise GraderError(f"the response holds a missing or repeated id: {identity!r}")
        if isinstance(score, bool) or not isinstance(score, int | float) or not abs(score) < float("inf"):
            raise GraderError(f"aggregate_reward_score of {identity} is no finite number: {score!r}")
        scores[identity] = float(score)
    wanted = [rollout["id"] for rollout in rollouts]
    if set(scores) != set(wanted):
        raise GraderError(f"the response holds {len(scores)} ids of {len(wanted)}, or unknown ones")
    return [scores[identity] for identity in wanted]


def _write_metrics(job: Job, session: RoleSession, steps: list[Step], dropped: int) -> None:
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(
        ["step_number", "epoch_number", "critic/rewards/mean", "critic/rewards/min", "critic/rewards/max"]
        + ["actor/kl", "actor/entropy", "response_length/mean", "val-score/rewards/mean@1", "prompts_dropped"]
    )
    for s in steps:
        row = [s.number, s.epoch, s.mean, s.low, s.high, s.kl, s.entropy, s.length, s.validation, dropped]
        writer.writerow(["" if value is None else value for value in row])
    bucket, prefix = split_uri(job.request["outputDataConfig"]["s3Uri"])
    folder = f"{prefix.rstrip('/')}/model-customization-job-{job.id}"
    session.write(bucket, f"{folder}/training_artifacts/step_wise_training_metrics.csv", out.getvalue().encode())
