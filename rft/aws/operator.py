"""What a person at the command line asks of a deployed environment: who am I, drop a file, start a run again."""

import json
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from rft.aws import clients
from rft.errors import RetryRefused, RftError, RunUnknown, UnusableDrop

REFUSALS: dict[str, type[RftError]] = {kind.__name__: kind for kind in (RetryRefused, RunUnknown, UnusableDrop)}


def caller_account() -> str:
    """Return the account that the credentials belong to."""
    return clients.sts().get_caller_identity()["Account"]


def drop(bucket: str, key: str, path: Path) -> str:
    """Upload a file with a checksum that S3 verifies; return the object's version id.

    S3 takes at most 5 GB in one request, far above what a dataset may hold.
    """
    with path.open("rb") as stream:
        answer = clients.s3().put_object(Bucket=bucket, Key=key, Body=stream, ChecksumAlgorithm="SHA256")
    return answer["VersionId"]


def start_again(function: str, run_id: str) -> str:
    """Ask the starter function for a new attempt at a run; return the new run's name.

    Raises:
        RetryRefused: the run still runs, or ended well.
        RunUnknown: no such run.
        RftError: the starter failed otherwise; the message is its own.

    """
    answer = clients.functions().invoke(FunctionName=function, Payload=json.dumps({"retry_of": run_id}).encode())
    result: dict[str, Any] = json.loads(answer["Payload"].read())
    if answer.get("FunctionError"):
        kind = REFUSALS.get(result.get("errorType", ""), RftError)
        raise kind(result.get("errorMessage") or f"{function} failed without a message")
    if "run_id" not in result:
        raise RetryRefused(str(result.get("ignored", result)))
    return str(result["run_id"])


def read_parameter(name: str) -> str | None:
    """Return an SSM parameter's value, or None if there is none."""
    client = clients.ssm()
    try:
        return client.get_parameter(Name=name)["Parameter"]["Value"]
    except client.exceptions.ParameterNotFound:
        return None


def execution_status(arn: str) -> str | None:
    """Return an execution's status, or None if Step Functions keeps it no more (90 days)."""
    client = clients.stepfunctions()
    try:
        return client.describe_execution(executionArn=arn)["status"]
    except client.exceptions.ExecutionDoesNotExist:
        return None
    except ClientError as error:
        if error.response.get("Error", {}).get("Code") == "ExecutionDoesNotExist":
            return None
        raise
