"""Clients that share nothing with the project drive the local Bedrock: the AWS CLI, and a script of boto3 alone."""

import ast
import json
import subprocess
import sys
import time
from functools import reduce
from typing import Any

import pytest

from local.embedded import ACCOUNT, REGION
from rft import names
from rft.keys import DATASETS, Step
from tests.pipeline.pipeline import PREFIX, ROOT, Pipeline, records

pytestmark = pytest.mark.xdist_group("clients")
SCRIPT = ROOT / "examples" / "drive_local_bedrock.py"
CLI = ROOT / "build" / "awscli" / "bin" / "aws"


@pytest.fixture(scope="module")
def inputs(pipeline: Pipeline) -> dict[str, str]:
    """Return role, grader and training file as a person would find them; the file lies in the datasets bucket."""
    versions = pipeline.aws.client("lambda").get_function_configuration(
        FunctionName=names.function_name(PREFIX, Step.PREPARE_GRADER)
    )["Environment"]["Variables"]["RFT_GRADER_VERSIONS"]
    key = f"{DATASETS}arithmetic/by-hand/train.jsonl"
    pipeline.aws.client("s3").put_object(Bucket=pipeline.bucket("datasets"), Key=key, Body=records(0, 150))
    return {
        "role": f"arn:aws:iam::{ACCOUNT}:role/{names.service_role_name(PREFIX)}",
        "grader": json.loads(versions)["arithmetic"],
        "data": f"s3://{pipeline.bucket('datasets')}/{key}",
        "output": f"s3://{pipeline.bucket('artefacts')}/training/by-hand/",
    }


def test_the_script_imports_nothing_of_ours():
    imported = {
        name.split(".")[0]
        for node in ast.walk(ast.parse(SCRIPT.read_text()))
        for name in (
            [alias.name for alias in node.names]
            if isinstance(node, ast.Import)
            else [node.module or ""]
            if isinstance(node, ast.ImportFrom)
            else []
        )
    }
    assert imported <= set(sys.stdlib_module_names) | {"boto3", "botocore"}


def test_a_boto3_script_drives_it(pipeline: Pipeline, inputs):
    arguments = [part for name, value in inputs.items() for part in (f"--{name}", value)]
    done = subprocess.run(
        [sys.executable, str(SCRIPT), *arguments],
        env=pipeline.aws.environment(),
        capture_output=True,
        text=True,
        timeout=150,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    seen = {line[:20].strip(): line[21:] for line in done.stdout.splitlines()}
    assert seen["deployment"] == "Active"
    assert seen["update in place"] == "UpdateCompleted"
    assert seen["throughput"] == "InService"
    assert seen["training-only id"] == "ValidationException"
    assert seen["completed jobs"] == "2"
    assert seen["custom models left"] == "0"


def test_the_aws_cli_drives_it(pipeline: Pipeline, inputs):
    assert CLI.exists(), "the AWS CLI is not installed; run `make setup-dev`"

    def aws(*arguments: str) -> Any:
        command = [str(CLI), *arguments, "--output", "json", "--region", REGION]
        done = subprocess.run(
            command, env=pipeline.aws.environment(), capture_output=True, text=True, timeout=60, check=False
        )
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout) if done.stdout.strip() else {}

    def until(wanted: str, field: str, *arguments: str) -> Any:
        for _ in range(60):
            found = aws("bedrock", *arguments)
            if reduce(dict.__getitem__, field.split("."), found) == wanted:
                return found
            time.sleep(0.2)
        raise AssertionError(f"{arguments}: {found}")

    rft = {
        "rftConfig": {
            "graderConfig": {"lambdaGrader": {"lambdaArn": inputs["grader"]}},
            "hyperParameters": {"epochCount": 1, "batchSize": 64, "trainingSamplePerPrompt": 2},
        }
    }

    def create_job(name: str) -> str:
        return str(
            aws(
                *("bedrock", "create-model-customization-job", "--job-name", name, "--custom-model-name", name),
                *("--role-arn", inputs["role"], "--base-model-identifier", "amazon.nova-2-lite-v1:0:256k"),
                *("--customization-type", "REINFORCEMENT_FINE_TUNING"),
                *("--training-data-config", json.dumps({"s3Uri": inputs["data"]})),
                *("--output-data-config", json.dumps({"s3Uri": inputs["output"]})),
                *("--customization-config", json.dumps(rft)),
            )["jobArn"]
        )

    pipeline.fault("job_hangs", name="cli-stopped")
    stopped = create_job("cli-stopped")
    aws("bedrock", "stop-model-customization-job", "--job-identifier", stopped)
    until("Stopped", "status", "get-model-customization-job", "--job-identifier", stopped)
    model = until("Completed", "status", "get-model-customization-job", "--job-identifier", create_job("cli-trained"))[
        "outputModelArn"
    ]
    listed = aws("bedrock", "list-model-customization-jobs", "--name-contains", "cli-")
    assert len(listed["modelCustomizationJobSummaries"]) == 2
    deployed = aws(
        *("bedrock", "create-custom-model-deployment", "--model-deployment-name", "cli-deployed", "--model-arn", model)
    )["customModelDeploymentArn"]
    identify = ("--custom-model-deployment-identifier", deployed)
    until("Active", "status", "get-custom-model-deployment", *identify)
    aws("bedrock", "update-custom-model-deployment", *identify, "--model-arn", model)
    until("UpdateCompleted", "updateDetails.updateStatus", "get-custom-model-deployment", *identify)
    bought = aws(
        *("bedrock", "create-provisioned-model-throughput", "--provisioned-model-name", "cli-provisioned"),
        *("--model-id", model, "--model-units", "1"),
    )["provisionedModelArn"]
    until("InService", "status", "get-provisioned-model-throughput", "--provisioned-model-id", bought)
    question = json.dumps([{"role": "user", "content": [{"text": "What is 2 plus 2?"}]}])
    for identifier in (deployed, bought, "us.amazon.nova-2-lite-v1:0"):
        answer = aws("bedrock-runtime", "converse", "--model-id", identifier, "--messages", question)
        assert answer["output"]["message"]["role"] == "assistant"
    aws("bedrock", "delete-provisioned-model-throughput", "--provisioned-model-id", bought)
