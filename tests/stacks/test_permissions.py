"""Every permission that AWS documents for customization jobs, models, keys and endpoints, for who needs it.

Rows follow the documentation (custom-model-job-access-security, rft-access-security, encryption-custom-job,
vpc-interface-endpoints, deploy-custom-model-on-demand), not our grants. Each row is evaluated with every policy on its
way, and again without the grant: then it must be denied.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import pytest

from rft.keys import Step
from rft.names import function_name, service_role_name
from tests.stacks.assembly import LOG_BUCKET, LOG_KEY, Deployed, key_arn, listed, statements
from tests.stacks.policy import Policies, Request, Statement, allowed

SERVICE_ROLE = "service role"
BASE = "amazon.nova-2-lite-v1:0:256k"
BASELINE = "amazon.nova-2-lite-v1:0"


@dataclass(frozen=True)
class Row:
    """A permission: who needs it, on what; ``via`` is the service through which a key is used."""

    principal: str
    action: str
    resource: str
    via: str = ""
    context: dict[str, str] = field(default_factory=dict)


def _rows() -> Iterator[Row]:
    # 5.1 the service role
    yield Row(SERVICE_ROLE, "s3:GetObject", "{datasets}/datasets/arithmetic/0123456789ab/train.jsonl")
    yield Row(SERVICE_ROLE, "s3:GetObject", "{datasets}/datasets/arithmetic/0123456789ab/validation.jsonl")
    yield Row(SERVICE_ROLE, "s3:GetObject", "{datasets}/datasets/arithmetic/0123456789ab/demonstrations-01.jsonl")
    yield Row(SERVICE_ROLE, "s3:ListBucket", "{datasets}")
    yield Row(SERVICE_ROLE, "s3:ListBucket", "{artefacts}")
    yield Row(SERVICE_ROLE, "s3:GetObject", "{artefacts}/training/arithmetic/x/metrics.csv")
    yield Row(SERVICE_ROLE, "s3:PutObject", "{artefacts}/training/arithmetic/x/metrics.csv")
    yield Row(SERVICE_ROLE, "s3:PutObject", "{artefacts}/training/.write_access_check_file.tmp")
    yield Row(SERVICE_ROLE, "lambda:InvokeFunction", "{grader}")
    yield Row(SERVICE_ROLE, "lambda:InvokeFunction", "{grader}:1")
    yield Row(SERVICE_ROLE, "lambda:InvokeFunction", "{grader}:arithmetic-0123456789ab")
    yield Row(SERVICE_ROLE, "kms:Decrypt", "{data_key}", "s3")
    yield Row(SERVICE_ROLE, "kms:GenerateDataKey", "{data_key}", "s3")
    # 5.3 the model's key: who customises, and who deploys or invokes
    for action in ("kms:Decrypt", "kms:GenerateDataKey", "kms:DescribeKey", "kms:CreateGrant"):
        yield Row(SERVICE_ROLE, action, "{model_key}", "bedrock")
        yield Row(Step.LAUNCH_TRAINING, action, "{model_key}", "bedrock")
    for step in (Step.DEPLOY_CANDIDATE, Step.PROMOTE, Step.EVALUATE_BATCH):
        yield Row(step, "kms:Decrypt", "{model_key}", "bedrock")
    # 5.4 the callers
    for resource in (
        f"{{bedrock_aws}}foundation-model/{BASE}",
        "{bedrock}custom-model/x",
        "{bedrock}model-customization-job/x",
    ):
        yield Row(Step.LAUNCH_TRAINING, "bedrock:CreateModelCustomizationJob", resource)
    yield Row(Step.LAUNCH_TRAINING, "bedrock:TagResource", "{bedrock}model-customization-job/x")
    for action in ("s3:GetObject", "s3:PutObject"):
        yield Row(Step.LAUNCH_TRAINING, action, "{datasets}/datasets/arithmetic/0123456789ab/demonstrations-01.jsonl")
    yield Row(Step.LAUNCH_TRAINING, "bedrock:TagResource", "{bedrock}custom-model/x")
    yield Row(
        Step.LAUNCH_TRAINING, "iam:PassRole", "{service_role}", "", {"iam:PassedToService": "bedrock.amazonaws.com"}
    )
    for step in (Step.LAUNCH_TRAINING, Step.CHECK_TRAINING, Step.CLEAN_UP):
        yield Row(step, "bedrock:GetModelCustomizationJob", "{bedrock}model-customization-job/x")
    for step in (Step.CHECK_TRAINING, Step.CLEAN_UP):
        yield Row(step, "bedrock:StopModelCustomizationJob", "{bedrock}model-customization-job/x")
    yield Row(Step.CHECK_TRAINING, "cloudwatch:GetMetricData", "*")
    for step in (Step.DEPLOY_CANDIDATE, Step.PROMOTE):
        yield Row(step, "bedrock:CreateCustomModelDeployment", "{bedrock}custom-model/x")
        yield Row(step, "bedrock:CreateCustomModelDeployment", "{bedrock}custom-model-deployment/x")
        yield Row(step, "bedrock:GetCustomModelDeployment", "{bedrock}custom-model-deployment/x")
        yield Row(step, "bedrock:ListCustomModelDeployments", "*")
        yield Row(step, "bedrock:TagResource", "{bedrock}custom-model-deployment/x")
    yield Row(Step.PROMOTE, "bedrock:TagResource", "{bedrock}provisioned-model/x")
    yield Row(Step.PROMOTE, "bedrock:UpdateCustomModelDeployment", "{bedrock}custom-model-deployment/x")
    for step in (Step.RETIRE, Step.CLEAN_UP, Step.RECONCILER):
        yield Row(step, "bedrock:DeleteCustomModelDeployment", "{bedrock}custom-model-deployment/x")
    yield Row(Step.PROMOTE, "bedrock:CreateProvisionedModelThroughput", "{bedrock}custom-model/x")
    for step in (Step.CLEAN_UP, Step.RECONCILER):
        yield Row(step, "bedrock:DeleteProvisionedModelThroughput", "{bedrock}provisioned-model/x")
    yield Row(Step.EVALUATE_BATCH, "bedrock:InvokeModel", "{bedrock}custom-model-deployment/x")
    for step in (Step.CALIBRATE, Step.EVALUATE_BATCH):  # the baseline: its profile, and the model where that may lead
        yield Row(step, "bedrock:InvokeModel", f"{{bedrock}}inference-profile/us.{BASELINE}")
        for region in ("us-east-1", "us-east-2", "us-west-2"):
            yield Row(step, "bedrock:InvokeModel", f"arn:aws:bedrock:{region}::foundation-model/{BASELINE}")
    # whether the base model, the baseline and the judges that tasks name can be asked, before anything is paid
    yield Row(Step.PREFLIGHT, "bedrock:GetFoundationModel", f"{{bedrock_aws}}foundation-model/{BASE}")
    yield Row(Step.PREFLIGHT, "bedrock:GetInferenceProfile", f"{{bedrock}}inference-profile/us.{BASELINE}")
    yield Row(Step.PREFLIGHT, "bedrock:GetFoundationModel", "{bedrock_aws}foundation-model/amazon.nova-lite-v1:0")
    yield Row(Step.PREFLIGHT, "bedrock:GetInferenceProfile", "{bedrock}inference-profile/us.amazon.nova-lite-v1:0")
    # 5.5 through the endpoints, beside the calls above
    yield Row(Step.VALIDATE_DATA, "s3:GetObjectVersion", "{intake}/incoming/arithmetic/file.jsonl")
    # invocation logs, of another account: the drop that names them, their objects, and what is drawn from them
    yield Row(Step.PLAN_LOGS, "s3:GetObjectVersion", "{intake}/incoming/arithmetic/app.logs.json")
    for step in (Step.PLAN_LOGS, Step.SAMPLE_BATCH, Step.VALIDATE_DATA):
        yield Row(step, "s3:ListBucket", "{logs}")
    for step in (Step.SAMPLE_BATCH, Step.VALIDATE_DATA):
        yield Row(step, "s3:GetObject", "{logs}/AWSLogs/444444444444/BedrockModelInvocationLogs/us-east-1/x.json.gz")
        yield Row(step, "kms:Decrypt", "{logs_key}", "s3")
    yield Row(Step.PLAN_LOGS, "s3:PutObject", "{artefacts}/runs/r/logs/plan.jsonl")
    yield Row(Step.SAMPLE_BATCH, "s3:GetObject", "{artefacts}/runs/r/logs/objects.jsonl")
    yield Row(Step.SAMPLE_BATCH, "s3:PutObject", "{intake}/sampled/arithmetic/r/0.jsonl")
    yield Row(Step.VALIDATE_DATA, "s3:GetObject", "{intake}/sampled/arithmetic/r/0.jsonl")
    yield Row(Step.VALIDATE_DATA, "s3:PutObject", "{datasets}/datasets/arithmetic/0123456789ab/train.jsonl")
    quarantine = "{datasets}/datasets/arithmetic/0123456789ab/quarantine.jsonl"
    yield Row(Step.VALIDATE_DATA, "s3:PutObjectTagging", quarantine)  # so that it goes with the dropped file
    yield Row(Step.PLAN_EVALUATION, "s3:PutObject", "{artefacts}/runs/r/evaluation/plan.jsonl")
    yield Row(Step.CALIBRATE, "s3:PutObject", "{artefacts}/runs/r/calibration.json")
    yield Row(Step.STARTER, "states:StartExecution", "{machine}")
    yield Row(Step.TRAINING_EVENT, "states:SendTaskSuccess", "{machine}")
    yield Row(Step.TRAINING_EVENT, "dynamodb:Query", "{table}/index/by-job")
    yield Row(Step.EVALUATE_BATCH, "lambda:InvokeFunction", "{grader}:arithmetic-0123456789ab")
    yield Row(Step.CHECK_GRADERS, "lambda:InvokeFunction", "{grader}:3")
    yield Row(Step.PREPARE_GRADER, "lambda:CreateAlias", "{grader}")
    yield Row(Step.PREPARE_GRADER, "s3:PutObject", "{artefacts}/runs/r/reward-model")
    yield Row(Step.PREPARE_GRADER, "s3:GetObject", "{artefacts}/runs/r/reward-model")
    yield Row(Step.PREPARE_GRADER, "s3:GetObject", "{datasets}/datasets/preferences/0123456789ab/train.jsonl")
    yield Row(Step.REPORT, "sns:Publish", "{topic}")
    yield Row(Step.PROMOTE, "ssm:PutParameter", "{champion}")
    for action in ("GetServiceQuota", "GetAWSDefaultServiceQuota"):
        yield Row(Step.PREFLIGHT, f"servicequotas:{action}", "*")
    for step in (
        Step.PLAN_LOGS,
        Step.SAMPLE_BATCH,
        Step.VALIDATE_DATA,
        Step.PREPARE_GRADER,
        Step.CALIBRATE,
        Step.PLAN_EVALUATION,
        Step.EVALUATE_BATCH,
        Step.GATE,
        Step.REPORT,
    ):
        yield Row(step, "kms:Decrypt", "{data_key}", "s3")
        yield Row(step, "kms:GenerateDataKey", "{data_key}", "s3")
    # a topic with a key of ours asks its publishers for both
    for step in (Step.STARTER, Step.REPORT, Step.RECONCILER, Step.CHECK_GRADERS):
        yield Row(step, "kms:Decrypt", "{operations_key}", "sns")
        yield Row(step, "kms:GenerateDataKey", "{operations_key}", "sns")
    yield Row(Step.VALIDATE_DATA, "dynamodb:UpdateItem", "{table}")
    for step in Step:
        if step is Step.CHECK_GRADERS:  # it looks at no run
            continue
        if step not in (Step.TRAINING_EVENT, Step.RECONCILER):  # they find runs through an index
            yield Row(step, "dynamodb:GetItem", "{table}")
        yield Row(step, "kms:Decrypt", "{data_key}", "dynamodb")


ROWS = list(_rows())


def _not_needed() -> Iterator[tuple[Row, str]]:
    """Yield what AWS documents and nobody of ours needs, and why; so nobody may."""
    for action in (  # 5.2
        "ec2:DescribeNetworkInterfaces",
        "ec2:DescribeVpcs",
        "ec2:DescribeDhcpOptions",
        "ec2:DescribeSubnets",
        "ec2:DescribeSecurityGroups",
        "ec2:CreateNetworkInterface",
        "ec2:CreateNetworkInterfacePermission",
        "ec2:DeleteNetworkInterface",
        "ec2:DeleteNetworkInterfacePermission",
        "ec2:CreateTags",
    ):
        yield Row(SERVICE_ROLE, action, "*"), "our jobs send no vpcConfig, so Bedrock makes no interfaces in a VPC"
    yield Row(SERVICE_ROLE, "s3:GetObject", "{logs}/x.json.gz"), "Bedrock trains on data sets, not on logs"
    for action in ("s3:PutObject", "s3:DeleteObject"):
        for step in Step:
            yield Row(step, action, "{logs}/x.json.gz"), "logs of others are read, never changed"
    yield Row(SERVICE_ROLE, "s3:PutObject", "{datasets}/datasets/x"), "Bedrock reads data sets and writes none"
    for step in Step:
        answer = "bedrock:InvokeModel"
        yield Row(step, answer, "{bedrock}provisioned-model/x"), "evaluation asks deployments; clients ask the champion"
        streaming = "bedrock:InvokeModelWithResponseStream"
        yield Row(step, streaming, "{bedrock}custom-model-deployment/x"), "scores need whole answers: no streaming"
        yield Row(step, "bedrock:CreateModelInvocationJob", "*"), "evaluation goes through Converse (ADR 0005)"


NOT_NEEDED = list(_not_needed())


def places(*, environment: str, account: str, region: str, keys: Mapping[str, str]) -> dict[str, str]:
    """Return the ARNs that the rows speak of, in one environment."""
    prefix = f"rft-{environment}"
    here = f"{region}:{account}"
    buckets = {role: f"arn:aws:s3:::{prefix}-{role}-{account}-{region}" for role in BUCKETS}
    return {
        **buckets,
        "logs": f"arn:aws:s3:::{LOG_BUCKET}",
        "logs_key": LOG_KEY,
        "grader": f"arn:aws:lambda:{here}:function:{prefix}-grader-arithmetic",
        "bedrock": f"arn:aws:bedrock:{here}:",
        "bedrock_aws": f"arn:aws:bedrock:{region}::",
        "service_role": f"arn:aws:iam::{account}:role/{service_role_name(prefix)}",
        "machine": f"arn:aws:states:{here}:stateMachine:{prefix}-training",
        "table": f"arn:aws:dynamodb:{here}:table/{prefix}-runs",
        "topic": f"arn:aws:sns:{here}:{prefix}-notifications",
        "champion": f"arn:aws:ssm:{here}:parameter/{prefix}/arithmetic/champion",
        **{f"{name}_key": arn for name, arn in keys.items()},
    }


def _places(deployed: Deployed) -> dict[str, str]:
    return places(
        environment=deployed.environment,
        account=deployed.account,
        region=deployed.region,
        keys={name: key_arn(deployed, name) for name in ("data", "model", "operations")},
    )


def context_of(row: Row, *, account: str, region: str) -> dict[str, str]:
    """Return the circumstances of a row's request."""
    through = {"kms:ViaService": f"{row.via}.{region}.amazonaws.com"} if row.via else {}
    return {"aws:SecureTransport": "true", "aws:PrincipalAccount": account, **row.context, **through}


