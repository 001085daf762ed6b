"""Asking models many prompts at once, within a function's time."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from time import perf_counter
from typing import Any, Final

from msgspec import Struct

from rft.aws import clients
from rft.errors import EvaluationIncomplete
from rft.evaluation.answers import answer_text

THREADS: Final = 6  # connections of one function; the workflow's concurrency multiplies them
RESERVE_SECONDS: Final = 30.0  # for grading and writing after the last answer


class Answer(Struct, frozen=True, kw_only=True):
    """What a model answered, perhaps nothing, and how long it took."""

    text: str
    seconds: float


def ask_all(requests: Sequence[dict[str, Any]], remaining_seconds: Callable[[], float]) -> list[Answer]:
    """Return the answers to Converse requests (with ``modelId``), in their order.

    The client slows down by itself when Bedrock throttles. What is still to ask when the function's time runs out is
    not asked.

    Raises:
        EvaluationIncomplete: the time is up; the message names the fix.
        ClientError: Bedrock refused a request; throttling that the client's retries did not outlast among them.

    """

    def ask(request: dict[str, Any]) -> Answer:
        if remaining_seconds() < RESERVE_SECONDS:
            raise EvaluationIncomplete(
                f"the models answered too slowly to ask {len(requests)} questions in the function's time; "
                "lower workflow.evaluation_batch, or evaluation_concurrency if Bedrock throttles"
            )
        began = perf_counter()
        response = clients.bedrock_runtime().converse(**request)
        return Answer(text=answer_text(response), seconds=perf_counter() - began)

    with ThreadPoolExecutor(THREADS) as pool:
        futures = [pool.submit(ask, request) for request in requests]
        try:
            return [future.result() for future in futures]
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise
