"""Patches fit one version of MiniStack; on another the adapter refuses to start."""

import sys
from importlib.metadata import PackageNotFoundError, version
from typing import Any

SUPPORTED = "1.5.33"


def check_version() -> None:
    """Exit with a message that names the fix unless the supported MiniStack is installed."""
    try:
        found = version("ministack")
    except PackageNotFoundError:
        sys.exit("MiniStack is not installed in this interpreter; run `make setup`")
    if found != SUPPORTED:
        sys.exit(f"MiniStack {found} is installed, the adapter fits {SUPPORTED} only; run `make setup`")


def replace(module: Any, name: str, value: Any) -> Any:
    """Put ``value`` in the place of ``module.name`` and return what was there.

    Raises:
        RuntimeError: there is nothing of that name, so the patch does not fit.

    """
    if not hasattr(module, name):
        raise RuntimeError(f"{module.__name__} has no {name}: the patch does not fit this MiniStack")
    original = getattr(module, name)
    setattr(module, name, value)
    return original
