"""The policies of docs/policies: people may do with them what their commands call, and nothing in them is spare."""

import io
import json
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from local.bedrock.shapes import violations
from rft import names
from rft.cli import session as command_session
from rft.cli.main import app
from rft.cli.target import Target
from rft.keys import RunStatus
from tests.contract import permissions
from tests.contract.account import HERE, service_error
from tests.contract.conftest import ROOT
from tests.contract.test_removal import Removing, account, bucket, busy  # noqa: F401  (a fixture)
from tests.stacks.policy import Policies, Request, allowed

KEY = f"arn:aws:kms:{HERE}:key/data"
REGION = HERE.split(":", maxsplit=1)[0]
NEEDED_BY = {
    ("s3", "ListObjectVersions"): ["s3:ListBucketVersions"],
    ("s3", "DeleteObjects"): ["s3:DeleteObject", "s3:DeleteObjectVersion"],  # markers and versions
}
ON_KEYS = {"s3:PutObject": ("s3", ["kms:GenerateDataKey", "kms:Decrypt"])}
ON_KEYS |= {f"s3:{name}": ("s3", ["kms:Decrypt"]) for name in ("GetObject", "GetObjectVersion")}
ON_KEYS |= {f"dynamodb:{name}": ("dynamodb", ["kms:Decrypt"]) for name in ("GetItem", "Query")}
# For people's own clients: `rft` reads the champion's parameter only in the demo.
ALSO = {"operator": {"ssm:GetParameter"}}


class Watched:
    """An account that keeps every request of a command."""

    def __init__(self, world: Removing, monkeypatch: pytest.MonkeyPatch) -> None:
        self.requests: list[tuple[str, str, dict[str, Any]]] = []
        self.world = world

        def call(client: Any, operation: str, params: dict[str, Any]) -> Any:
            service = client.meta.service_model.service_name
            self.requests.append((service, operation, params))
            shown = {name: value for name, value in params.items() if name not in ("Body", "Payload")}
            assert not violations(service, operation, shown)
            if operation == "GetExecutionHistory":
                raise service_error(client, "ExecutionDoesNotExist", "forgotten", operation)
            if operation == "GetMetricData":
                return {"MetricDataResults": []}
            if operation == "Invoke":
                return {"Payload": io.BytesIO(b'{"run_id": "arithmetic-1-r2"}')}
            answer = world._intercept(client, operation, params)
            return answer | {"VersionId": "v1"} if operation == "PutObject" else answer

        monkeypatch.setattr("botocore.client.BaseClient._make_api_call", call)
        monkeypatch.setattr(command_session.Session, "target", lambda *_: self.target)

    @property
    def target(self) -> Target:
        return Target(settings=self.world.settings, root=ROOT, embedded=True)

    def rft(self, *arguments: str) -> int:
        return command_session.run(app, arguments, command_session.Session())

    def needs(self) -> Iterator[Request]:
        """Yield what the requests needed: actions, on what, under which circumstances."""
        for service, operation, params in self.requests:
            actions = NEEDED_BY.get((service, operation)) or permissions.actions_of(service, operation, params)
            for action in actions:
                resource = self._resource(service, params)
                context = {"aws:ResourceTag/rft:environment": self.world.settings.name}
                yield Request(principal="person", action=action, resource=resource, context=context)
                via, on_key = ON_KEYS.get(action, ("", []))
                for spelled in on_key:
                    context = {"kms:ViaService": f"{via}.{REGION}.amazonaws.com"}
                    yield Request(principal="person", action=spelled, resource=KEY, context=context)

    def _resource(self, service: str, params: dict[str, Any]) -> str:
        if "Bucket" in params:
            key = f"/{params['Key']}" if "Key" in params else "/x" if "Delete" in params else ""
            return f"arn:aws:s3:::{params['Bucket']}{key}"
        if "TableName" in params:
            index = f"/index/{params['IndexName']}" if "IndexName" in params else ""
            return f"arn:aws:dynamodb:{HERE}:table/{params['TableName']}{index}"
        if "FunctionName" in params:
            return f"arn:aws:lambda:{HERE}:function:{params['FunctionName']}"
        if service == "ssm":
            return f"arn:aws:ssm:{HERE}:parameter{params.get('Name') or params['Path']}"
        return next((str(params[name]) for name in permissions.IDENTIFIERS if name in params), "*")


@pytest.fixture
def watched(account: Removing, monkeypatch: pytest.MonkeyPatch) -> Watched:  # noqa: F811
    return Watched(account, monkeypatch)


def policy(who: str, world: Removing) -> list[Mapping[str, Any]]:
    """Return the statements of a policy file, filled in as docs/aws.md says."""
    text = (ROOT / "docs" / "policies" / f"{who}.json").read_text()
    filled = {
        "<account>": HERE.split(":")[1],
        "<region>": REGION,
        "<prefix>": world.settings.prefix,
        "<environment>": world.settings.name,
        "<data-key-arn>": KEY,
    }
    for blank, value in filled.items():
        text = text.replace(blank, value)
    statements: list[Mapping[str, Any]] = json.loads(text)["Statement"]
    return statements


def judge(who: str, watched: Watched) -> None:
    """Fail where a request is denied, or where an action is granted that none of them needed."""
    statements = policy(who, watched.world)
    needs = list(watched.needs())
    assert needs
    for request in needs:
        assert allowed(request, Policies(identity=statements)), request
    granted = {action for statement in statements for action in statement["Action"]}
    assert granted == {request.action for request in needs} | ALSO.get(who, set())


def drop(watched: Watched, folder: Any) -> None:
    file = folder / "a.jsonl"
    file.write_text("{}\n")
    assert watched.rft("drop", str(file), "--task", "arithmetic") == 0


def test_someone_who_drops_files(watched: Watched, tmp_path: Any) -> None:
    drop(watched, tmp_path)
    judge("dropper", watched)


def test_an_operator(watched: Watched, tmp_path: Any) -> None:
    watched.world.begin(status=RunStatus.FAILED, ended_at="2026-11-24T13:00:00+00:00")
    watched.requests.clear()
    drop(watched, tmp_path)
    assert watched.rft("runs") == 0
    assert watched.rft("show", "arithmetic-1") == 0
    assert watched.rft("watch", "arithmetic-1") == 1
    assert watched.rft("retry", "arithmetic-1") == 0
    judge("operator", watched)


def test_someone_who_removes_an_environment(watched: Watched) -> None:
    busy(watched.world)
    for role in ("datasets", "artefacts", "access-logs"):
        watched.world.versions[bucket(watched.world, role)] = [{"Key": "k", "VersionId": "v"}]
    watched.requests.clear()
    assert watched.rft("remove", "--env", "local", "--yes") == 0
    judge("remover", watched)


def test_the_remover_may_not_touch_what_is_not_the_environments(watched: Watched) -> None:
    statements = policy("remover", watched.world)
    for action in ("bedrock:DeleteProvisionedModelThroughput", "bedrock:DeleteCustomModel"):
        other = Request(
            principal="person",
            action=action,
            resource=f"arn:aws:bedrock:{HERE}:provisioned-model/x",
            context={"aws:ResourceTag/rft:environment": "other"},
        )
        assert not allowed(other, Policies(identity=statements))


def test_names_of_the_project_are_the_policies(watched: Watched) -> None:
    intake = names.bucket_name(watched.world.settings.prefix, "intake", HERE.split(":")[1], REGION)
    resources = [resource for one in policy("dropper", watched.world) for resource in one["Resource"]]
    assert f"arn:aws:s3:::{intake}/incoming/*" in resources
