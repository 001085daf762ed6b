"""Bodies that Bedrock stored apart from their log entry, because they have over 100 KB: which, and how to put them in.

Source: Bedrock user guide, model-invocation-logging: ``input.inputBodyS3Path`` and ``output.outputBodyS3Path`` name
objects, packed with gzip, that hold one JSON value.
"""

from collections.abc import Mapping
from typing import Any, Final

import msgspec

from rft.datasets.sources import window as windows
from rft.datasets.sources.compression import Broken, Source, unpacked

SIDES: Final = ("input", "output")
_parts = msgspec.json.Decoder(dict[str, msgspec.Raw])
_NO_LINE_FEEDS: Final = bytes.maketrans(b"\r\n", b"  ")


class BodyUnusable(Exception):
    """A body that stands apart cannot be put in, and why."""


def is_apart(part: Any, side: str) -> bool:
    """Return whether the body of a side of an entry stands apart."""
    return isinstance(part, dict) and part.get(f"{side}BodyJson") is None and bool(part.get(f"{side}BodyS3Path"))


def bodies_apart(record: bytes) -> dict[str, str]:
    """Return the S3 URIs of the bodies that an entry of a log lacks, by side."""
    if b"BodyS3Path" not in record:
        return {}
    value = msgspec.json.decode(record)
    return {
        side: str(value[side][f"{side}BodyS3Path"])
        for side in SIDES
        if isinstance(value, dict) and is_apart(value.get(side), side)
    }


def read_body(stream: Source) -> bytes:
    """Return the JSON text of a body, plain or packed, on one line.

    Raises:
        BodyUnusable: it is no JSON, packed wrongly, or longer than a record may be.

    """
    text = bytearray()
    try:
        for piece in unpacked(stream):
            text += piece
            if len(text) > windows.MAX_ITEM:
                raise BodyUnusable(f"it has more than {windows.MAX_ITEM:,} bytes")
        msgspec.json.decode(text)
    except Broken as broken:
        raise BodyUnusable(str(broken)) from None
    except (msgspec.MsgspecError, ValueError, RecursionError):
        raise BodyUnusable("it is no JSON") from None
    return bytes(text).translate(_NO_LINE_FEEDS)


def put_in(record: bytes, bodies: Mapping[str, bytes | BodyUnusable]) -> bytes:
    """Return an entry with its bodies, by side, or with the reason why one is lacking; all else stays byte for byte.

    The path stays as well: it says where the body came from.
    """
    entry = _parts.decode(record)
    for side, body in bodies.items():
        part = _parts.decode(entry[side])
        if isinstance(body, BodyUnusable):
            part[f"{side}BodyError"] = msgspec.Raw(msgspec.json.encode(str(body)))
        else:
            part[f"{side}BodyJson"] = msgspec.Raw(body)
        entry[side] = msgspec.Raw(msgspec.json.encode(part))
    return msgspec.json.encode(entry)
