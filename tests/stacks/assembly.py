"""Synthesises the application as the CDK CLI does, and reads the result with every reference resolved."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from msgspec.structs import replace

from rft.settings import Settings, load_settings

ROOT = Path(__file__).absolute().parents[2]
ENVIRONMENTS = ROOT / "environments"
LOG_BUCKET = "somebody-elses-logs"
LOG_KEY = "arn:aws:kms:us-east-1:444444444444:key/00000000-0000-0000-0000-000000000000"
SYNTH = """
import pathlib, sys
import aws_cdk as cdk
from app import build
app = cdk.App()
stages = build(app, root=pathlib.Path(sys.argv[1]), environments=pathlib.Path(sys.argv[2]))
exec(sys.argv[3])
app.synth()
"""


def synthesise(
    out: Path, *, environments: Path = ROOT / "environments", root: Path = ROOT, afterwards: str = "", chosen: str = ""
) -> subprocess.CompletedProcess[str]:
    """Write a cloud assembly to ``out``; the answer's ``returncode`` is not 0 if validation found something.

    ``afterwards`` is code that changes the application's ``stages`` first; ``chosen`` is one environment's name.
    """
    context = json.loads((ROOT / "cdk.json").read_text())["context"]
    context |= {"aws:cdk:enable-path-metadata": True, "aws:cdk:enable-asset-metadata": True}  # as the CLI does
    context |= {"environment": chosen} if chosen else {}
    variables = {
        **os.environ,
        "CDK_OUTDIR": str(out),
        "CDK_CONTEXT_JSON": json.dumps(context),
        "JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION": "1",
    }
    return subprocess.run(
        [sys.executable, "-c", SYNTH, str(root), str(environments), afterwards],
        cwd=ROOT,
        env=variables,
        capture_output=True,
        text=True,
        check=False,
        timeout=240,
    )


def settings_of(environment: str) -> Settings:
    """Return the settings of an environment as the tests deploy it: prod reads logs from another account's bucket."""
    settings = load_settings(ENVIRONMENTS / f"{environment}.toml")
    return replace(settings, log_buckets=[LOG_BUCKET], log_key_arns=[LOG_KEY]) if environment == "prod" else settings


def write_environments(folder: Path) -> None:
    """Write the environment files as ``settings_of`` reads them."""
    for path in ENVIRONMENTS.glob("*.toml"):
        logs = f'log_buckets = ["{LOG_BUCKET}"]\nlog_key_arns = ["{LOG_KEY}"]\n' if path.stem == "prod" else ""
        (folder / path.name).write_text(logs + path.read_text())


@dataclass(frozen=True)
class Resource:
    """One resource of a template, its references resolved."""

    stack: str
    logical_id: str
    type: str
    properties: dict[str, Any]
    raw: dict[str, Any] = field(repr=False)


class Deployed:
    """The templates of one environment, as if they were deployed: physical names and ARNs in place of references."""

    def __init__(self, assembly: Path, environment: str) -> None:
        self.environment = environment
        folder = assembly / f"assembly-{environment}"
        manifest = json.loads((folder / "manifest.json").read_text())["artifacts"]
        stacks = [artifact for artifact in manifest.values() if artifact["type"] == "aws:cloudformation:stack"]
        self.templates: dict[str, dict[str, Any]] = {
            artifact["properties"]["stackName"].rsplit("-", 1)[-1]: json.loads(
                (folder / artifact["properties"]["templateFile"]).read_text()
            )
            for artifact in stacks
        }
        self.folder = folder
        self.account, self.region = str(stacks[0]["environment"]).removeprefix("aws://").split("/")

    def of(self, *types: str) -> list[Resource]:
        """Return the resources of these types, or all."""
        return [resource for resource in self.resources if not types or resource.type in types]

    def one(self, type_: str, **properties: Any) -> Resource:
        """Return the one resource of a type whose properties have these values."""
        found = [
            resource
            for resource in self.of(type_)
            if all(resource.properties.get(name) == value for name, value in properties.items())
        ]
        assert len(found) == 1, f"{len(found)} x {type_} {properties}"
        return found[0]

    @cached_property
    def resources(self) -> list[Resource]:
        """Return every resource of the environment."""
        return [
            Resource(stack, logical_id, raw["Type"], self.resolve(raw.get("Properties", {}), stack), raw)
            for stack, template in self.templates.items()
            for logical_id, raw in template["Resources"].items()
        ]

    def resolve(self, value: Any, stack: str) -> Any:
        """Return a value of a template with its intrinsic functions replaced by what they would become."""
        if isinstance(value, list):
            return [self.resolve(item, stack) for item in value]
        if not isinstance(value, dict):
            return value
        if len(value) == 1:
            ((name, argument),) = value.items()
            if name == "Ref":
                return self._ref(argument, stack)
            if name == "Fn::GetAtt":
                logical_id, attribute = argument
                return self._attribute(logical_id, attribute, stack)
            if name == "Fn::Join":
                separator, parts = argument
                return separator.join(self.resolve(part, stack) for part in parts)
            if name == "Fn::ImportValue":
                return self._exports[self.resolve(argument, stack)]
        return {key: self.resolve(item, stack) for key, item in value.items()}

    @cached_property
    def _exports(self) -> dict[str, Any]:
        return {
            output["Export"]["Name"]: self.resolve(output["Value"], stack)
            for stack, template in self.templates.items()
            for output in template.get("Outputs", {}).values()
            if "Export" in output
        }

    def _ref(self, logical_id: str, stack: str) -> str:
        pseudo: dict[str, str] = {"AWS::Partition": "aws", "AWS::AccountId": self.account, "AWS::Region": self.region}
        pseudo["AWS::URLSuffix"] = "amazonaws.com"
        if logical_id in pseudo:
            return pseudo[logical_id]
        raw = self.templates[stack]["Resources"].get(logical_id)
        if raw is None:
            return f"<parameter {logical_id}>"
        if raw["Type"] in ARN_BY_REF:
            return self._attribute(logical_id, "Arn", stack)
        name = NAME_OF.get(raw["Type"])
        return str(self.resolve(raw["Properties"][name], stack)) if name in raw.get("Properties", {}) else logical_id

    def _attribute(self, logical_id: str, attribute: str, stack: str) -> str:
        raw = self.templates[stack]["Resources"][logical_id]
        kind, properties = raw["Type"], raw.get("Properties", {})
        if attribute == "Arn" and kind == "AWS::Lambda::Version":
            return f"{self._attribute(properties['FunctionName']['Ref'], 'Arn', stack)}:1"
        if attribute == "Arn" and kind in ARNS:
            name = self.resolve(properties[NAME_OF[kind]], stack) if kind in NAME_OF else logical_id
            return ARNS[kind].format(region=self.region, account=self.account, name=name)
        return f"<{logical_id}.{attribute}>"