BUCKETS = ("intake", "datasets", "artefacts")
ENDPOINT_OF = {"bedrock:InvokeModel": "bedrock-runtime", "cloudwatch:GetMetricData": "monitoring"}
NOT_CALLED = {"kms", "iam"}  # services check these when they act for the caller; no call of ours goes there


def _endpoint(deployed: Deployed, row: Row) -> list[Statement] | None:
    service = row.action.split(":")[0]
    if "network" not in deployed.templates or row.principal == SERVICE_ROLE or service in NOT_CALLED:
        return None
    name = f"com.amazonaws.{deployed.region}.{ENDPOINT_OF.get(row.action, service)}"
    document = deployed.one("AWS::EC2::VPCEndpoint", ServiceName=name).properties["PolicyDocument"]
    return list(document["Statement"])


def _resource_policy(deployed: Deployed, resource: str) -> list[Statement] | None:
    for policy in deployed.of("AWS::S3::BucketPolicy"):
        if resource.split("/")[0] == f"arn:aws:s3:::{policy.properties['Bucket']}":
            return list(policy.properties["PolicyDocument"]["Statement"])
    for policy in deployed.of("AWS::SNS::TopicPolicy"):
        if resource in policy.properties["Topics"]:
            return list(policy.properties["PolicyDocument"]["Statement"])
    return None


