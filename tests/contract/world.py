"""An account in memory behind boto3: every call of a handler is recorded, checked and answered here.

Checked are the request against botocore's service model (patterns, enums, bounds) and the step's own grants. Bedrock
is the local one with its strict states; its clock is in the test's hands.
"""

import datetime as dt
import io
import json
import re
import time
from collections.abc import Callable
from importlib import import_module
from types import SimpleNamespace
from typing import Any

import botocore.session
import msgspec
from boto3.dynamodb.types import TypeDeserializer

from local.bedrock import store as local_store
from local.bedrock.options import BedrockOptions
from local.bedrock.policy import Policy
from local.bedrock.service import Bedrock
from local.bedrock.shapes import violations
from rft import names
from rft.aws.environment import Variable
from rft.aws.store import RunStore
from rft.keys import JobStatus, Role, RunStatus, Serving, Split, Step, Tag, dataset_key
from rft.schemas import (
    Champion,
    Dataset,
    Deployment,
    EvaluationResult,
    GraderPin,
    Interval,
    Job,
    Run,
    Source,
    SplitFile,
)
from rft.settings import Settings, encode_settings
from stacks.grants import GRANTS, Target

FAR = 1e9  # seconds
HERE = "us-east-1:000000000000"
MACHINE = f"arn:aws:states:{HERE}:stateMachine:rft-local-training"
IAM = {"bedrock-runtime": "bedrock", "stepfunctions": "states"}
AS = {
    ("bedrock-runtime", "Converse"): "InvokeModel",
    ("lambda", "Invoke"): "InvokeFunction",
    ("s3", "ListObjectsV2"): "ListBucket",
    ("s3", "HeadObject"): "GetObject",
}
TARGETS = {
    ":custom-model-deployment/": {Target.DEPLOYMENTS},
    ":provisioned-model/": {Target.THROUGHPUT},
    ":custom-model/": {Target.MODELS},
    ":model-customization-job/": {Target.JOBS},
    "us.amazon.": {Target.BASELINES},
    ":execution:": {Target.TRAINING_EXECUTIONS},
    ":stateMachine:": {Target.CLEAN_UP_MACHINE, Target.TRAINING_MACHINE},
    ":sns:": {Target.TOPIC},
}
IDENTIFIERS = (
    "customModelDeploymentIdentifier",
    "provisionedModelId",
    "modelIdentifier",
    "jobIdentifier",
    "resourceARN",
    "modelArn",
    "modelId",
    "executionArn",
    "stateMachineArn",
    "TopicArn",
)
_read = TypeDeserializer().deserialize


class Call(msgspec.Struct, frozen=True):
    """One request that a handler made."""

    step: str
    service: str
    operation: str
    params: dict[str, Any]


