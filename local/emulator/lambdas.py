"""Functions fail with AWS's error names, run with the host's Python, and see only their own packages."""

import contextvars
import os
import sys
import threading
from pathlib import Path
from typing import Any

from ministack.core import lambda_runtime
from ministack.services import lambda_svc

from local.emulator.guard import replace

WORKER = (Path(__file__).parent / "worker.py").read_text()
_last = threading.local()
_client_context: contextvars.ContextVar[str] = contextvars.ContextVar("client_context", default="")


def apply() -> None:
    """Install our worker and carry its failures through MiniStack's layers."""
    interpreter = os.environ.get("RFT_LOCAL_PYTHON", sys.executable)
    detect = lambda_runtime._detect_runtime_binary

    def choose(runtime: str) -> tuple[str, str]:
        if runtime.startswith("python"):
            return interpreter, WORKER
        binary, script = detect(runtime)
        return binary, script

    replace(lambda_runtime, "_detect_runtime_binary", choose)
    # MiniStack waits 50 ms for log lines that a quiet function never writes.
    replace(lambda_runtime.Worker._drain_stderr_bounded, "__defaults__", (0.010, 0.010, 0.250))
    _carry_failures()
    _carry_client_context()


def _carry_failures() -> None:
    invoke = lambda_runtime.Worker.invoke
    execute = lambda_svc._execute_function_warm

    def invoke_and_remember(worker: Any, event: Any, request_id: str, **details: Any) -> dict[str, Any]:
        # MiniStack hands "durable" through to the worker untouched; the caller's client context rides along.
        details["durable"] = {**(details.get("durable") or {}), "client_context": _client_context.get()}
        reply: dict[str, Any] = invoke(worker, event, request_id, **details)
        failed = reply.pop("failure", None) or _process_failure(worker, reply, request_id)
        _last.failure = failed and {**failed, "requestId": request_id}
        if failed:
            reply.update(status="error", error=failed["errorMessage"])
        return reply

    def execute_with_names(function: dict[str, Any], event: Any, request_id: str) -> dict[str, Any]:
        _last.failure = None
        outcome: dict[str, Any] = execute(function, event, request_id)
        if outcome.get("error") and _last.failure:
            outcome["body"] = _last.failure
        return outcome

    replace(lambda_runtime.Worker, "invoke", invoke_and_remember)
    replace(lambda_svc, "_execute_function_warm", execute_with_names)


def _carry_client_context() -> None:
    invoke = lambda_svc._invoke

    async def invoke_with_context(name: str, event: Any, headers: dict[str, str], *rest: Any) -> Any:
        _client_context.set(headers.get("x-amz-client-context", ""))
        return await invoke(name, event, headers, *rest)

    replace(lambda_svc, "_invoke", invoke_with_context)


def _process_failure(worker: Any, reply: dict[str, Any], request_id: str) -> dict[str, Any] | None:
    message = str(reply.get("error", ""))
    if message == "Worker process died":
        text = f"RequestId: {request_id} Error: Runtime exited with error: exit status 1"
        return {"errorType": "Runtime.ExitError", "errorMessage": text}
    if message.startswith("Task timed out"):
        seconds = float(worker.config.get("Timeout", 3))
        text = f"RequestId: {request_id} Error: Task timed out after {seconds:.2f} seconds"
        return {"errorType": "Sandbox.Timedout", "errorMessage": text}
    return None
