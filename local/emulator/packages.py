"""Code and layers are unpacked and compiled once, not for every process that runs them.

MiniStack unpacks a function's code, and a copy of each of its layers, for each worker: some 200 MB that Python compiles
anew. While a worker starts, it gets a tiny package instead, whose one file says where the shared copy is; our worker
puts that on its path. As on AWS, nobody may write into it.
"""

import hashlib
import io
import os
import shutil
import tempfile
import threading
import zipfile
from pathlib import Path
from typing import Any

from ministack.core import lambda_runtime
from ministack.services import lambda_svc

from local.emulator.guard import replace

SHARED = "rft-shared-package"  # the name that local/emulator/worker.py looks for, which cannot be imported
_starting = threading.local()
_lock = threading.Lock()
_pointers: dict[str, bytes] = {}  # ARN of a layer version, which never changes -> the tiny layer


def apply() -> None:
    """Let starting workers share code and layers."""
    spawn = lambda_runtime.Worker._spawn
    resolve = lambda_svc._resolve_layer_zip

    def spawn_with_shared_packages(worker: Any) -> Any:
        code = worker.code_zip
        _starting.now = True
        try:
            with _lock:
                worker.code_zip = _pointer(_unpacked(code))
            return spawn(worker)
        finally:
            worker.code_zip = code
            _starting.now = False

    def resolve_shared(reference: Any) -> bytes | None:
        if not getattr(_starting, "now", False):
            found: bytes | None = resolve(reference)
            return found
        arn = reference if isinstance(reference, str) else reference.get("Arn", "")
        with _lock:
            if arn not in _pointers and (data := resolve(reference)):
                _pointers[arn] = _pointer(_unpacked(data))
        return _pointers.get(arn)

    replace(lambda_runtime.Worker, "_spawn", spawn_with_shared_packages)
    replace(lambda_svc, "_resolve_layer_zip", resolve_shared)


def _unpacked(data: bytes) -> Path:
    """Return the folder of a package's contents: where other emulators find it too, or in this one's private folder."""
    root = Path(os.environ.get("RFT_LOCAL_PACKAGES") or tempfile.gettempdir())
    folder = root / f"rft-package-{hashlib.sha256(data).hexdigest()[:16]}"
    if not folder.exists():
        scratch = Path(tempfile.mkdtemp(prefix="rft-package-new-", dir=root))
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            archive.extractall(scratch)
        try:
            scratch.rename(folder)
        except OSError:  # another emulator was quicker
            shutil.rmtree(scratch)
    return folder


def _pointer(folder: Path) -> bytes:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as packed:
        packed.writestr(SHARED, str(folder))
    return archive.getvalue()