class World:
    """The account."""

    def __init__(self, settings: Settings, monkeypatch: Any) -> None:
        self.settings = settings
        self.calls: list[Call] = []  # since the test last cleared it
        self.history: list[Call] = []
        self.step: Step | None = None
        self.items: dict[str, dict[str, Any]] = {}
        self.objects: dict[str, bytes] = {}
        self.parameters: dict[str, str] = {}
        self.aliases: set[tuple[str, str]] = set()
        self.messages: list[dict[str, Any]] = []
        self.executions: dict[str, dict[str, Any]] = {}
        self.started: list[dict[str, Any]] = []
        self.refusals: dict[str, list[tuple[str, str]]] = {}
        self.grader: Callable[[list[dict[str, Any]]], Any] = exact
        self.answers: dict[str, str] = {}
        self.bedrock = Bedrock(
            SimpleNamespace(answer_keys=lambda: iter(())),
            BedrockOptions(deployment_seconds=FAR, update_seconds=FAR, provisioned_seconds=FAR),
        )
        self.store = RunStore("rft-local-runs", run_days=30)
        self.remaining_ms = 600_000
        variables = {
            Variable.SETTINGS: encode_settings(settings),
            Variable.TABLE: "rft-local-runs",
            Variable.DATASETS_BUCKET: "datasets-bucket",
            Variable.ARTEFACTS_BUCKET: "artefacts-bucket",
            Variable.TOPIC_ARN: f"arn:aws:sns:{HERE}:rft-local-notifications",
            Variable.MACHINE_ARN: MACHINE,
            Variable.CLEAN_UP_MACHINE_ARN: MACHINE.replace("training", "clean-up"),
        }
        for name, value in variables.items():
            monkeypatch.setenv(name, value)
        monkeypatch.setattr(
            "botocore.client.BaseClient._make_api_call",
            lambda client, operation, params: self._intercept(client, operation, params),
        )

    # What tests do

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

    # What boto3 meets

    def _intercept(self, client: Any, operation: str, params: dict[str, Any]) -> Any:
        service = client.meta.service_model.service_name
        wrong = violations(service, operation, _checked(params))
        assert not wrong, f"{service}:{operation}: {wrong}"
        if self.step is not None:
            call = Call(str(self.step), service, operation, params)
            self.calls.append(call)
            self.history.append(call)
            for action in actions_of(service, operation, params):
                self._granted(self.step, action, params)
        if self.refusals.get(operation):
            code, message = self.refusals[operation].pop(0)
            raise _error(client, code, message, operation)
        return self._answer(client, service, operation, params)

    def _granted(self, step: Step, action: str, params: dict[str, Any]) -> None:
        targets = {grant.on for grant in GRANTS[step] if action in grant.actions}
        assert targets, f"{step} calls {action}, which it is not granted"
        identifier = next((str(params[name]) for name in IDENTIFIERS if name in params), "")
        wanted: set[Target] = next((t for part, t in TARGETS.items() if part in identifier), set())
        if wanted and action != "bedrock:TagResource":
            assert targets & wanted, f"{step} calls {action} on {identifier}, and is granted it on {targets} only"

    def _answer(self, client: Any, service: str, operation: str, params: dict[str, Any]) -> Any:
        if service == "bedrock":
            return self._bedrock(client, operation, params)
        work = getattr(self, f"_{service.replace('-', '_')}_{operation}")
        return work(client, params)

    def _bedrock(self, client: Any, operation: str, params: dict[str, Any]) -> Any:
        from local.bedrock.errors import ServiceError

        model = client.meta.service_model.operation_model(operation)
        try:
            answer = self.bedrock.answer("bedrock", model, params, "test")
        except ServiceError as error:
            raise _error(client, error.code, error.message, operation) from error
        return _without_none(answer)

    def _bedrock_runtime_Converse(self, client: Any, params: dict[str, Any]) -> Any:  # noqa: N802
        question = params["messages"][-1]["content"][0]["text"]
        number = int(re.findall(r"\d+", question)[0])
        kind = self.answers.get(params["modelId"], "right")
        text = {"right": str(number + 1), "wrong": "no idea", "half": str(number + 1 + number % 2)}[kind]
        return {"output": {"message": {"role": "assistant", "content": [{"text": text}]}}}

    def _lambda_Invoke(self, client: Any, params: dict[str, Any]) -> Any:  # noqa: N802
        try:
            answer = self.grader(json.loads(params["Payload"]))
        except RuntimeError as error:
            body = json.dumps({"errorType": "RuntimeError", "errorMessage": str(error)})
            return {"Payload": io.BytesIO(body.encode()), "FunctionError": "Unhandled"}
        return {"Payload": io.BytesIO(json.dumps(answer).encode())}

    def _lambda_GetAlias(self, client: Any, params: dict[str, Any]) -> Any:  # noqa: N802
        if (params["FunctionName"], params["Name"]) not in self.aliases:
            raise _error(client, "ResourceNotFoundException", "no alias", "GetAlias")
        return {"AliasArn": "arn"}

    def _lambda_DeleteAlias(self, client: Any, params: dict[str, Any]) -> Any:  # noqa: N802
        self.aliases.discard((params["FunctionName"], params["Name"]))
        return {}

    def _ssm_GetParameter(self, client: Any, params: dict[str, Any]) -> Any:  # noqa: N802
        if params["Name"] not in self.parameters:
            raise _error(client, "ParameterNotFound", "no parameter", "GetParameter")
        return {"Parameter": {"Value": self.parameters[params["Name"]]}}

    def _ssm_PutParameter(self, client: Any, params: dict[str, Any]) -> Any:  # noqa: N802
        self.parameters[params["Name"]] = params["Value"]
        return {}

    def _sns_Publish(self, client: Any, params: dict[str, Any]) -> Any:  # noqa: N802
        self.messages.append(params)
        return {"MessageId": "m"}

    def _stepfunctions_DescribeExecution(self, client: Any, params: dict[str, Any]) -> Any:  # noqa: N802
        if params["executionArn"] not in self.executions:
            raise _error(client, "ExecutionDoesNotExist", "no execution", "DescribeExecution")
        return self.executions[params["executionArn"]]

    def _stepfunctions_StartExecution(self, client: Any, params: dict[str, Any]) -> Any:  # noqa: N802
        if any(one["name"] == params["name"] for one in self.started):
            raise _error(client, "ExecutionAlreadyExists", "exists", "StartExecution")
        self.started.append(params)
        return {"executionArn": "arn", "startDate": local_store.now()}

    def _s3_GetObject(self, client: Any, params: dict[str, Any]) -> Any:  # noqa: N802
        data = self.objects.get(f"{params['Bucket']}/{params['Key']}")
        if data is None:
            raise _error(client, "NoSuchKey", "no key", "GetObject")
        if "Range" in params:
            start, end = params["Range"].removeprefix("bytes=").split("-")
            data = data[int(start) : int(end) + 1]
        return {"Body": io.BytesIO(data)}

    def _s3_PutObject(self, client: Any, params: dict[str, Any]) -> Any:  # noqa: N802
        body = params["Body"]
        self.objects[f"{params['Bucket']}/{params['Key']}"] = body if isinstance(body, bytes) else body.read()
        return {}

    def _s3_ListObjectsV2(self, client: Any, params: dict[str, Any]) -> Any:  # noqa: N802
        start = f"{params['Bucket']}/{params['Prefix']}"
        found = sorted(key.split("/", 1)[1] for key in self.objects if key.startswith(start))
        return {"Contents": [{"Key": key} for key in found], "IsTruncated": False}

    def _dynamodb_PutItem(self, client: Any, params: dict[str, Any]) -> Any:  # noqa: N802
        key = params["Item"]["pk"]["S"]
        if key in self.items:
            raise _error(client, "ConditionalCheckFailedException", "exists", "PutItem")
        self.items[key] = dict(params["Item"])
        return {}

    def _dynamodb_GetItem(self, client: Any, params: dict[str, Any]) -> Any:  # noqa: N802
        item = self.items.get(params["Key"]["pk"]["S"])
        return {"Item": dict(item)} if item else {}

    def _dynamodb_UpdateItem(self, client: Any, params: dict[str, Any]) -> Any:  # noqa: N802
        key = params["Key"]["pk"]["S"]
        names_ = {name: str(value) for name, value in params["ExpressionAttributeNames"].items()}
        values = params.get("ExpressionAttributeValues", {})
        item = self.items.get(key, {})
        if not self._holds(params["ConditionExpression"], item, names_, values):
            raise _error(client, "ConditionalCheckFailedException", "condition", "UpdateItem")
        item = {"pk": {"S": key}, **item}
        sets, _, removes = params["UpdateExpression"].partition("REMOVE")
        for name, value in re.findall(r"(#\w+) = (:\w+)", sets):
            item[names_[name]] = values[value]
        for name in re.findall(r"#\w+", removes):
            item.pop(names_[name], None)
        self.items[key] = item
        return {}

    def _holds(self, condition: str, item: dict[str, Any], names_: dict[str, str], values: dict[str, Any]) -> bool:
        for part in condition.split(" OR "):
            if part == "attribute_exists(pk)":
                met = bool(item)
            elif found := re.fullmatch(r"attribute_not_exists\((#\w+)\)", part):
                met = names_[found[1]] not in item
            else:
                left, right = part.split(" = ")
                met = item.get(names_[left]) == values[right]
            if met:
                return True
        return False

    def _dynamodb_Query(self, client: Any, params: dict[str, Any]) -> Any:  # noqa: N802
        name, value = params["ExpressionAttributeNames"]["#key"], params["ExpressionAttributeValues"][":value"]
        found = [item for item in self.items.values() if item.get(name) == value]
        found.sort(key=lambda item: str(_read(item["started_at"])), reverse=True)
        return {"Items": found}


