"""Events, CloudFormation types, Bedrock behind IAM, and what services do behind the scenes."""

import json
import urllib.error
import urllib.request
import uuid

import pytest
from botocore.exceptions import ClientError

pytestmark = pytest.mark.xdist_group("emulator")
ACCOUNT = "000000000000"


def call(probe, path, body=None):
    """Call an internal endpoint and return status and document."""
    request = urllib.request.Request(probe.aws.url + path, data=json.dumps(body or {}).encode(), method="POST")
    try:
        with urllib.request.urlopen(request) as answer:
            return answer.status, json.loads(answer.read() or b"{}")
    except urllib.error.HTTPError as error:
        return error.code, json.loads(error.read() or b"{}")


def test_object_events_name_the_version_and_reach_only_targets_that_let_them_in(probe):
    s3, events, functions, ssm = (probe.aws.client(name) for name in ("s3", "events", "lambda", "ssm"))
    s3.create_bucket(Bucket="probe-events")
    s3.put_bucket_versioning(Bucket="probe-events", VersioningConfiguration={"Status": "Enabled"})
    s3.put_bucket_notification_configuration(
        Bucket="probe-events", NotificationConfiguration={"EventBridgeConfiguration": {}}
    )
    source = (
        "import boto3, json\ndef handler(e, c): boto3.client('ssm').put_parameter(Name='/probe/' + c.function_name, "
        "Value=json.dumps(e['detail']['object']), Type='String', Overwrite=True)"
    )
    role = probe.role("lambda.amazonaws.com", {"Effect": "Allow", "Action": "ssm:PutParameter", "Resource": "*"})
    invited, stranger = probe.function(source, role=role), probe.function(source, role=role)
    pattern = {"source": ["aws.s3"], "detail": {"bucket": {"name": ["probe-events"]}}}
    rule = events.put_rule(Name="probe-objects", EventPattern=json.dumps(pattern))["RuleArn"]
    functions.add_permission(
        FunctionName=invited,
        StatementId="rule",
        Action="lambda:InvokeFunction",
        Principal="events.amazonaws.com",
        SourceArn=rule,
    )
    targets = [{"Id": "1", "Arn": invited}, {"Id": "2", "Arn": stranger}]
    events.put_targets(Rule="probe-objects", Targets=targets)
    version = s3.put_object(Bucket="probe-events", Key="incoming/a b+c.jsonl", Body=b"x")["VersionId"]

    def heard(function):
        names = [p["Name"] for p in ssm.describe_parameters()["Parameters"]]
        name = "/probe/" + function.rsplit(":", 1)[-1]
        return json.loads(ssm.get_parameter(Name=name)["Parameter"]["Value"]) if name in names else None

    item = probe.until(lambda: heard(invited), bool)
    assert item["version-id"] == version
    assert item["key"] == "incoming/a b+c.jsonl"
    assert heard(stranger) is None


def test_a_rule_starts_a_machine_only_with_its_role(probe):
    events, sfn = probe.aws.client("events"), probe.aws.client("stepfunctions")
    machine = probe.machine({"A": {"Type": "Succeed"}}, probe.role("states.amazonaws.com"), "A")
    may = probe.role(
        "events.amazonaws.com", {"Effect": "Allow", "Action": "states:StartExecution", "Resource": machine}
    )
    may_not = probe.role("events.amazonaws.com")

    def started():
        return len(sfn.list_executions(stateMachineArn=machine)["executions"])

    for name, role in (("denied", may_not), ("allowed", may)):
        events.put_rule(Name=f"probe-{name}", EventPattern=json.dumps({"source": [f"probe.{name}"]}))
        events.put_targets(Rule=f"probe-{name}", Targets=[{"Id": "1", "Arn": machine, "RoleArn": role}])
        events.put_events(Entries=[{"Source": f"probe.{name}", "DetailType": "t", "Detail": "{}"}])
    probe.until(started, bool)
    assert started() == 1, "the denied rule, whose event came first, started nothing"


def test_customers_may_not_speak_as_a_service_and_services_may(probe):
    entry = {"Source": "aws.bedrock", "DetailType": "t", "Detail": "{}"}
    answer = probe.aws.client("events").put_events(Entries=[entry])
    assert answer["Entries"][0]["ErrorCode"] == "NotAuthorizedForSourceException"
    assert call(probe, "/_rft/service/events", {"Entries": [entry]})[0] == 200


