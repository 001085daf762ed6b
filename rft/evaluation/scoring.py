"""Records and answers in, scores out: the event as Bedrock would send it to the grader, and the check of its answer."""

from collections.abc import Sequence
from typing import Any

from rft.errors import GraderBroken
from rft.rewards.contract import check_answer

SHOWN = 3  # problems that a message names


def grader_event(records: Sequence[dict[str, Any]], answers: Sequence[str]) -> list[dict[str, Any]]:
    """Return the grader's event for one answer to each record.

    Bedrock's user guide shows reference and extra keys in ``metadata``, AWS's sample graders read the reference at
    top level; both are given, so that a plain handler of either kind works.
    """
    return [_item(record, answer) for record, answer in zip(records, answers, strict=True)]


def read_scores(event: Sequence[dict[str, Any]], answer: Any) -> dict[str, float]:
    """Return each record's score from what the grader answered to ``event``.

    Raises:
        GraderBroken: the answer breaks Bedrock's contract; the message quotes the first problems.

    """
    problems = check_answer(list(event), answer)
    if problems:
        more = f" and {len(problems) - SHOWN} more" if len(problems) > SHOWN else ""
        raise GraderBroken(f"the grader's answer breaks Bedrock's contract: {'; '.join(problems[:SHOWN])}{more}")
    return {entry["id"]: float(entry["aggregate_reward_score"]) for entry in answer}


def _item(record: dict[str, Any], answer: str) -> dict[str, Any]:
    item = {
        "id": record["id"],
        "messages": [*record["messages"], {"role": "assistant", "content": answer}],
        "metadata": {name: value for name, value in record.items() if name not in ("id", "messages")},
    }
    if "reference_answer" in record:
        item["reference_answer"] = record["reference_answer"]
    return item