def exact(event: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Score 1 where the answer is the reference."""
    return [
        {
            "id": item["id"],
            "aggregate_reward_score": float(item["messages"][-1]["content"] == item["reference_answer"]),
            "metrics_list": [],
        }
        for item in event
    ]


def actions_of(service: str, operation: str, params: dict[str, Any]) -> list[str]:
    """Return the IAM actions that a request needs; tags at creation need TagResource as well."""
    action = f"{IAM.get(service, service)}:{AS.get((service, operation), operation)}"
    return [action, "bedrock:TagResource"] if service == "bedrock" and params.get("tags") else [action]


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


def _checked(params: dict[str, Any]) -> dict[str, Any]:
    """Leave out blobs and timestamps, which the check of shapes does not judge."""
    return {name: value for name, value in params.items() if name not in ("Body", "Payload", "ClientContext")}


def _error(client: Any, code: str, message: str, operation: str) -> Exception:
    response = {"Error": {"Code": code, "Message": message}, "ResponseMetadata": {"HTTPStatusCode": 400}}
    error: Exception = client.exceptions.from_code(code)(response, operation)
    return error


def _without_none(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _without_none(item) for name, item in value.items() if item is not None}
    return [_without_none(item) for item in value] if isinstance(value, list) else value


def all_operations(service: str) -> set[str]:
    """Return the operations of a service."""
    return set(botocore.session.Session().get_service_model(service).operation_names)