def _key_policy(deployed: Deployed, resource: str) -> list[Statement] | None:
    for key in deployed.of("AWS::KMS::Key"):
        if resource.endswith(f":key/{key.logical_id}"):
            return list(key.properties["KeyPolicy"]["Statement"])
    return None


def _question(deployed: Deployed, row: Row) -> tuple[Request, Policies]:
    prefix = f"rft-{deployed.environment}"
    role = service_role_name(prefix) if row.principal == SERVICE_ROLE else function_name(prefix, row.principal)
    resource = row.resource.format(**_places(deployed))
    context = context_of(row, account=deployed.account, region=deployed.region)
    request = Request(
        principal=f"arn:aws:iam::{deployed.account}:role/{role}", action=row.action, resource=resource, context=context
    )
    policies = Policies(
        identity=list(statements(deployed, role)),
        resource=_resource_policy(deployed, resource),
        key=_key_policy(deployed, resource),
        endpoint=_endpoint(deployed, row),
    )
    return request, policies


def _name(row: Row) -> str:
    return f"{row.principal}-{row.action}-{row.resource}-{row.via}".rstrip("-").replace("/", "_").replace(" ", "_")


@pytest.mark.parametrize("row", ROWS, ids=_name)
def test_who_needs_it_may(prod: Deployed, row: Row) -> None:
    request, policies = _question(prod, row)
    assert allowed(request, policies), f"{row}: denied"


