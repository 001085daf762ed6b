"""The place of invocation logs, dropped in place of records: ``<name>.logs.json``."""

from datetime import date
from typing import Annotated, Final

import msgspec
from msgspec import Meta, Struct, field

from rft.datasets.items import Refused
from rft.datasets.limits import MAX_TRAIN_AND_VALIDATION, MIN_TRAIN
from rft.datasets.metadata_filter import MetadataFilter
from rft.datasets.sources import strict_json
from rft.errors import DatasetUnreadable

MAX_SOURCE: Final = 1 << 16  # bytes of the dropped file; a filter takes at most 8 KiB
MOST_RECORDS: Final = 50_000  # more than Bedrock takes, to make up for what curation leaves out
EXAMPLE: Final = '{"s3_uri": "s3://your-log-bucket/prefix"}'
# Bucket and, behind a slash, the beginning of the keys.
S3Uri = Annotated[str, Meta(pattern=r"\As3://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](/.*)?\Z", max_length=1024)]


class LogSource(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """Which logs, which of their entries, and how many of these at most."""

    s3_uri: S3Uri
    metadata_filter: MetadataFilter | None = None
    max_records: Annotated[int, Meta(ge=MIN_TRAIN, le=MOST_RECORDS)] = MAX_TRAIN_AND_VALIDATION
    first_day: date | None = field(default=None, name="from")  # UTC, included
    last_day: date | None = field(default=None, name="to")

    def __post_init__(self) -> None:
        """Refuse days that no entry can have."""
        if self.first_day and self.last_day and self.first_day > self.last_day:
            raise ValueError(f"`from` ({self.first_day}) lies behind `to` ({self.last_day}); exchange them")

    @property
    def bucket(self) -> str:
        """The bucket's name."""
        return self.s3_uri.removeprefix("s3://").partition("/")[0]

    @property
    def prefix(self) -> str:
        """What the keys begin with: a folder, with or without a slash at its end, one key, or nothing."""
        return self.s3_uri.removeprefix("s3://").partition("/")[2]


def read_source(data: bytes) -> LogSource:
    """Return what a dropped ``.logs.json`` file asks for.

    Raises:
        DatasetUnreadable: it is none; the message names the field, and what is expected there.

    """
    if len(data) > MAX_SOURCE:
        raise DatasetUnreadable(
            f"the file has {len(data):,} bytes; a .logs.json file holds no records but the place of logs, e.g. "
            f"{EXAMPLE}, so give a file of records another name"
        )
    try:
        return msgspec.convert(strict_json.decode(data.removeprefix(b"\xef\xbb\xbf")), LogSource)
    except Refused as refused:
        raise DatasetUnreadable(f"the file cannot be read: {refused.reason}") from None
    except msgspec.ValidationError as error:
        known = ", ".join(one.encode_name for one in msgspec.structs.fields(LogSource))
        raise DatasetUnreadable(
            f"the file does not name the place of logs: {error}; write e.g. {EXAMPLE}, fields are {known}"
        ) from None
