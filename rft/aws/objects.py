"""S3 objects: streamed in, written whole, read by byte range. All that the project does with S3 goes through here."""

import io
from collections.abc import Iterable, Iterator
from itertools import groupby
from pathlib import Path
from typing import Any, BinaryIO, Final, TypeVar
from urllib.parse import urlencode

import msgspec
from botocore.exceptions import ClientError, IncompleteReadError, ReadTimeoutError, ResponseStreamingError

from rft.aws import clients
from rft.aws.refusals import not_found
from rft.errors import RftError
from rft.json_text import json_text
from rft.keys import OBJECT_KIND, QUARANTINE_KIND

T = TypeVar("T")

BROKEN_STREAM: Final = (IncompleteReadError, ReadTimeoutError, ResponseStreamingError)
ATTEMPTS: Final = 4
BUFFER: Final = 1 << 18  # bytes
_TYPES: Final = {"jsonl": "application/x-ndjson", "json": "application/json", "html": "text/html; charset=utf-8"}


class _Download(io.RawIOBase):
    """The body of one object version; a connection that breaks is taken up again where it broke."""

    def __init__(self, bucket: str, key: str, version_id: str | None) -> None:
        self._which: dict[str, Any] = {"Bucket": bucket, "Key": key}
        if version_id:
            self._which["VersionId"] = version_id
        self._position = 0
        self._broken = 0
        self._body = clients.s3().get_object(**self._which)["Body"]

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        while True:
            try:
                data: bytes = self._body.read(len(buffer))
            except BROKEN_STREAM:
                self._broken += 1
                if self._broken == ATTEMPTS:
                    raise
                self._body = clients.s3().get_object(**self._which, Range=f"bytes={self._position}-")["Body"]
                continue
            buffer[: len(data)] = data
            self._position += len(data)
            return len(data)

    def close(self) -> None:
        if not self.closed:
            self._body.close()
        super().close()


def open_object(bucket: str, key: str, version_id: str | None = None) -> BinaryIO:
    """Return an object's bytes as a stream; ``version_id`` pins a version. Close it, or use ``with``.

    Raises:
        ClientError: no such object (``NoSuchKey``), no such version, or no permission.

    """
    return io.BufferedReader(_Download(bucket, key, version_id), BUFFER)


def read_lines(bucket: str, key: str) -> Iterator[bytes]:
    r"""Yield the lines of one of our own JSONL objects, each with its ``\n``."""
    with open_object(bucket, key) as stream:
        yield from stream


def get_bytes(bucket: str, key: str) -> bytes:
    """Return a small object whole.

    Raises:
        ClientError: no such object (``NoSuchKey``) or no permission.

    """
    return clients.s3().get_object(Bucket=bucket, Key=key)["Body"].read()


def get_range(bucket: str, key: str, start: int, end: int) -> bytes:
    """Return the bytes from ``start`` up to, but without, ``end``."""
    if end <= start:
        raise ValueError(f"empty byte range {start} to {end} of {key}")
    return clients.s3().get_object(Bucket=bucket, Key=key, Range=f"bytes={start}-{end - 1}")["Body"].read()


def get_json(bucket: str, key: str, kind: type[T]) -> T:
    """Return an object that ``put_json`` wrote.

    Raises:
        ClientError: no such object (``NoSuchKey``) or no permission.
        msgspec.ValidationError: the object is no ``kind``.

    """
    return msgspec.json.decode(get_bytes(bucket, key), type=kind)


def get_json_lines(bucket: str, key: str, kind: type[T]) -> list[T]:
    """Return the values of an object that ``put_json_lines`` wrote."""
    return msgspec.json.Decoder(kind).decode_lines(get_bytes(bucket, key))


def put_bytes(bucket: str, key: str, body: bytes, content_type: str = "application/octet-stream") -> None:
    """Write an object."""
    clients.s3().put_object(Bucket=bucket, Key=key, Body=body, ContentType=content_type)


def put_json(bucket: str, key: str, value: Any) -> None:
    """Write a value as JSON for people as well: indented, keys in the order of their definition."""
    put_bytes(bucket, key, json_text(value), "application/json")


def put_json_lines(bucket: str, key: str, values: list[Any]) -> None:
    """Write values as JSON, one a line."""
    put_bytes(bucket, key, msgspec.json.Encoder().encode_lines(values), "application/x-ndjson")


