"""Honest answers made from a record: the right ones in every usual form, and wrong ones in the same forms.

Nothing is drawn: the same records give the same answers.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from rft.calibration.rules import PLACE
from rft.names import digest
from rft.rewards.sample import read_reference, read_text

Record = Mapping[str, Any]

LEAD: Final = "I work it out step by step.\n"
TEXT_FORMS: Final = (
    f"{LEAD}#### {PLACE}",
    PLACE,
    f"The answer is {PLACE}.",
    f"Answer: {PLACE}",
    f"\\boxed{{{PLACE}}}",
    f"<answer>{PLACE}</answer>",
    f"{LEAD}<answer>\n{PLACE}\n</answer>",
)
OBJECT_FORMS: Final = (PLACE, f"```json\n{PLACE}\n```", f"Here is the object:\n{PLACE}")
CORES: Final = ("final_answer", "answer", "label", "value")  # keys under which a reference object holds a text
TEXTS: Final = ("chosen", "answer")  # where records hold a good answer written out


def prompt_of(record: Record) -> str:
    """Return a record's prompt: the text of all its messages."""
    return "\n".join(read_text(message.get("content")) for message in record["messages"])


def right_answers(record: Record, forms: Sequence[str] = ()) -> list[str]:
    """Return a record's good answers: those it holds written out, then its reference in every form; may be none.

    A rated answer is no good one by itself and is left out.
    """
    held = [record.get(name) for name in TEXTS if name == "chosen" or record.get("rating") is None]
    texts = [text for text in held if isinstance(text, str) and text.strip()]
    return list(dict.fromkeys([*texts, *_written(reference_of(record), forms)]))


def wrong_answers(record: Record, others: Sequence[Record], forms: Sequence[str] = ()) -> list[str]:
    """Return bad answers in good forms: the rejected one, another record's reference, and a number that is near.

    ``others`` are the records of the same task; the first one behind a place of the record's own that has another
    reference lends it.
    """
    own = reference_of(record)
    found = [record["rejected"]] if isinstance(record.get("rejected"), str) and not record.get("tie") else []
    for other in _lenders(record, others):
        lent = reference_of(other)
        if lent is not None and own is not None and _plain(lent) != _plain(own):
            found += _written(lent, forms)
            break
    if (near := _near(own, record)) is not None:
        found += _written(near, forms)
    right = set(right_answers(record, forms))
    return [text for text in dict.fromkeys(found) if text not in right]


def reference_of(record: Record) -> Any:
    """Return a record's reference without its wrappings, None if it has none."""
    return read_reference(record.get("reference_answer"))


def values_of(reference: Any) -> list[str]:
    """Return what a reference says, as texts: itself, or the values of its fields, without empty ones."""
    if isinstance(reference, dict):
        return [text for value in reference.values() for text in values_of(value)]
    if isinstance(reference, list):
        return [text for value in reference for text in values_of(value)]
    text = _plain(reference) if reference is not None and not isinstance(reference, bool) else ""
    return [text] if text.strip() else []


def _written(reference: Any, forms: Sequence[str]) -> list[str]:
    if reference is None:
        return []
    if isinstance(reference, (dict, list)):
        core = (
            next((reference[key] for key in CORES if key in reference), None) if isinstance(reference, dict) else None
        )
        whole = [form.replace(PLACE, _plain(reference)) for form in (*forms, *OBJECT_FORMS)]
        return whole + (_written(core, forms) if isinstance(core, (str, int, float)) else [])
    return [form.replace(PLACE, _plain(reference)) for form in (*forms, *TEXT_FORMS)]


def _plain(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _lenders(record: Record, others: Sequence[Record]) -> Iterator[Record]:
    start = int(digest(record["id"]), 16) % max(len(others), 1)
    return (others[(start + step) % len(others)] for step in range(len(others)))


def _near(reference: Any, record: Record) -> Any:
    """Return a number near the reference's, None if it is no number."""
    if isinstance(reference, dict):
        key = next((key for key in CORES if key in reference), None)
        near = _near(reference[key], record) if key is not None else None
        return None if near is None else {**reference, key: near}
    if reference is None or isinstance(reference, (bool, list)):
        return None
    plain = _plain(reference).replace(",", "").strip()
    if not re.fullmatch(r"-?\d{1,15}(\.\d{1,15})?", plain):
        return None
    shift = 1 + int(digest(record["id"]), 16) % 9
    return str(int(plain) + shift) if "." not in plain else f"{float(plain) + shift:g}"
