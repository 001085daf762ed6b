"""The process in which a Python function runs: one JSON line in, one JSON line out.

MiniStack writes this file beside the unpacked code and starts it with the interpreter for functions. It must not import
anything of the project. First line in: how to find the handler. Then one line an invocation.
"""

import base64
import importlib
import json
import os
import sys
import time
import traceback
from typing import Any

SHARED = "rft-shared-package"  # a file in code or a layer that names the folder with its contents


class ClientContext:
    """What the caller passed beside the payload: ``custom`` is its mapping."""

    def __init__(self, document: dict[str, Any]) -> None:
        """Take the decoded document."""
        self.custom = document.get("custom", {})
        self.env = document.get("env", {})
        self.client = document.get("client")

    @classmethod
    def parse(cls, encoded: str | None) -> "ClientContext | None":
        """Return the context of a base64-encoded header, or None without one."""
        return cls(json.loads(base64.b64decode(encoded))) if encoded else None


class Context:
    """What a handler gets as its second argument."""

    identity = None

    def __init__(self, start: dict[str, Any], call: dict[str, Any]) -> None:
        """Take the function's facts from its environment and the invocation's from the call."""
        name = start.get("function_name", "")
        self.function_name = name
        self.function_version = os.environ.get("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST")
        self.memory_limit_in_mb = str(start.get("memory", 128))
        self.invoked_function_arn = call.get("invoked_function_arn") or start.get("arn", "")
        self.aws_request_id = call.get("request_id", "")
        self.log_group_name = os.environ.get("AWS_LAMBDA_LOG_GROUP_NAME", "/aws/lambda/" + name)
        self.log_stream_name = os.environ.get("AWS_LAMBDA_LOG_STREAM_NAME", "")
        self.client_context = ClientContext.parse((call.get("durable") or {}).get("client_context"))
        self._deadline = time.time() + call.get("timeout_ms", 3000) / 1000

    def get_remaining_time_in_millis(self) -> int:
        """Return the milliseconds until the function is stopped."""
        return max(0, int((self._deadline - time.time()) * 1000))


def shared(package: str) -> str:
    """Return the folder with a package's contents: another one if a file in it says so."""
    pointer = os.path.join(package, SHARED)
    if not os.path.exists(pointer):
        return package
    with open(pointer, encoding="utf-8") as file:
        return file.read()


def prepare_path(code: str) -> None:
    """Put code first, then layers, then what AWS's runtime brings; hide the interpreter's own packages."""
    own = os.path.dirname(os.path.abspath(__file__))
    kept = [place for place in sys.path if "site-packages" not in place and os.path.abspath(place) != own]
    layers = [shared(place) for place in os.environ.get("_LAMBDA_LAYERS_DIRS", "").split(os.pathsep) if place]
    runtime = [place for place in [os.environ.get("RFT_LOCAL_RUNTIME_SITE")] if place]
    sys.path[:] = [code, *(os.path.join(layer, "python") for layer in layers), *layers, *kept, *runtime]


def load(start: dict[str, Any]) -> tuple[Any, dict[str, Any]]:
    """Return the handler, or a function that fails as AWS's runtime does when there is none."""
    try:
        module = importlib.import_module(start["module"])
    except BaseException as error:
        kind = "Runtime.ImportModuleError" if isinstance(error, ImportError) else type(error).__name__
        return None, failure(kind, f"Unable to import module '{start['module']}': {error}", error)
    handler = getattr(module, start["handler"], None)
    if handler is None:
        message = f"Handler '{start['handler']}' missing on module '{start['module']}'"
        return None, failure("Runtime.HandlerNotFound", message, None)
    return handler, {}


def failure(kind: str, message: str, error: BaseException | None) -> dict[str, Any]:
    """Return an error the way Lambda reports it, and print it to the log."""
    trace = traceback.format_tb(error.__traceback__) if error is not None else []
    trace = [line for line in trace if "_worker.py" not in line]
    print(f"[ERROR] {kind}: {message}\n{''.join(trace)}", file=sys.stderr, flush=True)
    return {"errorMessage": message, "errorType": kind, "stackTrace": trace}


def answer(handler: Any, event: Any, context: Context) -> Any:
    """Run the handler once and return the line to send."""
    try:
        result = handler(event, context)
    except Exception as error:
        return {"status": "ok", "failure": failure(type(error).__name__, str(error), error)}
    try:
        return json.loads(json.dumps({"status": "ok", "result": result}))
    except (TypeError, ValueError) as error:
        return {
            "status": "ok",
            "failure": failure("Runtime.MarshalError", f"Unable to marshal response: {error}", None),
        }


def serve() -> None:
    """Speak the protocol until the other side closes."""
    out = sys.stdout
    sys.stdout = sys.stderr
    start = json.loads(sys.stdin.readline())
    code = shared(start["code_dir"])
    os.environ.update({"LAMBDA_TASK_ROOT": code, **start.get("env", {})})
    os.chdir(code)
    sys.dont_write_bytecode = False  # which the emulator's own process does not
    prepare_path(code)
    handler, broken = load(start)
    print(json.dumps({"status": "ready", "cold": True}), file=out, flush=True)
    for line in sys.stdin:
        message = json.loads(line)
        call = message.get("ctx") or {}
        if call.get("trace_id"):
            os.environ["_X_AMZN_TRACE_ID"] = call["trace_id"]
        if broken:
            print(json.dumps({"status": "ok", "failure": broken}), file=out, flush=True)
            return
        print(json.dumps(answer(handler, message["event"], Context(start, call))), file=out, flush=True)


serve()
