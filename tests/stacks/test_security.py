import json

from tests.stacks.assembly import Deployed, listed

ENCRYPTED_BY = {
    "AWS::Logs::LogGroup": "KmsKeyId",
    "AWS::SNS::Topic": "KmsMasterKeyId",
    "AWS::SQS::Queue": "KmsMasterKeyId",
}


def test_keys_rotate_and_say_what_they_are_for(deployed: Deployed) -> None:
    aliases = {
        alias.properties["TargetKeyId"]: alias.properties["AliasName"] for alias in deployed.of("AWS::KMS::Alias")
    }
    prefix = f"alias/rft-{deployed.environment}-"
    assert sorted(aliases.values()) == [prefix + name for name in ("data", "model", "operations")]
    for key in deployed.of("AWS::KMS::Key"):
        assert key.properties["EnableKeyRotation"] is True
        assert deployed.environment in key.properties["Description"]


def test_key_policies_delegate_to_iam_and_name_services_with_conditions(deployed: Deployed) -> None:
    for key in deployed.of("AWS::KMS::Key"):
        for statement in key.properties["KeyPolicy"]["Statement"]:
            principal = statement["Principal"]
            if "AWS" in principal:
                assert principal == {"AWS": f"arn:aws:iam::{deployed.account}:root"}
            else:
                assert "OperationsKey" in key.logical_id
                assert statement["Condition"], key.logical_id
                assert "kms:*" not in listed(statement["Action"])


def test_logs_use_the_key_for_our_log_groups_only(deployed: Deployed) -> None:
    key = next(key for key in deployed.of("AWS::KMS::Key") if "OperationsKey" in key.logical_id)
    statement = next(
        s for s in key.properties["KeyPolicy"]["Statement"] if "logs." in str(s["Principal"].get("Service"))
    )
    patterns = listed(statement["Condition"]["ArnLike"]["kms:EncryptionContext:aws:logs:arn"])
    for group in deployed.of("AWS::Logs::LogGroup"):
        name = group.properties["LogGroupName"]
        assert any(f"log-group:{name}".startswith(p.split(":", 5)[5].rstrip("*")) for p in patterns), name


def test_logs_topics_and_queues_are_encrypted(deployed: Deployed) -> None:
    for resource in deployed.of(*ENCRYPTED_BY):
        assert "OperationsKey" in resource.properties[ENCRYPTED_BY[resource.type]], resource.logical_id


def test_logs_are_kept_as_long_as_the_settings_say(deployed: Deployed) -> None:
    groups = deployed.of("AWS::Logs::LogGroup")
    assert {group.properties["RetentionInDays"] for group in groups} == {90}


def test_queue_and_topic_take_tls_only(deployed: Deployed) -> None:
    for policy in deployed.of("AWS::SQS::QueuePolicy", "AWS::SNS::TopicPolicy"):
        denies = [s for s in policy.properties["PolicyDocument"]["Statement"] if s["Effect"] == "Deny"]
        assert [s["Condition"] for s in denies] == [{"Bool": {"aws:SecureTransport": "false"}}]


def test_everything_is_tagged_with_its_environment(deployed: Deployed) -> None:
    for kind in ("AWS::Lambda::Function", "AWS::S3::Bucket", "AWS::KMS::Key", "AWS::StepFunctions::StateMachine"):
        for resource in deployed.of(kind):
            tags = {tag["Key"]: tag["Value"] for tag in resource.properties["Tags"]}
            assert tags["rft:environment"] == deployed.environment, resource.logical_id


def test_stacks_say_what_they_are(deployed: Deployed) -> None:
    for part, template in deployed.templates.items():
        assert template["Description"].startswith(f"bedrock-rft {deployed.environment}: "), part
    parts = {"security", "data", "training", "operations"}
    assert set(deployed.templates) - {"network"} == parts


def test_no_secret_like_value_is_in_a_template(deployed: Deployed) -> None:
    text = json.dumps([template["Resources"] for template in deployed.templates.values()]).lower()
    for word in ("password", "secret", "akia"):
        assert word not in text