NAME_OF: Mapping[str, str] = {
    "AWS::S3::Bucket": "BucketName",
    "AWS::Lambda::Function": "FunctionName",
    "AWS::Lambda::LayerVersion": "LayerName",
    "AWS::IAM::Role": "RoleName",
    "AWS::Logs::LogGroup": "LogGroupName",
    "AWS::SQS::Queue": "QueueName",
    "AWS::SNS::Topic": "TopicName",
    "AWS::DynamoDB::Table": "TableName",
    "AWS::StepFunctions::StateMachine": "StateMachineName",
    "AWS::Events::Rule": "Name",
}
ARN_BY_REF = {
    "AWS::SNS::Topic",
    "AWS::StepFunctions::StateMachine",
    "AWS::Lambda::Version",
    "AWS::Lambda::LayerVersion",
}
ARNS: Mapping[str, str] = {
    "AWS::S3::Bucket": "arn:aws:s3:::{name}",
    "AWS::Lambda::Function": "arn:aws:lambda:{region}:{account}:function:{name}",
    "AWS::Lambda::LayerVersion": "arn:aws:lambda:{region}:{account}:layer:{name}:1",
    "AWS::IAM::Role": "arn:aws:iam::{account}:role/{name}",
    "AWS::Logs::LogGroup": "arn:aws:logs:{region}:{account}:log-group:{name}:*",
    "AWS::SQS::Queue": "arn:aws:sqs:{region}:{account}:{name}",
    "AWS::SNS::Topic": "arn:aws:sns:{region}:{account}:{name}",
    "AWS::DynamoDB::Table": "arn:aws:dynamodb:{region}:{account}:table/{name}",
    "AWS::StepFunctions::StateMachine": "arn:aws:states:{region}:{account}:stateMachine:{name}",
    "AWS::Events::Rule": "arn:aws:events:{region}:{account}:rule/{name}",
    "AWS::KMS::Key": "arn:aws:kms:{region}:{account}:key/{name}",
}


def deployed_with(root: Path, environment: str, changes: Mapping[str, Callable[[str], str]]) -> Deployed:
    """Return an environment of the project with some tasks changed.

    ``root`` is an empty folder that becomes the project; ``changes`` turns the text of a task's task.toml into another.
    """
    for path in ROOT.iterdir():
        if path.name not in ("tasks", ".git"):
            (root / path.name).symlink_to(path)
    shutil.copytree(ROOT / "tasks", root / "tasks", ignore=shutil.ignore_patterns("__pycache__"))
    for task, change in changes.items():
        path = root / "tasks" / task / "task.toml"
        old = path.read_text()
        new = change(old)
        assert new != old, task
        path.write_text(new)
    out = root / "cloud-assembly"
    done = synthesise(out, root=root, chosen=environment)
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-4000:]
    return Deployed(out, environment)


def listed(value: Any) -> list[Any]:
    """Return a policy element as a list, whether it was written as one or not."""
    return value if isinstance(value, list) else [value]


def statements(deployed: Deployed, role: str) -> Iterator[dict[str, Any]]:
    """Yield the statements of a role's policies."""
    for policy in deployed.of("AWS::IAM::Policy"):
        if role in policy.properties["Roles"]:
            yield from policy.properties["PolicyDocument"]["Statement"]


def permissions(deployed: Deployed, role: str) -> set[tuple[str, str, str]]:
    """Return what a role may do, one (action, resource, conditions as JSON) a permission."""
    found = set()
    for statement in statements(deployed, role):
        assert statement["Effect"] == "Allow"
        condition = json.dumps(statement.get("Condition", {}), sort_keys=True)
        found |= {
            (action, resource, condition)
            for action in listed(statement["Action"])
            for resource in listed(statement["Resource"])
        }
    return found


def key_arn(deployed: Deployed, name: str) -> str:
    """Return the ARN of the key whose alias ends in ``name``: data, model or operations."""
    aliases = [item for item in deployed.of("AWS::KMS::Alias") if item.properties["AliasName"].endswith(f"-{name}")]
    assert len(aliases) == 1
    return str(aliases[0].properties["TargetKeyId"])