def put_file(bucket: str, key: str, path: Path, content_type: str = "application/x-ndjson") -> None:
    """Write a local file (at most 5 GB, S3's limit of one PutObject)."""
    with path.open("rb") as stream:
        clients.s3().put_object(Bucket=bucket, Key=key, Body=stream, ContentType=content_type, **_tagging(key))


def put_new(bucket: str, key: str, body: bytes | Path) -> bool:
    """Write an object that never changes once it is there; return False if it was there already.

    What it is shows in the end of its key.

    Raises:
        ClientError: no permission, or others write the same key at this moment, again and again.

    """
    for attempt in range(ATTEMPTS):
        try:
            with io.BytesIO(body) if isinstance(body, bytes) else body.open("rb") as stream:
                kind = _TYPES[key.rsplit(".", 1)[-1]]
                clients.s3().put_object(
                    Bucket=bucket, Key=key, Body=stream, ContentType=kind, IfNoneMatch="*", **_tagging(key)
                )
        except ClientError as error:
            status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode")
            if status == 412:
                return False
            if status != 409 or attempt == ATTEMPTS - 1:
                raise
        else:
            break
    return True


def exists(bucket: str, key: str) -> bool:
    """Return whether an object is there. Needs ``s3:ListBucket`` as well: S3 answers 403 for 404 without it."""
    try:
        clients.s3().head_object(Bucket=bucket, Key=key)
    except ClientError as error:
        if error.response.get("ResponseMetadata", {}).get("HTTPStatusCode") == 404:
            return False
        raise
    return True


def _tagging(key: str) -> dict[str, Any]:
    """Return the tag by which a quarantine is forgotten as soon as the dropped file whose lines it holds."""
    return {"Tagging": urlencode({OBJECT_KIND: QUARANTINE_KIND})} if key.endswith("/quarantine.jsonl") else {}


def list_keys(bucket: str, prefix: str) -> Iterator[str]:
    """Yield the keys that begin with ``prefix``, in S3's order."""
    for key, _ in list_sizes(bucket, prefix):
        yield key


def list_sizes(bucket: str, prefix: str) -> Iterator[tuple[str, int]]:
    """Yield the keys that begin with ``prefix``, in S3's order, each with its object's bytes.

    Raises:
        ClientError: no such bucket (``NoSuchBucket``) or no permission.

    """
    for page in clients.s3().get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix):
        for item in page.get("Contents", []):
            yield item["Key"], item["Size"]


def versions_below(bucket: str, prefix: str) -> Iterator[tuple[str, list[str]]]:
    """Yield each key that begins with ``prefix`` and the ids of its object's versions, delete markers left out."""
    pages = clients.s3().get_paginator("list_object_versions").paginate(Bucket=bucket, Prefix=prefix)
    items = (item for page in pages for item in page.get("Versions", []))
    for key, found in groupby(items, key=lambda item: item["Key"]):  # S3 lists the versions of a key together
        yield key, [item["VersionId"] for item in found]


def delete_versions(bucket: str, key: str, versions: Iterable[str]) -> None:
    """Delete versions of an object for good; what is gone already is no error."""
    for version in versions:
        clients.s3().delete_object(Bucket=bucket, Key=key, VersionId=version)


def empty(bucket: str) -> int:
    """Delete all versions of all objects; return how many there were: 0 if there is no such bucket.

    Raises:
        RftError: S3 kept some objects; the message holds the first one's reason.
        ClientError: no permission.

    """
    count = 0
    try:
        for page in clients.s3().get_paginator("list_object_versions").paginate(Bucket=bucket):
            doomed: list[Any] = [
                {"Key": item["Key"], "VersionId": item["VersionId"]}
                for item in [*page.get("Versions", []), *page.get("DeleteMarkers", [])]
            ]
            if doomed:  # a page holds at most 1,000, as many as one request deletes
                answer = clients.s3().delete_objects(Bucket=bucket, Delete={"Objects": doomed, "Quiet": True})
                for error in answer.get("Errors", []):
                    raise RftError(f"{bucket}: S3 kept {error.get('Key')}: {error.get('Message')}")
            count += len(doomed)
    except ClientError as error:
        if not not_found(error):
            raise
    return count


def is_empty(bucket: str) -> bool:
    """Return whether a bucket holds no version of anything, or is not there."""
    try:
        page = clients.s3().list_object_versions(Bucket=bucket, MaxKeys=1)
    except ClientError as error:
        if not_found(error):
            return True
        raise
    return not (page.get("Versions") or page.get("DeleteMarkers"))
