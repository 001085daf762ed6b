import pytest

from rft.keys import SAMPLED, TableIndex, TableKey
from tests.stacks.assembly import Deployed, Resource


def _bucket(deployed: Deployed, role: str) -> Resource:
    name = f"rft-{deployed.environment}-{role}-{deployed.account}-{deployed.region}"
    return deployed.one("AWS::S3::Bucket", BucketName=name)


ROLES = ("intake", "datasets", "artefacts", "access-logs")


@pytest.mark.parametrize("role", ROLES)
def test_buckets_are_private_versioned_and_owned(deployed: Deployed, role: str) -> None:
    properties = _bucket(deployed, role).properties
    blocked = properties["PublicAccessBlockConfiguration"]
    assert set(blocked) == {"BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets"}
    assert all(blocked.values())
    assert properties["VersioningConfiguration"] == {"Status": "Enabled"}
    assert properties["OwnershipControls"] == {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}


@pytest.mark.parametrize("role", ROLES)
def test_buckets_take_tls_only(deployed: Deployed, role: str) -> None:
    policy = deployed.one("AWS::S3::BucketPolicy", Bucket=_bucket(deployed, role).properties["BucketName"])
    denied = [s for s in policy.properties["PolicyDocument"]["Statement"] if s["Effect"] == "Deny"]
    assert [s["Condition"] for s in denied] == [{"Bool": {"aws:SecureTransport": "false"}}]
    assert denied[0]["Action"] == "s3:*"
    assert len(denied[0]["Resource"]) == 2


@pytest.mark.parametrize("role", ["intake", "datasets", "artefacts"])
def test_data_is_encrypted_with_our_key_and_access_is_logged(deployed: Deployed, role: str) -> None:
    properties = _bucket(deployed, role).properties
    rule = properties["BucketEncryption"]["ServerSideEncryptionConfiguration"][0]
    assert rule["BucketKeyEnabled"] is True
    assert rule["ServerSideEncryptionByDefault"]["SSEAlgorithm"] == "aws:kms"
    assert "DataKey" in rule["ServerSideEncryptionByDefault"]["KMSMasterKeyID"]
    logs = _bucket(deployed, "access-logs").properties["BucketName"]
    assert properties["LoggingConfiguration"] == {"DestinationBucketName": logs, "LogFilePrefix": f"{role}/"}


def test_access_logs_are_encrypted_by_s3_which_is_all_that_log_delivery_can_write(deployed: Deployed) -> None:
    rule = _bucket(deployed, "access-logs").properties["BucketEncryption"]["ServerSideEncryptionConfiguration"][0]
    assert rule["ServerSideEncryptionByDefault"] == {"SSEAlgorithm": "AES256"}


def test_only_the_intake_sends_events(deployed: Deployed) -> None:
    senders = [
        b.properties["BucketName"]
        for b in deployed.of("AWS::S3::Bucket")
        if "NotificationConfiguration" in b.properties
    ]
    assert senders == [_bucket(deployed, "intake").properties["BucketName"]]
    configuration = _bucket(deployed, "intake").properties["NotificationConfiguration"]
    assert configuration == {"EventBridgeConfiguration": {"EventBridgeEnabled": True}}


@pytest.mark.parametrize(
    ("role", "days"), [("intake", 365), ("artefacts", 730), ("access-logs", 90), ("datasets", None)]
)
def test_objects_live_as_long_as_the_settings_say(prod: Deployed, role: str, days: int | None) -> None:
    rules = _bucket(prod, role).properties["LifecycleConfiguration"]["Rules"]
    assert {rule["Status"] for rule in rules} == {"Enabled"}
    expiring = {rule["Id"]: rule for rule in rules if "ExpirationInDays" in rule and "Prefix" not in rule}
    if role == "datasets":  # of which the quarantine goes as soon as the dropped file whose lines it holds
        quarantine = expiring.pop("quarantine")
        assert (quarantine["ExpirationInDays"], quarantine["NoncurrentVersionExpiration"]["NoncurrentDays"]) == (
            365,
            30,
        )
        assert quarantine["TagFilters"] == [{"Key": "rft:kind", "Value": "quarantine"}]
    assert [rule["ExpirationInDays"] for rule in expiring.values()] == ([days] if days else [])
    assert any("AbortIncompleteMultipartUpload" in rule for rule in rules)
    assert any("NoncurrentVersionExpiration" in rule for rule in rules)


def test_what_was_drawn_from_logs_is_gone_after_a_week(deployed: Deployed) -> None:
    rules = _bucket(deployed, "intake").properties["LifecycleConfiguration"]["Rules"]
    [rule] = [rule for rule in rules if rule.get("Prefix") == SAMPLED]
    assert (rule["ExpirationInDays"], rule["NoncurrentVersionExpiration"]["NoncurrentDays"]) == (7, 1)


def test_the_runs_table_is_what_the_store_expects(deployed: Deployed) -> None:
    table = deployed.one("AWS::DynamoDB::Table", TableName=f"rft-{deployed.environment}-runs").properties
    assert table["KeySchema"] == [{"AttributeName": TableKey.PK, "KeyType": "HASH"}]
    assert table["BillingMode"] == "PAY_PER_REQUEST"
    assert table["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}
    assert table["TimeToLiveSpecification"] == {"AttributeName": TableKey.EXPIRES_AT, "Enabled": True}
    assert table["SSESpecification"]["SSEType"] == "KMS"
    assert "DataKey" in table["SSESpecification"]["KMSMasterKeyId"]
    indexes = {
        index["IndexName"]: [key["AttributeName"] for key in index["KeySchema"]]
        for index in table["GlobalSecondaryIndexes"]
    }
    assert indexes == {
        TableIndex.BY_START: [TableKey.KIND, TableKey.STARTED_AT],
        TableIndex.BY_JOB: [TableKey.JOB_ARN, TableKey.STARTED_AT],
    }
    assert all(index["Projection"] == {"ProjectionType": "ALL"} for index in table["GlobalSecondaryIndexes"])


@pytest.mark.parametrize("kind", ["AWS::S3::Bucket", "AWS::DynamoDB::Table", "AWS::KMS::Key"])
def test_production_keeps_its_data_when_stacks_go(prod: Deployed, dev: Deployed, kind: str) -> None:
    assert {resource.raw["DeletionPolicy"] for resource in prod.of(kind)} == {"Retain"}
    assert {resource.raw["DeletionPolicy"] for resource in dev.of(kind)} == {"Delete"}