def test_a_service_assumes_a_role_only_within_its_trust(probe):
    source = f"arn:aws:bedrock:us-east-1:{ACCOUNT}:model-customization-job/x/1"
    condition = {
        "StringEquals": {"aws:SourceAccount": ACCOUNT},
        "ArnLike": {"aws:SourceArn": f"arn:aws:bedrock:us-east-1:{ACCOUNT}:model-customization-job/*"},
    }
    role = probe.role("bedrock.amazonaws.com", condition=condition)

    def assume(**changes):
        asked = {
            "service": "bedrock.amazonaws.com",
            "role_arn": role,
            "source_arn": source,
            "source_account": ACCOUNT,
            "session_name": "s",
        }
        return call(probe, "/_rft/service/assume-role", {**asked, **changes})[0]

    assert assume() == 200
    assert assume(service="lambda.amazonaws.com") == 403
    assert assume(source_account="111111111111") == 403
    assert assume(source_arn="arn:aws:bedrock:us-east-1:000000000000:evaluation-job/1") == 403
    assert assume(role_arn="arn:aws:iam::000000000000:role/none") == 403


BEDROCK = """
import boto3
def handler(e, c):
    service, operation, arguments = e
    try:
        getattr(boto3.client(service), operation)(**arguments)
    except Exception as error:
        return [type(error).__name__, str(error)]
    return ["ok", ""]
"""
RAIL = {
    "guardrailIdentifier": "localguardrail",
    "guardrailVersion": "1",
    "source": "OUTPUT",
    "content": [{"text": {"text": "Bake bread."}}],
}
ASK = {"messages": [{"role": "user", "content": [{"text": "2 plus 2?"}]}]}


@pytest.mark.parametrize(
    ("call_", "action", "resource"),
    [
        (["bedrock", "list_custom_models", {}], "bedrock:ListCustomModels", "*"),
        (
            ["bedrock-runtime", "converse", {"modelId": "us.amazon.nova-lite-v1:0", **ASK}],
            "bedrock:InvokeModel",
            f"arn:aws:bedrock:us-east-1:{ACCOUNT}:inference-profile/us.amazon.nova-lite-v1:0",
        ),
        (
            ["bedrock-runtime", "converse", {"modelId": "amazon.nova-lite-v1:0", **ASK}],
            "bedrock:InvokeModel",
            "arn:aws:bedrock:us-east-1::foundation-model/amazon.nova-lite-v1:0",
        ),
        (
            ["bedrock-runtime", "apply_guardrail", RAIL],
            "bedrock:ApplyGuardrail",
            f"arn:aws:bedrock:us-east-1:{ACCOUNT}:guardrail/localguardrail",
        ),
        (
            ["bedrock", "get_foundation_model", {"modelIdentifier": "amazon.nova-lite-v1:0"}],
            "bedrock:GetFoundationModel",
            "arn:aws:bedrock:us-east-1::foundation-model/amazon.nova-lite-v1:0",
        ),
        (
            ["service-quotas", "get_service_quota", {"ServiceCode": "bedrock", "QuotaCode": "L-BE77399C"}],
            "servicequotas:GetServiceQuota",
            "*",
        ),
    ],
)
def test_bedrock_is_behind_iam(probe, call_, action, resource):
    grant = {"Effect": "Allow", "Action": action, "Resource": resource}
    allowed = probe.function(BEDROCK, role=probe.role("lambda.amazonaws.com", grant))
    assert probe.invoke(allowed, call_) == ["ok", ""]
    kind, message = probe.invoke(probe.function(BEDROCK), call_)
    assert kind in ("AccessDeniedException", "ClientError")
    assert action in message


