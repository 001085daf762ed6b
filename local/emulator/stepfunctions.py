"""Executions call functions with their role, fail by class name, keep their end, and time out."""

import contextvars
import json
import threading
from typing import Any

from ministack.services import lambda_svc, stepfunctions

from local.emulator.guard import replace
from local.emulator.identity import role_may

Failure = stepfunctions._ExecutionError
TOKEN_MACHINES: dict[str, str] = {}  # also of tokens that were returned: a late return is authorised, then refused
current: contextvars.ContextVar[dict[str, Any] | None] = contextvars.ContextVar("execution", default=None)


def apply() -> None:
    """Install the patches."""
    replace(stepfunctions, "_call_lambda", call_function)
    replace(stepfunctions, "_invoke_with_callback", wait_for_token)
    _keep_ends()
    _time_out()


def call_function(reference: str, event: Any) -> Any:
    """Invoke a function as the execution's role.

    Raises:
        Failure: named by the error's class, throttling as ``Lambda.TooManyRequestsException``.

    """
    record, config, name = lambda_svc._get_func_record_for_ref(reference)
    if not record or not config:
        raise Failure("Lambda.ResourceNotFoundException", f"Function not found: {name}")
    _authorise(reference, config)
    outcome = lambda_svc._execute_function_with_config_scope(
        lambda_svc._execution_record_for_config(record, config), event
    )
    if outcome.get("throttle"):
        raise Failure("Lambda.TooManyRequestsException", "Rate Exceeded. (Service: Lambda, Status Code: 429)")
    body = outcome.get("body")
    if outcome.get("error"):
        kind = body.get("errorType", "Lambda.Unknown") if isinstance(body, dict) else "Lambda.Unknown"
        lambda_svc._emit_lambda_metrics(config["FunctionName"], 0, True, False)
        raise Failure(kind, json.dumps(body) if isinstance(body, dict) else str(body))
    lambda_svc._emit_lambda_metrics(config["FunctionName"], 1, False, False)
    return body


def _authorise(reference: str, config: dict[str, Any]) -> None:
    execution = current.get()
    if execution is None:
        return
    machine = stepfunctions._state_machines.get(execution["stateMachineArn"].split("/")[0]) or {}
    role = machine.get("roleArn", "")
    resource = reference if reference.startswith("arn:") else config["FunctionArn"]
    if not role_may(role, "lambda:InvokeFunction", resource):
        who = role.rsplit("/", 1)[-1]
        message = f"User: {who} is not authorized to perform: lambda:InvokeFunction on resource: {resource}"
        raise Failure("Lambda.AccessDeniedException", message)


def wait_for_token(resource: str, data: dict[str, Any], token: str, state: dict[str, Any]) -> Any:
    """Call the function, then wait until somebody returns the token; a function that raises fails the task."""
    returned = threading.Event()
    execution = current.get()
    waiting = {"event": returned, "result": None, "error": None, "heartbeat": None}
    if execution is not None:
        TOKEN_MACHINES[token] = execution["stateMachineArn"]
    stepfunctions._task_tokens[token] = waiting
    try:
        reference = stepfunctions._resolve_lambda_function_ref(data["FunctionName"], optimized=True)
        call_function(reference, data.get("Payload"))
        left = float(_number(state.get("TimeoutSeconds", 99_999)))
        while not returned.wait(timeout=min(0.2, left)):
            left -= 0.2
            if execution is not None and execution["status"] != "RUNNING":
                raise Failure("States.TaskFailed", "the execution has ended")
            if left <= 0:
                raise Failure("States.Timeout", "Task timed out waiting for its token")
        answer = stepfunctions._task_tokens[token]
    finally:
        stepfunctions._task_tokens.pop(token, None)
    if answer["error"]:
        raise Failure(answer["error"].get("Error", "TaskFailed"), answer["error"].get("Cause", ""))
    return json.loads(answer["result"]) if isinstance(answer["result"], str) else answer["result"]


def _number(value: Any) -> Any:
    return stepfunctions._apply_jsonata_template(value, {}, {}) if isinstance(value, str) else value


def _keep_ends() -> None:
    """An execution that was aborted or timed out stays so, whatever its last task does."""
    fail = stepfunctions._fail_execution

    def fail_once(execution: dict[str, Any], error: str, cause: str) -> None:
        if execution["status"] == "RUNNING":
            fail(execution, error, cause)
            execution["output"] = None

    replace(stepfunctions, "_fail_execution", fail_once)


def _time_out() -> None:
    """TimeoutSeconds of the machine ends an execution as TIMED_OUT; and executions know themselves."""
    run = stepfunctions._run_execution

    def run_with_limit(arn: str) -> None:
        execution = stepfunctions._executions[arn]
        current.set(execution)
        machine = stepfunctions._state_machines.get(execution["stateMachineArn"]) or {}
        limit = json.loads(machine.get("definition", "{}")).get("TimeoutSeconds")
        timer = None
        if limit:
            timer = threading.Timer(limit, contextvars.copy_context().run, (_expire, execution))
            timer.daemon = True
            timer.start()
        try:
            run(arn)
        finally:
            if timer:
                timer.cancel()

    replace(stepfunctions, "_run_execution", run_with_limit)


def _expire(execution: dict[str, Any]) -> None:
    if execution["status"] != "RUNNING":
        return
    execution.update(status="TIMED_OUT", stopDate=stepfunctions.now_iso(), error="States.Timeout")
    stepfunctions._add_event(
        execution, "ExecutionTimedOut", {"executionTimedOutEventDetails": {"error": "States.Timeout"}}
    )
    stepfunctions._emit_execution_status_event(execution)
