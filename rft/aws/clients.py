"""boto3 clients, one of each kind per process, with the same retries and time limits."""

import os
from functools import lru_cache
from typing import TYPE_CHECKING

import boto3
from botocore.config import Config

if TYPE_CHECKING:
    from mypy_boto3_bedrock import BedrockClient
    from mypy_boto3_bedrock_runtime import BedrockRuntimeClient
    from mypy_boto3_cloudwatch import CloudWatchClient
    from mypy_boto3_comprehend import ComprehendClient
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_lambda import LambdaClient
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_service_quotas import ServiceQuotasClient
    from mypy_boto3_sns import SNSClient
    from mypy_boto3_ssm import SSMClient
    from mypy_boto3_stepfunctions import SFNClient
    from mypy_boto3_sts import STSClient

CONTROL = Config(retries={"mode": "standard", "total_max_attempts": 5}, connect_timeout=5, read_timeout=60)
# A model may take minutes to answer; repeating is left to the workflow, which knows what was already scored.
RUNTIME = Config(retries={"mode": "adaptive", "total_max_attempts": 8}, connect_timeout=5, read_timeout=300)
# The grader runs up to 15 minutes; invoking it twice because of a short socket timeout would score twice.
INVOKE = Config(retries={"mode": "standard", "total_max_attempts": 3}, connect_timeout=5, read_timeout=905)


@lru_cache(maxsize=1)
def bedrock() -> "BedrockClient":
    """Return the client of Bedrock's control plane."""
    return boto3.client("bedrock", config=CONTROL)


@lru_cache(maxsize=1)
def bedrock_runtime() -> "BedrockRuntimeClient":
    """Return the client that asks models; it slows down by itself when throttled."""
    return boto3.client("bedrock-runtime", config=RUNTIME)


@lru_cache(maxsize=1)
def comprehend() -> "ComprehendClient":
    """Return the Comprehend client; it slows down by itself when throttled."""
    return boto3.client("comprehend", config=RUNTIME)


@lru_cache(maxsize=1)
def dynamodb() -> "DynamoDBClient":
    """Return the DynamoDB client."""
    return boto3.client("dynamodb", config=CONTROL)


@lru_cache(maxsize=1)
def s3() -> "S3Client":
    """Return the S3 client."""
    return boto3.client("s3", config=CONTROL)


@lru_cache(maxsize=1)
def stepfunctions() -> "SFNClient":
    """Return the Step Functions client."""
    return boto3.client("stepfunctions", config=CONTROL)


@lru_cache(maxsize=1)
def functions() -> "LambdaClient":
    """Return the Lambda client."""
    return boto3.client("lambda", config=INVOKE)


@lru_cache(maxsize=1)
def sns() -> "SNSClient":
    """Return the SNS client."""
    return boto3.client("sns", config=CONTROL)


@lru_cache(maxsize=1)
def ssm() -> "SSMClient":
    """Return the Systems Manager client."""
    return boto3.client("ssm", config=CONTROL)


@lru_cache(maxsize=1)
def cloudwatch() -> "CloudWatchClient":
    """Return the CloudWatch client."""
    return boto3.client("cloudwatch", config=CONTROL)


@lru_cache(maxsize=1)
def service_quotas() -> "ServiceQuotasClient":
    """Return the Service Quotas client."""
    return boto3.client("service-quotas", config=CONTROL)


@lru_cache(maxsize=1)
def sts() -> "STSClient":
    """Return the Security Token Service client."""
    return boto3.client("sts", config=CONTROL)


def has_credentials() -> bool:
    """Return whether this process has AWS credentials; whether they are any good shows in the first call."""
    return boto3.Session().get_credentials() is not None


def use_runtime(endpoint: str | None) -> None:
    """Ask models at an endpoint, an embedded AWS's, whose keys anybody knows; None leaves everything as it is."""
    if endpoint is None:
        return
    os.environ["AWS_ENDPOINT_URL_BEDROCK_RUNTIME"] = endpoint
    os.environ |= {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}
    os.environ.pop("AWS_SESSION_TOKEN", None)
    os.environ.setdefault("AWS_REGION", "us-east-1")
    os.environ.setdefault("AWS_DEFAULT_REGION", os.environ["AWS_REGION"])
