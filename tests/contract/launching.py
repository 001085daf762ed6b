"""The account of the launch steps: graders with versions and aliases, quotas, task tokens, and jobs that tests end."""

import base64
import io
import json
import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from msgspec.structs import replace

from local.bedrock import store as local_store
from local.bedrock.errors import ServiceError
from rft.aws.environment import Variable
from rft.aws.tasks import packaged_tasks
from rft.keys import Phase, RunStatus, Split, Step, dataset_key
from rft.reward_model.rules import RewardModelRules
from rft.rewards import bedrock
from rft.rewards.entry import grade
from rft.schemas import Dataset, GraderPin, Run, Source, SplitFile
from rft.settings import Settings
from tests.contract.account import HERE, service_error
from tests.contract.world import World

TASKS = Path(__file__).parents[2] / "tasks"
CREATING = ("CreateModelCustomizationJob", "CreateProvisionedModelThroughput", "CreateCustomModelDeployment")
GRADER = "rft-local-grader-arithmetic"
VERSION = f"arn:aws:lambda:{HERE}:function:{GRADER}:3"
SECRET = "reference-of-record"  # in every reference, and nowhere else
RECORDS = 40
EMBEDDING = "amazon.titan-embed-text-v2:0"


class LaunchWorld(World):
    """An account in which nothing trains by itself: a job is in progress until a test ends it."""

    def __init__(self, settings: Settings, monkeypatch: Any) -> None:
        super().__init__(settings, monkeypatch)
        monkeypatch.setenv(Variable.GRADER_VERSIONS, json.dumps({"arithmetic": VERSION, "preferences": VERSION}))
        monkeypatch.setenv(Variable.SERVICE_ROLE_ARN, "arn:aws:iam::000000000000:role/rft-local-bedrock-customization")
        monkeypatch.setenv(
            Variable.MODEL_KEY_ARN, "arn:aws:kms:us-east-1:000000000000:key/00000000-0000-0000-0000-000000000000"
        )
        monkeypatch.setattr(self.bedrock.jobs._trainer, "start", lambda job: None)
        self.now = 0.0  # of the clock that waits for roles and listings
        clock = SimpleNamespace(monotonic=lambda: self.now, sleep=self._sleep)
        monkeypatch.setattr("rft.aws.customization.time", clock)
        self.patch = monkeypatch
        self.lines = [json.dumps(record(number)).encode() + b"\n" for number in range(RECORDS)]  # of the train split
        self.code = "c" * 43 + "="
        self.alias_versions: dict[tuple[str, str], str] = {}
        self.tokens: dict[str, str] = {}  # token -> output that it was given back with
        self.unlisted = 0  # how many of the next listings of jobs come too early
        self.grader = even
        self.golden = shipped
        self.before_load: Callable[[str], None] = lambda run_id: None  # what others do before a run is read

    def _sleep(self, seconds: float) -> None:
        self.now += seconds

    # What tests do

    def ready(self, run_id: str = "arithmetic-1", *, attempt: int = 1, validation: int = 4) -> Run:
        """Write a run that has a dataset version and a grader, and nothing else."""
        now = local_store.now().isoformat()
        run = Run(
            run_id=run_id,
            task="arithmetic",
            environment=self.settings.name,
            attempt=attempt,
            source=Source(bucket="intake-bucket", key="incoming/arithmetic/a.jsonl", version_id="v1", size=10),
            status=RunStatus.RUNNING,
            started_at=now,
            updated_at=now,
            dataset=self.dataset(validation),
            grader=GraderPin(
                function_name=GRADER,
                version="3",
                code_sha256=self.code,
                alias=run_id,
                alias_arn=f"arn:aws:lambda:{HERE}:function:{GRADER}:{run_id}",
            ),
        )
        assert self.store.create(run)
        return run

    def embed(self, name: str, dimensions: int = 256) -> None:
        """Have a task ask for embeddings."""
        task = replace(
            packaged_tasks()[name], reward_model=RewardModelRules(embeddings=EMBEDDING, dimensions=dimensions)
        )
        self.patch.setitem(packaged_tasks(), name, task)
        bedrock.forget_clients()

    def dataset(self, validation: int = 4) -> Dataset:
        """Return a dataset version whose training split is in the bucket."""
        lines = self.lines

        def split(name: Split, records: int) -> SplitFile:
            key = dataset_key("arithmetic", "abc123", f"{name}.jsonl")
            return SplitFile(key=key, records=records, bytes=sum(map(len, lines)), sha256="a" * 64)

        splits = {Split.TRAIN: split(Split.TRAIN, len(lines)), Split.TEST: split(Split.TEST, 10)}
        splits[Split.VALIDATION] = split(Split.VALIDATION, validation)
        self.objects[f"datasets-bucket/{splits[Split.TRAIN].key}"] = b"".join(lines)
        return Dataset(
            bucket="datasets-bucket",
            version="abc123",
            manifest_key=dataset_key("arithmetic", "abc123", "manifest.json"),
            splits={str(name): found for name, found in splits.items()},
            quarantined=0,
            quarantine_key=dataset_key("arithmetic", "abc123", "quarantine.jsonl"),
        )

    def launched(self, run_id: str = "arithmetic-1", **options: Any) -> local_store.Job:
        """Have a run whose job is in progress, and return the job as Bedrock holds it."""
        self.ready(run_id, **options)
        assert self.store.take_slot(0, run_id)
        self.store.update(run_id, slot=0)
        self.invoke(Step.LAUNCH_TRAINING, run_id=run_id)
        return self.job(run_id)

    def job(self, run_id: str = "arithmetic-1") -> local_store.Job:
        """Return a run's job as Bedrock holds it."""
        found = self.run(run_id).job
        assert found
        return self.bedrock.store.jobs[found.arn]

    def end(self, job: local_store.Job, status: str, *, failure: str | None = None, hours: float = 0.5) -> None:
        """Bring a job to its end, so many hours after it was created."""
        job.status, job.failure = status, failure
        job.ended = job.created + timedelta(hours=hours)
        if status == "Completed":
            job.model_arn = self.model(f"model-of-{job.name}")

    def event(self, job: local_store.Job, status: str | None = None) -> dict[str, Any]:
        """Return the event that Bedrock sends for a job."""
        detail = {"jobName": job.name, "jobArn": job.arn, "jobStatus": status or job.status}
        return {"detail-type": "Model Customization Job State Change", "source": "aws.bedrock", "detail": detail}

    # What boto3 meets

    def _bedrock_runtime_InvokeModel(self, client: Any, params: dict[str, Any]) -> Any:  # noqa: N802
        model = client.meta.service_model.operation_model("InvokeModel")
        try:
            sent = {**params, "body": params["body"].encode()}
            answer = self.bedrock.answer("bedrock-runtime", model, sent, "test")
        except ServiceError as error:
            raise service_error(client, error.code, error.message, "InvokeModel") from error
        return {"body": io.BytesIO(answer["body"]), "contentType": answer["contentType"]}

    def _bedrock(self, client: Any, operation: str, params: dict[str, Any]) -> Any:
        if operation == "ListModelCustomizationJobs" and self.unlisted:
            self.unlisted -= 1
            return {"modelCustomizationJobSummaries": []}
        return super()._bedrock(client, operation, params)

    def _dynamodb_GetItem(self, client: Any, params: dict[str, Any]) -> Any:  # noqa: N802
        self.before_load(params["Key"]["pk"]["S"].removeprefix("run#"))
        return super()._dynamodb_GetItem(client, params)

    def _lambda_Invoke(self, client: Any, params: dict[str, Any]) -> Any:  # noqa: N802
        phase = json.loads(base64.b64decode(params["ClientContext"]))["custom"]["phase"]
        if phase != Phase.GOLDEN:
            return super()._lambda_Invoke(client, params)
        task = params["FunctionName"].split("-grader-")[1].split(":")[0]
        return self._graded(lambda event: self.golden(task, event), params)

    def _service_quotas_GetServiceQuota(self, client: Any, params: dict[str, Any]) -> Any:  # noqa: N802
        return self._service_quota(client, "GetServiceQuota", params)

    def _service_quotas_GetAWSDefaultServiceQuota(self, client: Any, params: dict[str, Any]) -> Any:  # noqa: N802
        return self._service_quota(client, "GetAWSDefaultServiceQuota", params)

    def _service_quota(self, client: Any, operation: str, params: dict[str, Any]) -> Any:
        try:
            return self.bedrock.quotas.answer(operation, params)
        except ServiceError as error:
            raise service_error(client, error.code, error.message, operation) from error

    def _lambda_GetFunctionConfiguration(self, client: Any, params: dict[str, Any]) -> Any:  # noqa: N802
        return {"FunctionName": GRADER, "CodeSha256": self.code}

    def _lambda_PutProvisionedConcurrencyConfig(self, client: Any, params: dict[str, Any]) -> Any:  # noqa: N802
        if (params["FunctionName"], params["Qualifier"]) not in self.alias_versions:
            raise service_error(client, "ResourceNotFoundException", "no alias", "PutProvisionedConcurrencyConfig")
        return {"Status": "IN_PROGRESS"}

    def _lambda_CreateAlias(self, client: Any, params: dict[str, Any]) -> Any:  # noqa: N802
        if (params["FunctionName"], params["Name"]) in self.alias_versions:
            raise service_error(client, "ResourceConflictException", "Alias already exists", "CreateAlias")
        return self._lambda_UpdateAlias(client, params)

    def _lambda_UpdateAlias(self, client: Any, params: dict[str, Any]) -> Any:  # noqa: N802
        function, alias = params["FunctionName"], params["Name"]
        self.alias_versions[function, alias] = params["FunctionVersion"]
        return {"AliasArn": f"arn:aws:lambda:{HERE}:function:{function}:{alias}"}

    def _stepfunctions_StartExecution(self, client: Any, params: dict[str, Any]) -> Any:  # noqa: N802
        """The same name and input give a running execution back; one that has ended keeps its name for 90 days."""
        arn = f"{params['stateMachineArn'].replace(':stateMachine:', ':execution:')}:{params['name']}"
        known = self.executions.get(arn)
        if known is None:
            known = self.executions[arn] = {"status": "RUNNING", "input": params["input"]}
            self.started.append(params)
        if known["status"] != "RUNNING" or known["input"] != params["input"]:
            raise service_error(client, "ExecutionAlreadyExists", "exists", "StartExecution")
        return {"executionArn": arn, "startDate": local_store.now()}

    def _stepfunctions_SendTaskSuccess(self, client: Any, params: dict[str, Any]) -> Any:  # noqa: N802
        if params["taskToken"] in self.tokens:
            raise service_error(client, "TaskTimedOut", "Task Timed Out", "SendTaskSuccess")
        self.tokens[params["taskToken"]] = params["output"]
        return {}


def record(number: int) -> dict[str, Any]:
    """Return a training record with a reference that can be found wherever it goes."""
    return {
        "id": f"r{number}",
        "messages": [{"role": "system", "content": "Be brief."}, {"role": "user", "content": f"What is {number}?"}],
        "reference_answer": f"{SECRET}-{number}",
        "metadata": {"steps": [f"{SECRET}-{number}-step"]},
    }


def shipped(task: str, event: list[dict[str, Any]]) -> Any:
    """Score golden samples as the shipped task's own grader does."""
    return grade(TASKS / task, event)


def even(event: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Score 1 where the numbers in a rollout's id add up to an even one: a grader that tells answers apart.

    What no model answered scores 0.
    """
    return [
        {
            "id": item["id"],
            "aggregate_reward_score": float(
                "/rollout/" in item["id"] and sum(map(int, re.findall(r"\d+", item["id"]))) % 2 == 0
            ),
            "metrics_list": [],
        }
        for item in event
    ]
