"""Acknowledgements of cdk-nag findings: one finding, one reason, next to the construct."""

import aws_cdk as cdk
from constructs import IConstruct


def acknowledge(construct: IConstruct, finding: str, reason: str) -> None:
    """Accept one finding of the AwsSolutions pack on a construct and what is below it.

    ``finding`` is a rule (``AwsSolutions-S1``) or a granular finding (``AwsSolutions-IAM5[Resource::*]``).
    """
    cdk.Validations.of(construct).acknowledge(cdk.Acknowledgment(id=f"AwsSolutions::{finding}", reason=reason))


def acknowledge_wildcard(construct: IConstruct, resource: str, reason: str) -> None:
    """Accept that a policy names a resource by a pattern."""
    acknowledge(construct, f"AwsSolutions-IAM5[Resource::{resource}]", reason)