def test_a_job_needs_pass_role(probe):
    service_role = probe.role("bedrock.amazonaws.com")
    base = "arn:aws:bedrock:us-east-1::foundation-model/amazon.nova-2-lite-v1:0:256k"
    create = {"Effect": "Allow", "Action": "bedrock:CreateModelCustomizationJob", "Resource": base}
    name = f"probe-{uuid.uuid4().hex[:6]}"
    grader = {"lambdaGrader": {"lambdaArn": f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:none"}}
    request = {
        "jobName": name,
        "customModelName": name,
        "roleArn": service_role,
        "baseModelIdentifier": "amazon.nova-2-lite-v1:0:256k",
        "customizationType": "REINFORCEMENT_FINE_TUNING",
        "trainingDataConfig": {"s3Uri": "s3://probe-none/train.jsonl"},
        "outputDataConfig": {"s3Uri": "s3://probe-none/out/"},
        "customizationConfig": {"rftConfig": {"graderConfig": grader}},
    }
    asked = ["bedrock", "create_model_customization_job", request]
    denied = probe.invoke(probe.function(BEDROCK, role=probe.role("lambda.amazonaws.com", create)), asked)
    assert "iam:PassRole" in denied[1]
    passing = {
        "Effect": "Allow",
        "Action": "iam:PassRole",
        "Resource": service_role,
        "Condition": {"StringEquals": {"iam:PassedToService": "bedrock.amazonaws.com"}},
    }
    allowed = probe.function(BEDROCK, role=probe.role("lambda.amazonaws.com", create, passing))
    assert probe.invoke(allowed, asked) == ["ok", ""]


def test_the_types_that_our_stacks_need_are_there(probe):
    template = {
        "Resources": {
            "Vpc": {"Type": "AWS::EC2::VPC", "Properties": {"CidrBlock": "10.9.0.0/16"}},
            "Group": {
                "Type": "AWS::EC2::SecurityGroup",
                "Properties": {"GroupDescription": "g", "VpcId": {"Ref": "Vpc"}},
            },
            "In": {
                "Type": "AWS::EC2::SecurityGroupIngress",
                "Properties": {
                    "GroupId": {"Fn::GetAtt": ["Group", "GroupId"]},
                    "IpProtocol": "tcp",
                    "FromPort": 443,
                    "ToPort": 443,
                    "CidrIp": "10.9.0.0/16",
                },
            },
            "Out": {
                "Type": "AWS::EC2::SecurityGroupEgress",
                "Properties": {
                    "GroupId": {"Fn::GetAtt": ["Group", "GroupId"]},
                    "IpProtocol": "tcp",
                    "FromPort": 443,
                    "ToPort": 443,
                    "CidrIp": "10.9.0.0/16",
                },
            },
            "Logs": {
                "Type": "AWS::EC2::FlowLog",
                "Properties": {
                    "ResourceId": {"Ref": "Vpc"},
                    "ResourceType": "VPC",
                    "TrafficType": "ALL",
                    "LogGroupName": "flow",
                },
            },
            "Budget": {
                "Type": "AWS::Budgets::Budget",
                "Properties": {
                    "Budget": {
                        "BudgetName": "probe",
                        "BudgetType": "COST",
                        "TimeUnit": "MONTHLY",
                        "BudgetLimit": {"Amount": 5, "Unit": "USD"},
                    }
                },
            },
        }
    }
    cloudformation = probe.aws.client("cloudformation")
    cloudformation.create_stack(StackName="probe", TemplateBody=json.dumps(template))
    done = probe.until(
        lambda: cloudformation.describe_stacks(StackName="probe")["Stacks"][0],
        lambda stack: not stack["StackStatus"].endswith("IN_PROGRESS"),
    )
    assert done["StackStatus"] == "CREATE_COMPLETE", done
    assert probe.aws.client("ec2").describe_flow_logs()["FlowLogs"]
    budget = probe.aws.client("budgets").describe_budget(AccountId=ACCOUNT, BudgetName="probe")["Budget"]
    assert budget["BudgetLimit"]["Unit"] == "USD"
    cloudformation.delete_stack(StackName="probe")
    with pytest.raises(ClientError):
        probe.until(
            lambda: probe.aws.client("budgets").describe_budget(AccountId=ACCOUNT, BudgetName="probe"),
            lambda _: False,
            5,
        )


def test_tls_only_policies_let_the_loopback_hop_in(probe):
    s3 = probe.aws.client("s3")
    s3.create_bucket(Bucket="probe-tls")
    deny = {
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": ["arn:aws:s3:::probe-tls", "arn:aws:s3:::probe-tls/*"],
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }
    s3.put_bucket_policy(Bucket="probe-tls", Policy=json.dumps({"Version": "2012-10-17", "Statement": [deny]}))
    reader = {"Effect": "Allow", "Action": "s3:PutObject", "Resource": "arn:aws:s3:::probe-tls/*"}
    source = "import boto3\ndef handler(e, c): boto3.client('s3').put_object(Bucket='probe-tls', Key='a', Body=b'x')"
    assert probe.invoke(probe.function(source, role=probe.role("lambda.amazonaws.com", reader))) is None
