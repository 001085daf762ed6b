"""Service Quotas for Bedrock: the values that the control plane enforces."""

from typing import Any

from local.bedrock.errors import ServiceError
from local.bedrock.options import aws_defaults
from local.bedrock.store import ACCOUNT, REGION, Store

NAMES = {
    "L-82EE9228": "(Model customization) Sum of training and validation records for an Amazon Nova 2 Lite job",
    "L-CB5B847D": "(Model customization) Total number of custom models per account",
    "L-430C95DD": "(Model customization) Total number of custom model deployments in progress",
    "L-1EF80F3E": "(Model customization) Total number of custom model deployments",
    "L-BE77399C": "Model units, with no commitments, across provisioned models",
}


class Quotas:
    """GetServiceQuota, GetAWSDefaultServiceQuota and ListServiceQuotas."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def answer(self, action: str, params: dict[str, Any]) -> dict[str, Any]:
        """Answer one request of the JSON protocol."""
        if params.get("ServiceCode") != "bedrock":
            raise ServiceError("NoSuchResourceException", "The local Bedrock serves the quotas of bedrock only")
        if action == "ListServiceQuotas":
            return {"Quotas": [self._quota(code, self._store.options.quotas) for code in NAMES]}
        values = aws_defaults() if action == "GetAWSDefaultServiceQuota" else self._store.options.quotas
        return {"Quota": self._quota(params.get("QuotaCode", ""), values)}

    def _quota(self, code: str, values: dict[str, float]) -> dict[str, Any]:
        if code not in NAMES:
            raise ServiceError("NoSuchResourceException", f"No quota {code}")
        return {
            "ServiceCode": "bedrock",
            "ServiceName": "Amazon Bedrock",
            "QuotaArn": f"arn:aws:servicequotas:{REGION}:{ACCOUNT}:bedrock/{code}",
            "QuotaCode": code,
            "QuotaName": NAMES[code],
            "Value": float(values[code]),
            "Unit": "None",
            "Adjustable": True,
            "GlobalQuota": False,
        }
