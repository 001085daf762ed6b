"""Faults that tests inject: what goes wrong, how often, and for whom."""

import threading
from typing import Literal

import msgspec


class Fault(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """One fault. ``times`` counts down; ``name`` restricts it to resources whose name contains the text."""

    kind: Literal[
        "refuse",  # an operation answers with `code`
        "job_fails",  # a job ends as Failed with `message`
        "job_hangs",  # a job trains until it is stopped
        "event_lost",  # a job's event is not sent
        "event_doubled",  # a job's event is sent twice
        "deployment_fails",  # a deployment ends as Failed with `message`
        "deployment_slow",  # a deployment stays Creating for `seconds`
        "update_fails",  # an in-place update ends as UpdateFailed
        "throughput_slow",  # provisioned throughput stays Creating for `seconds`
    ]
    operation: str = ""
    code: str = "ThrottlingException"
    message: str = "injected fault"
    name: str = ""
    seconds: float = 0.0
    times: int = 1


class Faults:
    """The faults in force."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._faults: list[Fault] = []

    def put(self, faults: list[Fault]) -> None:
        """Add faults to those in force."""
        with self._lock:
            self._faults.extend(faults)

    def clear(self) -> None:
        """Remove all faults."""
        with self._lock:
            self._faults.clear()

    def take(self, kind: str, *, operation: str = "", name: str = "") -> Fault | None:
        """Use up one turn of the first fault that fits, and return it."""
        with self._lock:
            for fault in self._faults:
                fits = fault.kind == kind and fault.operation in ("", operation) and fault.name in name
                if fits and fault.times > 0:
                    fault.times -= 1
                    return fault
        return None
