"""What the local Bedrock does in the customer's account, and with whose credentials."""

import json
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Protocol

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

from local.bedrock.store import ACCOUNT, REGION


class AccessError(Exception):
    """The account refused or lacked something; the message is meant for the job's failure message."""


class GraderError(Exception):
    """The grader raised, timed out or answered in a wrong shape."""


class RoleSession(Protocol):
    """Acts in the account as the role that the customer passed."""

    def read(self, bucket: str, key: str) -> bytes:
        """Return an object's bytes. Raises AccessError."""
        ...

    def write(self, bucket: str, key: str, body: bytes) -> None:
        """Write an object. Raises AccessError."""
        ...

    def grade(self, function: str, rollouts: list[dict[str, Any]]) -> Any:
        """Invoke the grader once and return its answer as it came. Raises GraderError or AccessError."""
        ...


class Account(Protocol):
    """The customer's account."""

    def assume(self, role: str, source: str, name: str) -> RoleSession:
        """Assume a service role. Raises AccessError when its trust policy refuses."""
        ...

    def emit(self, detail_type: str, detail: dict[str, Any], resource: str) -> None:
        """Put a service event on the default bus."""
        ...

    def answer_keys(self) -> Iterator[tuple[str, str, str]]:
        """Yield bucket, key and etag of every file that may hold right answers."""
        ...

    def open_answer_key(self, bucket: str, key: str) -> bytes:
        """Return the bytes of such a file."""
        ...


@dataclass
class EmulatorAccount:
    """The account of the emulator."""

    url: str

    def assume(self, role: str, source: str, name: str) -> "EmulatorSession":
        """Assume a service role through the emulator's internal endpoint."""
        request = {
            "service": "bedrock.amazonaws.com",
            "role_arn": role,
            "source_arn": source,
            "source_account": ACCOUNT,
            "session_name": name,
        }
        try:
            return EmulatorSession(self.url, self._post("/_rft/service/assume-role", request))
        except urllib.error.HTTPError as error:
            reason = json.loads(error.read() or b"{}").get("message", str(error))
            raise AccessError(f"The provided role {role} cannot be assumed by Amazon Bedrock: {reason}") from error

    def emit(self, detail_type: str, detail: dict[str, Any], resource: str) -> None:
        """Put a service event on the default bus."""
        entry = {
            "Source": "aws.bedrock",
            "DetailType": detail_type,
            "Detail": json.dumps(detail),
            "Resources": [resource],
        }
        self._post("/_rft/service/events", {"Entries": [entry]})

    def answer_keys(self) -> Iterator[tuple[str, str, str]]:
        """List the split files of every dataset version, with the account's root credentials."""
        s3 = self._client("s3")
        for bucket in s3.list_buckets()["Buckets"]:
            for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket["Name"], Prefix="datasets/"):
                for item in page.get("Contents", []):
                    if item["Key"].endswith(("/train.jsonl", "/validation.jsonl", "/test.jsonl")):
                        yield bucket["Name"], item["Key"], item["ETag"]

    def open_answer_key(self, bucket: str, key: str) -> bytes:
        """Read a split file with the account's root credentials."""
        body: bytes = self._client("s3").get_object(Bucket=bucket, Key=key)["Body"].read()
        return body

    def _client(self, service: str) -> Any:
        return client(service, self.url, "test", "test", None)

    def _post(self, path: str, body: Any) -> Any:
        request = urllib.request.Request(self.url + path, data=json.dumps(body).encode(), method="POST")
        with urllib.request.urlopen(request, timeout=30) as answer:
            return json.loads(answer.read() or b"{}")


class EmulatorSession:
    """Calls with the assumed role's credentials, so the emulator enforces its policies."""

    def __init__(self, url: str, credentials: dict[str, str]) -> None:
        keys = (credentials["access_key_id"], credentials["secret_access_key"], credentials["session_token"])
        self._s3 = client("s3", url, *keys)
        self._lambda = client("lambda", url, *keys)

    def read(self, bucket: str, key: str) -> bytes:
        """Return an object's bytes."""
        try:
            body: bytes = self._s3.get_object(Bucket=bucket, Key=key)["Body"].read()
        except ClientError as error:
            raise AccessError(
                f"Could not validate GetObject permissions to access Amazon S3 bucket: {bucket} at key {key} ({error})"
            ) from error
        return body

    def write(self, bucket: str, key: str, body: bytes) -> None:
        """Write an object."""
        try:
            self._s3.put_object(Bucket=bucket, Key=key, Body=body)
        except ClientError as error:
            raise AccessError(f"S3 perms missing (PutObject): bucket {bucket}, key {key} ({error})") from error

    def grade(self, function: str, rollouts: list[dict[str, Any]]) -> Any:
        """Invoke the grader once."""
        try:
            answer = self._lambda.invoke(FunctionName=function, Payload=json.dumps(rollouts).encode())
        except ClientError as error:
            if error.response["Error"]["Code"] == "AccessDeniedException":
                raise AccessError(f"Not authorized to invoke {function}: {error}") from error
            raise GraderError(str(error)) from error
        payload = json.loads(answer["Payload"].read() or b"null")
        if answer.get("FunctionError"):
            kind, message = payload.get("errorType", "Error"), payload.get("errorMessage", "")
            raise GraderError(f"{kind}: {message}")
        return payload


def client(service: str, url: str, key: str, secret: str, token: str | None) -> Any:
    """Return a boto3 client on the emulator."""
    return boto3.client(
        service,  # type: ignore[call-overload]
        endpoint_url=url,
        region_name=REGION,
        aws_access_key_id=key,
        aws_secret_access_key=secret,
        aws_session_token=token,
        config=Config(
            retries={"mode": "standard", "total_max_attempts": 3},
            read_timeout=905,
            max_pool_connections=16,
            s3={"addressing_style": "path"},
        ),
    )
