"""HTTP on loopback: Bedrock's rest-json, Service Quotas' JSON protocol, and the admin interface."""

import json
import sys
import traceback
import urllib.parse
import uuid
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from local.bedrock import admin
from local.bedrock.errors import ServiceError
from local.bedrock.protocol import parse, render, route
from local.bedrock.service import Bedrock

Answer = tuple[int, dict[str, str], bytes]
JSON = {"Content-Type": "application/json"}


class Server(ThreadingHTTPServer):
    """Serves one Bedrock on 127.0.0.1."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, bedrock: Bedrock, port: int) -> None:
        self.bedrock = bedrock
        super().__init__(("127.0.0.1", port), Handler)


class Handler(BaseHTTPRequestHandler):
    """One connection."""

    protocol_version = "HTTP/1.1"
    server: Server

    def _serve(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        status, headers, content = respond(self.server.bedrock, self.command, self.path, self.headers, body)
        self.send_response(status)
        for name, value in {**headers, "x-amzn-RequestId": str(uuid.uuid4())}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _serve

    def log_message(self, format: str, *args: Any) -> None:
        """Stay quiet; the emulator's log has the requests."""


def respond(bedrock: Bedrock, method: str, target: str, headers: Any, body: bytes) -> Answer:
    """Return status, headers and body for any request; an unexpected error becomes an InternalServerException."""
    address = urllib.parse.urlsplit(target)
    try:
        if address.path.startswith("/_local/"):
            found = admin.answer(bedrock, method, address.path, body)
            return (404, JSON, b"{}") if found is None else (200, JSON, json.dumps(found).encode())
        if address.path == "/_service-quotas":
            action = headers.get("x-amz-target", "").split(".")[-1]
            return (
                200,
                {"Content-Type": "application/x-amz-json-1.1"},
                json.dumps(bedrock.quotas.answer(action, json.loads(body or b"{}"))).encode(),
            )
        service, operation, path = route(method, address.path)
        params = parse(operation, path, address.query, headers, body)
        answer = bedrock.answer(service, operation, params, headers.get("x-rft-principal", ""))
        return render(operation, answer)
    except ServiceError as error:
        return _failed(error.status, error.code, error.message)
    except Exception as error:
        traceback.print_exc(file=sys.stderr)
        return _failed(500, "InternalServerException", f"{type(error).__name__}: {error}")


def _failed(status: int, code: str, message: str) -> Answer:
    body = json.dumps({"__type": code, "message": message}).encode()
    return status, {**JSON, "x-amzn-errortype": code}, body
