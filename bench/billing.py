"""What Lambda would bill for the calls of an embedded AWS, and prices of AWS's lists (us-east-1, Lambda on arm64)."""

import re
from typing import Any, Final

from msgspec import Struct

from local.embedded import EmbeddedAws

USD_PER_TRANSITION: Final = 0.025 / 1_000
USD_PER_GB_SECOND: Final = 0.0000133334
USD_PER_REQUEST: Final = 0.20 / 1_000_000
_REPORT: Final = re.compile(r"^REPORT .*Billed Duration: (\d+) ms\s+Memory Size: (\d+) MB")


class BilledCall(Struct, frozen=True):
    """One call of a function."""

    seconds: float
    gigabytes: float

    @property
    def gb_seconds(self) -> float:
        """Memory times time."""
        return self.seconds * self.gigabytes

    @property
    def usd(self) -> float:
        """The call's price."""
        return self.gb_seconds * USD_PER_GB_SECOND + USD_PER_REQUEST


def billed_calls(aws: EmbeddedAws, since_ms: int, prefix: str = "/aws/lambda/") -> list[BilledCall]:
    """Return the calls since a time whose log groups have a prefix, as Lambda's own log lines report them."""
    logs: Any = aws.client("logs")
    groups = [
        group["logGroupName"]
        for page in logs.get_paginator("describe_log_groups").paginate(logGroupNamePrefix=prefix)
        for group in page["logGroups"]
    ]
    lines = [
        event["message"]
        for group in groups
        for page in logs.get_paginator("filter_log_events").paginate(logGroupName=group, startTime=since_ms)
        for event in page["events"]
    ]
    reports = [found for line in lines if (found := _REPORT.match(line))]
    return [BilledCall(int(found[1]) / 1000, int(found[2]) / 1024) for found in reports]
