"""An account in memory behind boto3: every call of a handler is recorded, checked and answered here.

Checked are the request against botocore's service model (patterns, enums, bounds) and the step's own grants. Bedrock
is the local one with its strict states; its clock is in the test's hands.
"""

import io
import json
import re
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import msgspec
from boto3.dynamodb.types import TypeDeserializer

from local.bedrock import store as local_store
from local.bedrock.errors import ServiceError
from local.bedrock.options import BedrockOptions
from local.bedrock.service import Bedrock
from local.bedrock.shapes import violations
from rft.aws.environment import Variable
from rft.aws.store import RunStore
from rft.keys import Step
from rft.settings import Settings, encode_settings
from rft.training.curve import Point
from tests.contract import permissions

FAR = 1e9  # seconds
HERE = "us-east-1:000000000000"
MACHINE = f"arn:aws:states:{HERE}:stateMachine:rft-local-training"
_read = TypeDeserializer().deserialize


class Call(msgspec.Struct, frozen=True):
    """One request that a handler made."""

    step: str
    service: str
    operation: str
    params: dict[str, Any]


class Account:
    """What boto3 meets."""

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
        self.curve: list[Point] = []
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

    def _intercept(self, client: Any, operation: str, params: dict[str, Any]) -> Any:
        service = client.meta.service_model.service_name
        wrong = violations(service, operation, _checked(params))
        assert not wrong, f"{service}:{operation}: {wrong}"
        if self.step is not None:
            call = Call(str(self.step), service, operation, params)
            self.calls.append(call)
            self.history.append(call)
            for action in permissions.actions_of(service, operation, params):
                permissions.check(self.step, action, params)
        if self.refusals.get(operation):
            code, message = self.refusals[operation].pop(0)
            raise service_error(client, code, message, operation)
        return self._answer(client, service, operation, params)

    def _answer(self, client: Any, service: str, operation: str, params: dict[str, Any]) -> Any:
        if service == "bedrock":
            return self._bedrock(client, operation, params)
        work = getattr(self, f"_{service.replace('-', '_')}_{operation}")
        return work(client, params)

    def _bedrock(self, client: Any, operation: str, params: dict[str, Any]) -> Any:
        model = client.meta.service_model.operation_model(operation)
        try:
            answer = self.bedrock.answer("bedrock", model, params, "test")
        except ServiceError as error:
            raise service_error(client, error.code, error.message, operation) from error
        return _without_none(answer)

    def _bedrock_runtime_Converse(self, client: Any, params: dict[str, Any]) -> Any:  # noqa: N802
        question = params["messages"][-1]["content"][0]["text"]
        number = int(re.findall(r"\d+", question)[0])
        kind = self.answers.get(params["modelId"], "right")
        text = {"right": str(number + 1), "wrong": "no idea", "half": str(number + 1 + number % 2)}[kind]
        return {"output": {"message": {"role": "assistant", "content": [{"text": text}]}}}

    def _lambda_Invoke(self, client: Any, params: dict[str, Any]) -> Any:  # noqa: N802
        return self._graded(self.grader, params)

    def _graded(self, grader: Callable[[list[dict[str, Any]]], Any], params: dict[str, Any]) -> Any:
        try:
            answer = grader(json.loads(params["Payload"]))
        except RuntimeError as error:
            body = json.dumps({"errorType": "RuntimeError", "errorMessage": str(error)})
            return {"Payload": io.BytesIO(body.encode()), "FunctionError": "Unhandled"}
        return {"Payload": io.BytesIO(json.dumps(answer).encode())}

    def _cloudwatch_GetMetricData(self, client: Any, params: dict[str, Any]) -> Any:  # noqa: N802
        times = [point.at for point in self.curve]
        return {
            "MetricDataResults": [
                {
                    "Id": query["Id"],
                    "Timestamps": times,
                    "Values": [float(getattr(point, query["Id"])) for point in self.curve],
                }
                for query in params["MetricDataQueries"]
            ]
        }

    def _lambda_GetAlias(self, client: Any, params: dict[str, Any]) -> Any:  # noqa: N802
        if (params["FunctionName"], params["Name"]) not in self.aliases:
            raise service_error(client, "ResourceNotFoundException", "no alias", "GetAlias")
        return {"AliasArn": "arn"}

    def _lambda_DeleteProvisionedConcurrencyConfig(self, client: Any, params: dict[str, Any]) -> Any:  # noqa: N802
        if (params["FunctionName"], params["Qualifier"]) not in self.aliases:
            raise service_error(client, "ResourceNotFoundException", "no alias", "DeleteProvisionedConcurrencyConfig")
        return {}

    def _lambda_DeleteAlias(self, client: Any, params: dict[str, Any]) -> Any:  # noqa: N802
        self.aliases.discard((params["FunctionName"], params["Name"]))
        return {}

    def _ssm_GetParameter(self, client: Any, params: dict[str, Any]) -> Any:  # noqa: N802
        if params["Name"] not in self.parameters:
            raise service_error(client, "ParameterNotFound", "no parameter", "GetParameter")
        return {"Parameter": {"Value": self.parameters[params["Name"]]}}

    def _ssm_PutParameter(self, client: Any, params: dict[str, Any]) -> Any:  # noqa: N802
        self.parameters[params["Name"]] = params["Value"]
        return {}

    def _sns_Publish(self, client: Any, params: dict[str, Any]) -> Any:  # noqa: N802
        self.messages.append(params)
        return {"MessageId": "m"}

    def _stepfunctions_DescribeExecution(self, client: Any, params: dict[str, Any]) -> Any:  # noqa: N802
        if params["executionArn"] not in self.executions:
            raise service_error(client, "ExecutionDoesNotExist", "no execution", "DescribeExecution")
        return self.executions[params["executionArn"]]

    def _stepfunctions_StartExecution(self, client: Any, params: dict[str, Any]) -> Any:  # noqa: N802
        if any(one["name"] == params["name"] for one in self.started):
            raise service_error(client, "ExecutionAlreadyExists", "exists", "StartExecution")
        self.started.append(params)
        return {"executionArn": "arn", "startDate": local_store.now()}

    def _s3_GetObject(self, client: Any, params: dict[str, Any]) -> Any:  # noqa: N802
        data = self.objects.get(f"{params['Bucket']}/{params['Key']}")
        if data is None:
            raise service_error(client, "NoSuchKey", "no key", "GetObject")
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
        sizes = [{"Key": key, "Size": len(self.objects[f"{params['Bucket']}/{key}"])} for key in found]
        return {"Contents": sizes, "IsTruncated": False}

    def _dynamodb_PutItem(self, client: Any, params: dict[str, Any]) -> Any:  # noqa: N802
        key = params["Item"]["pk"]["S"]
        if key in self.items:
            raise service_error(client, "ConditionalCheckFailedException", "exists", "PutItem")
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
        if "ConditionExpression" in params and not self._holds(params["ConditionExpression"], item, names_, values):
            raise service_error(client, "ConditionalCheckFailedException", "condition", "UpdateItem")
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


def _checked(params: dict[str, Any]) -> dict[str, Any]:
    """Leave out blobs and timestamps, which the check of shapes does not judge."""
    return {name: value for name, value in params.items() if name not in ("Body", "Payload", "ClientContext")}


def service_error(client: Any, code: str, message: str, operation: str) -> Exception:
    response = {"Error": {"Code": code, "Message": message}, "ResponseMetadata": {"HTTPStatusCode": 400}}
    error: Exception = client.exceptions.from_code(code)(response, operation)
    return error


def _without_none(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _without_none(item) for name, item in value.items() if item is not None}
    return [_without_none(item) for item in value] if isinstance(value, list) else value