@pytest.mark.parametrize("row", ROWS, ids=_name)
def test_without_its_grant_nobody_may(prod: Deployed, row: Row) -> None:
    request, policies = _question(prod, row)
    without = [statement for statement in policies.identity if request.action not in listed(statement["Action"])]
    stripped = Policies(identity=without, resource=policies.resource, key=policies.key, endpoint=policies.endpoint)
    assert not allowed(request, stripped), f"{row}: allowed without its grant"


@pytest.mark.parametrize(("row", "why"), NOT_NEEDED, ids=[_name(row) for row, _ in NOT_NEEDED])
def test_what_nobody_needs_nobody_may(prod: Deployed, row: Row, why: str) -> None:
    request, policies = _question(prod, row)
    assert not _may_by_identity(request, policies), f"{row}: granted, although {why}"


def _may_by_identity(request: Request, policies: Policies) -> bool:
    """Return whether the principal's own policy allows a request, whatever else denies it."""
    return allowed(request, Policies(identity=policies.identity))


@pytest.mark.parametrize("row", [row for row in ROWS if row.via], ids=_name)
def test_keys_are_used_through_their_service_only(prod: Deployed, row: Row) -> None:
    request, policies = _question(prod, row)
    direct = {key: value for key, value in request.context.items() if key != "kms:ViaService"}
    request = Request(principal=request.principal, action=request.action, resource=request.resource, context=direct)
    assert not allowed(request, policies), f"{row}: the key may be used directly"


