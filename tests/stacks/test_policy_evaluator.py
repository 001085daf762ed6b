import pytest

from tests.stacks.policy import Policies, Request, allowed

ROLE = "arn:aws:iam::111111111111:role/r"
GET = Request(
    principal=ROLE, action="s3:GetObject", resource="arn:aws:s3:::b/datasets/x", context={"aws:SecureTransport": "true"}
)
ALLOW_GET = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/datasets/*"}
TLS_ONLY = {
    "Effect": "Deny",
    "Principal": {"AWS": "*"},
    "Action": "s3:*",
    "Resource": ["arn:aws:s3:::b", "arn:aws:s3:::b/*"],
    "Condition": {"Bool": {"aws:SecureTransport": "false"}},
}
ROOT_KEY = {
    "Effect": "Allow",
    "Principal": {"AWS": "arn:aws:iam::111111111111:root"},
    "Action": "kms:*",
    "Resource": "*",
}
DECRYPT = Request(
    principal=ROLE, action="kms:Decrypt", resource="arn:k", context={"kms:ViaService": "s3.us-east-1.amazonaws.com"}
)
ALLOW_DECRYPT = {
    "Effect": "Allow",
    "Action": ["kms:Decrypt"],
    "Resource": "arn:k",
    "Condition": {"StringEquals": {"kms:ViaService": "s3.us-east-1.amazonaws.com"}},
}


@pytest.mark.parametrize(
    ("request_", "policies", "expected"),
    [
        (GET, Policies(identity=[]), False),
        (GET, Policies(identity=[ALLOW_GET]), True),
        (GET, Policies(identity=[ALLOW_GET], resource=[TLS_ONLY]), True),
        (GET, Policies(identity=[ALLOW_GET], endpoint=[]), False),
        (GET, Policies(identity=[ALLOW_GET], endpoint=[{**ALLOW_GET, "Principal": "*"}]), True),
        (GET, Policies(identity=[], resource=[{**ALLOW_GET, "Principal": {"AWS": ROLE}}]), True),
        (GET, Policies(identity=[{**ALLOW_GET, "Resource": "arn:aws:s3:::b/training/*"}]), False),
        (DECRYPT, Policies(identity=[ALLOW_DECRYPT], key=[ROOT_KEY]), True),
        (DECRYPT, Policies(identity=[ALLOW_DECRYPT], key=[]), False),
        (DECRYPT, Policies(identity=[], key=[ROOT_KEY]), False),
    ],
)
def test_policies_are_evaluated_together(request_: Request, policies: Policies, expected: bool) -> None:
    assert allowed(request_, policies) is expected


def test_a_deny_wins_over_every_allow() -> None:
    plain = Request(principal=ROLE, action=GET.action, resource=GET.resource, context={"aws:SecureTransport": "false"})
    assert not allowed(plain, Policies(identity=[ALLOW_GET], resource=[TLS_ONLY]))


def test_a_condition_on_a_missing_key_does_not_hold() -> None:
    direct = Request(principal=ROLE, action="kms:Decrypt", resource="arn:k")
    assert not allowed(direct, Policies(identity=[ALLOW_DECRYPT], key=[ROOT_KEY]))


def test_what_it_does_not_understand_it_refuses() -> None:
    strange = {**ALLOW_GET, "Condition": {"NumericLessThan": {"aws:SecureTransport": "5"}}}
    with pytest.raises(ValueError, match="NumericLessThan"):
        allowed(GET, Policies(identity=[strange]))
    with pytest.raises(ValueError, match="NotAction"):
        allowed(GET, Policies(identity=[{"Effect": "Allow", "NotAction": "s3:*", "Resource": "*"}]))
