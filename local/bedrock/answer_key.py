"""The private key to right answers: prompt to reference, read from dataset versions and never from a request."""

import hashlib
import json
import threading
import time
from typing import Any

from local.bedrock.access import Account

RELIST_SECONDS = 1.0


def text_of(content: Any) -> str:
    """Return the text of a message's content: a string, or a list of text parts."""
    if isinstance(content, str):
        return content
    if isinstance(content, list):
        return "\n".join(part.get("text", "") for part in content if isinstance(part, dict))
    return ""


def prompt_of(messages: list[dict[str, Any]]) -> str:
    """Return a conversation as one text, system messages first."""
    ordered = [m for m in messages if m.get("role") == "system"] + [m for m in messages if m.get("role") != "system"]
    return "\n".join(text_of(message.get("content")) for message in ordered)


class AnswerKey:
    """Looks references up by prompt; lists the files again when it meets an unknown prompt."""

    def __init__(self, account: Account) -> None:
        self._account = account
        self._lock = threading.Lock()
        self._read: set[tuple[str, str, str]] = set()
        self._references: dict[bytes, Any] = {}
        self._listed = 0.0

    def reference(self, prompt: str) -> Any:
        """Return the reference of a prompt, or None if no dataset version holds it."""
        digest = _digest(prompt)
        with self._lock:
            if digest not in self._references and time.monotonic() - self._listed > RELIST_SECONDS:
                self._refresh()
            return self._references.get(digest)

    def _refresh(self) -> None:
        for bucket, key, etag in self._account.answer_keys():
            if (bucket, key, etag) in self._read:
                continue
            for line in self._account.open_answer_key(bucket, key).splitlines():
                record = json.loads(line)
                reference = record.get("reference_answer", record.get("chosen"))  # what people chose is right
                if reference is not None:
                    self._references.setdefault(_digest(prompt_of(record["messages"])), reference)
            self._read.add((bucket, key, etag))
        self._listed = time.monotonic()


def _digest(prompt: str) -> bytes:
    return hashlib.sha256(prompt.encode()).digest()[:16]
