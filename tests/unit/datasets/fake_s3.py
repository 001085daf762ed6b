"""S3 in memory, as far as ``rft.aws.objects`` speaks it: versions, ranges, conditional writes, broken streams."""

import io
from typing import Any

from botocore.exceptions import ClientError, IncompleteReadError


class Body:
    """A body that may break off before its end, once."""

    def __init__(self, data: bytes, breaks_at: int | None) -> None:
        self._stream = io.BytesIO(data)
        self._breaks_at = breaks_at
        self.closed = False

    def read(self, size: int = -1) -> bytes:
        if self._breaks_at is not None:
            if self._stream.tell() >= self._breaks_at:
                raise IncompleteReadError(actual_bytes=self._breaks_at, expected_bytes=-1)
            size = min(size if size >= 0 else 1 << 30, self._breaks_at - self._stream.tell())
        return self._stream.read(size)

    def close(self) -> None:
        self.closed = True


class FakeS3:
    """Objects by bucket, key and version."""

    def __init__(self) -> None:
        self.objects: dict[tuple[str, str], bytes] = {}
        self.versions: dict[tuple[str, str, str], bytes] = {}
        self.breaks: list[int] = []  # where the next bodies break
        self.conflicts = 0
        self.writes: list[str] = []

    def get_object(self, *, Bucket: str, Key: str, VersionId: str | None = None, Range: str | None = None) -> Any:  # noqa: N803
        data = self.versions[Bucket, Key, VersionId] if VersionId else self.objects.get((Bucket, Key))
        if data is None:
            raise failure("NoSuchKey", 404)
        if Range:
            start, _, end = Range.removeprefix("bytes=").partition("-")
            data = data[int(start) : int(end) + 1 if end else None]
        return {"Body": Body(data, self.breaks.pop(0) if self.breaks else None)}

    def put_object(self, **asked: Any) -> Any:
        place = (asked["Bucket"], asked["Key"])
        body = asked["Body"]
        if self.conflicts:
            self.conflicts -= 1
            raise failure("ConditionalRequestConflict", 409)
        if asked.get("IfNoneMatch") == "*" and place in self.objects:
            raise failure("PreconditionFailed", 412)
        self.objects[place] = body if isinstance(body, bytes) else body.read()
        self.writes.append(asked["Key"])
        return {}

    def head_object(self, *, Bucket: str, Key: str) -> Any:  # noqa: N803
        if (Bucket, Key) not in self.objects:
            raise failure("404", 404)
        return {}


def failure(code: str, status: int) -> ClientError:
    """Return an error as botocore raises it."""
    return ClientError({"Error": {"Code": code}, "ResponseMetadata": {"HTTPStatusCode": status}}, "S3")  # type: ignore[typeddict-item]
