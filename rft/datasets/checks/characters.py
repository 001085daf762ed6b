"""Control characters in texts: invisible, often the trace of a broken export, and learned by the model all the same."""

import re
from typing import Final

from rft.datasets.items import Example

# C0 but tab, line feed and carriage return; DEL; C1. Unicode 16, general category Cc.
CONTROL: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")


def possible(raw: bytes) -> bool:
    """Return whether a record's JSON may hold control characters; most records surely do not."""
    if not raw.isascii() or b"\x7f" in raw:  # C1 has two bytes
        return True
    # A backslash before the b may be of the text's own: then it is looked at for nothing.
    return b"\\" in raw and (b"\\u00" in raw or b"\\b" in raw or b"\\f" in raw)


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
        if text is not None and (found := CONTROL.search(text)):
            return f"{where} has the control character U+{ord(found[0]):04X} at character {found.start() + 1}"
    return None
