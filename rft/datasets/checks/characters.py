"""Control characters in texts: invisible, often the trace of a broken export, and learned by the model all the same."""

import re
from typing import Final

from rft.datasets.items import Example

# C0 but tab, line feed and carriage return; DEL; C1. Unicode 16, general category Cc.
_CONTROL: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
# In JSON they are escapes, or DEL, or the two bytes of C1; a backslash before the b is a backslash of the text's own,
# which is looked at too.
_TRACES: Final = (b"\\u00", b"\\b", b"\\f", b"\x7f")


def possible(raw: bytes) -> bool:
    """Return whether a record's JSON may hold control characters; most records surely do not."""
    return any(trace in raw for trace in _TRACES) or not raw.isascii()


def control_character(example: Example) -> str | None:
    """Return the first control character of a record's texts and where it stands, in words; None if there is none."""
    texts: list[tuple[str, str | None]] = [
        (f"the {message['role']} message", message["content"]) for message in example.messages
    ]
    texts += [
        ("the reference answer", example.reference_answer if isinstance(example.reference_answer, str) else None),
        ("the chosen answer", example.chosen),
        ("the rejected answer", example.rejected),
        ("the answer", example.answer),
    ]
    for where, text in texts:
        if text is not None and (found := _CONTROL.search(text)):
            return f"{where} has the control character U+{ord(found[0]):04X} at character {found.start() + 1}"
    return None