def test_an_endpoint_lets_through_nobody_elses_principals(prod: Deployed) -> None:
    for row in ROWS:
        request, policies = _question(prod, row)
        if policies.endpoint is None:
            continue
        foreign = Request(
            principal=request.principal,
            action=request.action,
            resource=request.resource,
            context={**request.context, "aws:PrincipalAccount": "999999999999"},
        )
        assert not allowed(foreign, policies), f"{row}: the endpoint lets strangers through"


@pytest.mark.parametrize(
    ("account", "source", "expected"),
    [
        ("{account}", "arn:aws:bedrock:us-east-1:{account}:model-customization-job/nova/x", True),
        ("999999999999", "arn:aws:bedrock:us-east-1:{account}:model-customization-job/nova/x", False),
        ("{account}", "arn:aws:bedrock:us-east-1:{account}:evaluation-job/x", False),
        ("{account}", "arn:aws:bedrock:us-east-1:999999999999:model-customization-job/x", False),
    ],
)
def test_bedrock_assumes_the_service_role_for_our_jobs_only(
    prod: Deployed, account: str, source: str, expected: bool
) -> None:
    role = prod.one("AWS::IAM::Role", RoleName="rft-prod-bedrock-customization")
    request = Request(
        principal="bedrock.amazonaws.com",
        action="sts:AssumeRole",
        resource="",
        context={
            "aws:SourceAccount": account.format(account=prod.account),
            "aws:SourceArn": source.format(account=prod.account),
        },
    )
    trust = role.properties["AssumeRolePolicyDocument"]["Statement"]
    assert allowed(request, Policies(identity=[], resource=trust)) is expected
