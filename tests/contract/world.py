"""The account with what tests do to it: runs, champions, models, and calls of handlers."""

import datetime as dt
import json
import time
from importlib import import_module
from types import SimpleNamespace
from typing import Any

import msgspec

from local.bedrock import store as local_store
from local.bedrock.policy import Policy
from rft import names
from rft.interval import Interval
from rft.keys import JobStatus, Role, RunStatus, Serving, Split, Step, Tag, dataset_key
from rft.schemas import (
    Champion,
    Dataset,
    Deployment,
    EvaluationResult,
    GraderPin,
    Job,
    Run,
    Source,
    SplitFile,
)
from tests.contract.account import HERE, Account


class World(Account):
    """The account, with what tests do to it."""

    def invoke(self, step: Step, **event: Any) -> dict[str, Any]:
        """Call a step's handler as Lambda does, with its own grants and no others."""
        handler = import_module(f"lambdas.{step}.handler").handler
        self.step = step
        try:
            result: dict[str, Any] = handler(
                event, SimpleNamespace(get_remaining_time_in_millis=lambda: self.remaining_ms)
            )
        finally:
            self.step = None
        json.dumps(result)
        return result

    def refuse(self, operation: str, code: str, message: str = "refused by the test", times: int = 1) -> None:
        """Answer the next calls of an operation with an error."""
        self.refusals.setdefault(operation, []).extend([(code, message)] * times)

    def made(self, *operations: str) -> list[dict[str, Any]]:
        """Return the parameters of the calls of some operations."""
        return [call.params for call in self.calls if call.operation in operations]

    def run(self, run_id: str = "arithmetic-1") -> Run:
        """Return a run as the table holds it."""
        return self.store.load(run_id)

    def model(self, job_name: str, *, run_id: str = "arithmetic-1", days_old: float = 0.0) -> str:
        """Put a trained model with its completed job into Bedrock and return its ARN."""
        base = f"arn:aws:bedrock:{HERE.split(':')[0]}::foundation-model/amazon.nova-2-lite-v1:0:256k"
        born = local_store.now() - dt.timedelta(days=days_old)
        job = local_store.Job(
            arn=f"{local_store.ARN}:model-customization-job/amazon.nova-2-lite-v1:0:256k/{local_store.new_id()}",
            request={"jobName": job_name, "customizationType": "REINFORCEMENT_FINE_TUNING", "roleArn": "r"},
            base_arn=base,
            status="Completed",
        )
        job.request |= {"trainingDataConfig": {}, "outputDataConfig": {}, "customizationConfig": {}}
        job.request["customModelName"] = job_name
        arn = f"{local_store.ARN}:custom-model/amazon.nova-2-lite-v1:0:256k/{local_store.new_id()}"
        job.model_arn = arn
        bedrock = self.bedrock.store
        bedrock.jobs[job.arn] = job
        bedrock.models[arn] = local_store.Model(arn=arn, name=job_name, job=job, policy=Policy.base(), created=born)
        for resource in (job.arn, arn):
            bedrock.tags[resource] = {
                Tag.ENVIRONMENT: self.settings.name,
                Tag.TASK: "arithmetic",
                Tag.RUN: run_id,
            }
        return arn

    def settle(self) -> None:
        """Let everything that is being created or updated come to its end."""
        items: list[Any] = [*self.bedrock.store.deployments.values(), *self.bedrock.store.throughputs.values()]
        for item in items:
            item.ready_at = item.update_ready_at = time.monotonic() - 1

    def deployment(self, name: str) -> Any:
        """Return the local Bedrock's deployment of a name, or None."""
        return next((d for d in self.bedrock.store.deployments.values() if d.name == name), None)

    def throughput(self, name: str) -> Any:
        """Return the local Bedrock's throughput of a name, or None."""
        return next((t for t in self.bedrock.store.throughputs.values() if t.name == name), None)

    def champion(self, task: str = "arithmetic") -> Champion | None:
        """Return the champion parameter's value."""
        value = self.parameters.get(names.champion_parameter(self.settings.prefix, task))
        return msgspec.json.decode(value, type=Champion) if value else None

    def begin(self, run_id: str = "arithmetic-1", **sections: Any) -> Run:
        """Write a run that has trained a model."""
        job_name = f"rft-local-arithmetic-{names.digest(run_id)}-a1"
        model = sections.pop("model_arn", None) or self.model(job_name, run_id=run_id)
        job_arn = self.bedrock.store.models[model].job.arn if model in self.bedrock.store.models else "arn:gone"
        now = local_store.now().isoformat()
        run = Run(
            run_id=run_id,
            task="arithmetic",
            environment=self.settings.name,
            attempt=1,
            source=Source(bucket="intake-bucket", key="incoming/arithmetic/a.jsonl", version_id="v1", size=10),
            status=RunStatus.RUNNING,
            started_at=now,
            updated_at=now,
            execution_arn=f"arn:aws:states:{HERE}:execution:rft-local-training:{run_id}",
            dataset=self._dataset(run_id),
            grader=GraderPin(
                function_name="rft-local-grader-arithmetic",
                version="1",
                code_sha256="c" * 44,
                alias=run_id,
                alias_arn=f"arn:aws:lambda:{HERE}:function:rft-local-grader-arithmetic:{run_id}",
            ),
            job=Job(
                name=job_name,
                arn=job_arn,
                content_hash="0" * 12,
                status=JobStatus.COMPLETED,
                submitted_at=now,
                model_arn=model,
            ),
        )
        for name, value in sections.items():
            setattr(run, name, value)
        assert self.store.create(run)
        if run.job:
            self.store.update(run_id, job=run.job)
        self.aliases.add(("rft-local-grader-arithmetic", run_id))
        self.executions[run.execution_arn] = {"status": "RUNNING"}
        return run

    def promote_first(self, run_id: str = "arithmetic-0") -> Champion:
        """Have a champion from an earlier run, on demand or provisioned as the settings say."""
        self.begin(run_id)
        for _ in range(8):
            self.settle()
            if self.invoke(Step.PROMOTE, run_id=run_id)["ready"]:
                break
        self.settle()
        self.store.update(run_id, status=RunStatus.PROMOTED, notified=True)
        champion = self.champion()
        assert champion is not None
        self.calls.clear()
        return champion

    def _dataset(self, run_id: str) -> Dataset:
        lines = [
            json.dumps(
                {
                    "id": f"r{number}",
                    "messages": [{"role": "user", "content": f"What is {number} and 1?"}],
                    "reference_answer": str(number + 1),
                }
            ).encode()
            + b"\n"
            for number in range(60)
        ]
        key = dataset_key("arithmetic", "v1", "test.jsonl")
        self.objects[f"datasets-bucket/{key}"] = b"".join(lines)
        split = SplitFile(key=key, records=len(lines), bytes=sum(map(len, lines)), sha256="a" * 64)
        return Dataset(
            bucket="datasets-bucket",
            version="v1",
            manifest_key=dataset_key("arithmetic", "v1", "manifest.json"),
            splits={Split.TEST: split},
            quarantined=0,
            quarantine_key=dataset_key("arithmetic", "v1", "quarantine.jsonl"),
        )


def interval(mean: float) -> Interval:
    """Return some interval around a mean."""
    return Interval(mean=mean, low=mean - 0.05, high=mean + 0.05)


def evaluation() -> EvaluationResult:
    """Return a clear result."""
    return EvaluationResult(
        records=60,
        confidence=0.95,
        models={Role.BASELINE: interval(0.4), Role.CANDIDATE: interval(0.7)},
        gains={Role.BASELINE: interval(0.3)},
    )


def active(run_id: str, arn: str) -> Deployment:
    """Return a candidate that answers."""
    name = names.candidate_deployment_name("rft-local", run_id)
    return Deployment(name=name, arn=arn, requested_at=local_store.now().isoformat(), active=True)


def champion_of(run_id: str, model_arn: str, deployment_arn: str) -> Champion:
    """Return a champion on demand."""
    return Champion(
        task="arithmetic",
        run_id=run_id,
        model_arn=model_arn,
        serving_arn=deployment_arn,
        deployment_arn=deployment_arn,
        mode=Serving.ON_DEMAND,
        dataset_version="v1",
        promoted_at=local_store.now().isoformat(),
    )
