"""Component ``guardrail``: whether a guardrail of Bedrock lets an answer through."""

from __future__ import annotations

import hashlib
import re

from rft.rewards.bedrock import call
from rft.rewards.components.checks import between
from rft.rewards.errors import BadReward
from rft.rewards.judging.desk import Desk, Reply

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from typing import Any

    from rft.rewards.sample import Sample

CHARACTERS = 20_000  # of one request; the service's limit is 25 text units of 1,000 characters a second
PER_UNIT = 1000  # characters that a guardrail is billed for at once
INTERVENED = "GUARDRAIL_INTERVENED"
CALLS, ERRORS = "calls", "errors"
_ID = re.compile(r"[a-z0-9]+|arn:aws(-[^:]+)?:bedrock:[a-z0-9-]{1,20}:[0-9]{12}:guardrail/[a-z0-9]+")
_VERSION = re.compile(r"[1-9][0-9]{0,7}|DRAFT")


class Guardrail:
    """Asks a guardrail; see ``guardrail``."""

    notes = (CALLS, ERRORS)

    def __init__(self, *, identifier: str, version: str, max_calls: int, parallel: int, seconds: float) -> None:
        self._about = {"guardrailIdentifier": identifier, "guardrailVersion": version, "source": "OUTPUT"}
        self._parallel = parallel
        self._seconds = seconds
        self._desk = Desk(self._ask, name=f"guardrail {identifier}", parallel=parallel, max_calls=max_calls)

    def __call__(self, sample: Sample) -> float:
        """Return 1, or 0 if the guardrail intervenes in some part of the answer."""
        if not sample.answer.strip():
            return 0.0
        if any(reply is None for reply in self._replies(sample)):
            self.prepare([sample], None)
        return float(all(reply is not None and reply.value == 1.0 for reply in self._replies(sample)))

    def prepare(self, samples: Sequence[Sample], deadline: float | None) -> None:
        """Ask about all answers of an event at once."""
        self._desk.prepare({_key(piece): piece for one in samples for piece in _pieces(one.answer)}, deadline)

    def told(self, sample: Sample) -> dict[str, float]:
        """Return what was sent for an answer; of several equal answers the first one has it all."""
        taken = [reply.take() for reply in self._replies(sample) if reply is not None]
        return {
            CALLS: float(sum(calls for calls, _, _ in taken)),
            ERRORS: float(sum(errors for _, errors, _ in taken)),
        }

    def _replies(self, sample: Sample) -> list[Reply | None]:
        return [self._desk.reply(_key(piece)) for piece in _pieces(sample.answer)]

    def _ask(self, piece: str, spend: Callable[[], None]) -> Reply:
        spend()
        request: dict[str, Any] = {**self._about, "content": [{"text": {"text": piece}}]}
        response = call("apply_guardrail", request, seconds=self._seconds, parallel=self._parallel)
        errors = response.get("ResponseMetadata", {}).get("RetryAttempts", 0)
        return Reply(float(response["action"] != INTERVENED), calls=1, errors=errors)


def guardrail(
    *, guardrail_id: str, version: str = "DRAFT", max_calls: int = 2000, parallel: int = 16, seconds: float = 30.0
) -> Guardrail:
    """Return whether a guardrail lets an answer through, as it would be applied to a model's output.

    Range: 0 (it intervenes: blocks or masks) or 1. An answer without text has 0, and nobody is asked. Long answers are
    sent in pieces of 20,000 characters. Meant as a floor: ``weight = 0, floor = 1, cap = 0``.
    Source: Bedrock API, ApplyGuardrail.

    Raises:
        BadReward: a wrong setting.
        BedrockUnavailable: by the component, where the guardrail cannot be asked in time.

    """
    if _ID.fullmatch(guardrail_id) is None:
        raise BadReward(f"guardrail_id: {guardrail_id!r} is no guardrail's id (lower-case letters and digits) or ARN")
    if _VERSION.fullmatch(version) is None:
        raise BadReward(f'version: {version!r} is none; write a number such as "1", or "DRAFT"')
    between("max_calls", max_calls, 1, 100_000)
    between("parallel", parallel, 1, 64)
    between("seconds", seconds, 1, 300)
    return Guardrail(identifier=guardrail_id, version=version, max_calls=max_calls, parallel=parallel, seconds=seconds)


def _pieces(answer: str) -> Iterator[str]:
    """Yield an answer in pieces that can be sent, without blank ones."""
    text = answer.encode("utf-8", "replace").decode()
    for start in range(0, len(text), CHARACTERS):
        piece = text[start : start + CHARACTERS]
        if piece.strip():
            yield piece


def _key(piece: str) -> bytes:
    return hashlib.sha256(piece.encode()).digest()
