"""The hop over loopback counts as TLS, so that policies which deny plain HTTP can stay in force."""

from ministack import app
from ministack.core import iam_evaluator

from local.emulator.guard import replace


def apply() -> None:
    """Tell the policy evaluator that requests arrive encrypted."""
    pin = iam_evaluator.pin_request_origin

    def pin_as_tls(source_ip: str, secure_transport: bool) -> None:
        pin(source_ip, True)

    replace(iam_evaluator, "pin_request_origin", pin_as_tls)
    if hasattr(app, "pin_request_origin"):
        replace(app, "pin_request_origin", pin_as_tls)
