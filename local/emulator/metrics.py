"""Metrics that functions print in embedded metric format, and those that Step Functions emits, reach CloudWatch."""

import json
import logging
from datetime import datetime
from typing import Any

from ministack.services import cloudwatch, lambda_svc, stepfunctions

from local.emulator.guard import replace

log = logging.getLogger(__name__)
STATUS_METRICS = {
    "RUNNING": "ExecutionsStarted",
    "SUCCEEDED": "ExecutionsSucceeded",
    "FAILED": "ExecutionsFailed",
    "TIMED_OUT": "ExecutionsTimedOut",
    "ABORTED": "ExecutionsAborted",
}


def apply() -> None:
    """Read function logs for metrics, and count executions."""
    emit_logs = lambda_svc._emit_lambda_logs
    emit_status = stepfunctions._emit_execution_status_event

    def emit_logs_and_metrics(func: Any, request_id: str, text: str, *rest: Any, **options: Any) -> Any:
        for line in (text or "").splitlines():
            if line.startswith("{") and '"_aws"' in line:
                record(line)
        return emit_logs(func, request_id, text, *rest, **options)

    def emit_status_and_metrics(execution: dict[str, Any]) -> None:
        count(execution)
        emit_status(execution)

    replace(lambda_svc, "_emit_lambda_logs", emit_logs_and_metrics)
    replace(stepfunctions, "_emit_execution_status_event", emit_status_and_metrics)


def record(line: str) -> None:
    """Put the metrics of one log line into CloudWatch; a line that is no metric document is left to the log."""
    try:
        document = json.loads(line)
        directives = document["_aws"]["CloudWatchMetrics"]
    except (ValueError, KeyError, TypeError):
        log.warning("a log line looked like a metric document and is none: %.200s", line)
        return
    for directive in directives:
        for names in directive.get("Dimensions") or [[]]:
            dimensions = {name: str(document.get(name)) for name in names}
            for metric in directive.get("Metrics", []):
                values = document.get(metric["Name"])
                for value in values if isinstance(values, list) else [values]:
                    unit = metric.get("Unit", "None")
                    cloudwatch.record_metric(directive["Namespace"], metric["Name"], value, unit, dimensions)


def count(execution: dict[str, Any]) -> None:
    """Count an execution's change of status under AWS/States."""
    machine = {"StateMachineArn": execution["stateMachineArn"]}
    cloudwatch.record_metric("AWS/States", STATUS_METRICS[execution["status"]], 1, "Count", machine)
    if execution["status"] != "RUNNING" and execution.get("stopDate"):
        started, stopped = (
            datetime.fromisoformat(execution[key].replace("Z", "+00:00")) for key in ("startDate", "stopDate")
        )
        milliseconds = (stopped - started).total_seconds() * 1000
        cloudwatch.record_metric("AWS/States", "ExecutionTime", milliseconds, "Milliseconds", machine)
