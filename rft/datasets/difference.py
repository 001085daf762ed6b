"""What changed between two dataset versions: settings, counts, records, findings, profile."""

from collections.abc import Mapping
from typing import Any, Final

from msgspec import Struct

from rft.datasets.codes import Code
from rft.datasets.findings import Finding
from rft.datasets.flat import flat
from rft.datasets.matching import Exchange, Keys, Lines, Pairing, exchange, pair
from rft.datasets.profile import Profile
from rft.schemas import Manifest

ASKED: Final = ("s3_uri", "metadata_filter", "first_day", "last_day", "max_records")  # of a sample of logs


class Version(Struct, frozen=True, kw_only=True):
    """A dataset version that can be read: its manifest, and the lines of its splits and its quarantine."""

    manifest: Manifest
    lines: Lines
    has_quarantine: bool = True  # it is forgotten with the dropped file


class Shift(Struct, frozen=True, kw_only=True):
    """A value that is another one; None where there is none."""

    name: str
    before: Any
    after: Any


class FindingShift(Struct, frozen=True, kw_only=True):
    """A finding that came, went (``after`` is None) or concerns another number of records."""

    code: Code
    before: int | None
    after: int | None
    message: str  # of the version after, or of the one before where it went


class Difference(Struct, frozen=True, kw_only=True):
    """What is different in ``after``, a version's id, from what it was in ``before``."""

    before: str
    after: str
    same: bool  # the data, the settings and what the checks say of it
    code_version: Shift | None  # other code made it; by itself no difference
    settings: list[Shift]
    counts: list[Shift]
    records: Pairing
    quarantine: Exchange | None  # None: one of the two is no longer there
    findings: list[FindingShift]
    profile: list[Shift]


def difference(before: Version, after: Version) -> Difference:
    """Compare two versions. Splits are read only where their hashes differ. Memory: about 150 bytes a record.

    Raises:
        DatasetUnreadable: a file holds a line that no version has; the message names file and line.

    """
    old, new = before.manifest, after.manifest
    settings = _shifts(_settings(old), _settings(new))
    counts = _shifts(_counts(old), _counts(new), absent=0)
    findings = _findings(old.findings, new.findings)
    profile = _shifts(_measures(old.profile), _measures(new.profile))
    made = _shifts({"code version": old.code_version}, {"code version": new.code_version})
    return Difference(
        before=old.version,
        after=new.version,
        same=old.version == new.version and not (settings or counts or findings or profile),
        code_version=made[0] if made else None,
        settings=settings,
        counts=counts,
        records=_records(before, after),
        quarantine=_quarantine(before, after),
        findings=findings,
        profile=profile,
    )


def _records(before: Version, after: Version) -> Pairing:
    old, new = before.manifest.splits, after.manifest.splits
    if {name: file.sha256 for name, file in old.items()} == {name: file.sha256 for name, file in new.items()}:
        kept = sum(file.records for file in new.values())
        return Pairing(kept=kept, moved=0, changed=0, added=0, removed=0, spots={})
    return pair(Keys(before.lines), Keys(after.lines))


def _quarantine(before: Version, after: Version) -> Exchange | None:
    if before.manifest.version == after.manifest.version:
        return Exchange(kept=after.manifest.quarantined, entered=0, left=0)
    if not (before.has_quarantine and after.has_quarantine):
        return None
    return exchange(before.lines("quarantine"), after.lines("quarantine"))


def _settings(manifest: Manifest) -> dict[str, Any]:
    shares = {f"splits.{name}": share for name, share in manifest.shares.items()}
    rules = {f"data.{name}": value for name, value in flat(manifest.rules).items()}
    drawn = {f"logs.{name}": value for name, value in flat(manifest.sampling).items()} if manifest.sampling else {}
    asked = {name: value for name, value in drawn.items() if name.removeprefix("logs.").startswith(ASKED)}
    return {"task": manifest.task, **shares, **rules, **asked}


def _counts(manifest: Manifest) -> dict[str, int]:
    logs = (
        {"log entries": manifest.sampling.seen, "log entries taken": manifest.sampling.kept}
        if manifest.sampling
        else {}
    )
    return {
        **logs,
        "records in the file": manifest.records,
        "examples": manifest.examples,
        **{name: file.records for name, file in manifest.splits.items()},
        "quarantined": manifest.quarantined,
        **{f"quarantined, {code}": count for code, count in manifest.quarantined_by.items()},
    }


def _measures(profile: Profile) -> dict[str, Any]:
    found: dict[str, Any] = {"shape": profile.shape, "container": profile.container}
    if profile.lengths is not None:
        of = profile.lengths
        found |= {"median length": of.median, "90th percentile of length": of.p90, "99th percentile of length": of.p99}
        found["longest"] = of.max
    found |= {f"share of category {row.name}": row.share for row in profile.slices}
    found |= {f"share of language {name}": share for name, share in profile.languages.items()}
    found["records with a near duplicate"] = sum(size * count for size, count in profile.clusters.items())
    if profile.preferences is not None:
        pairs = profile.preferences
        found["share of ties"] = pairs.ties / pairs.pairs
        if pairs.agreement is not None:
            found["Krippendorff's alpha"] = pairs.agreement.alpha
        if pairs.first_wins is not None:
            found["share that the answer shown first wins"] = pairs.first_wins.share.mean
        if pairs.longer_wins is not None:
            found["share that the longer answer wins"] = pairs.longer_wins.share.mean
    return found


def _shifts(old: Mapping[str, Any], new: Mapping[str, Any], absent: Any = None) -> list[Shift]:
    values = ((name, old.get(name, absent), new.get(name, absent)) for name in dict.fromkeys((*new, *old)))
    return [Shift(name=name, before=before, after=after) for name, before, after in values if before != after]


def _findings(old: list[Finding], new: list[Finding]) -> list[FindingShift]:
    before, after = ({one.code: one for one in found} for found in (old, new))
    shifts = []
    for code in dict.fromkeys((*after, *before)):
        was, now = before.get(code), after.get(code)
        counts = [one.count if one is not None else None for one in (was, now)]
        if counts[0] != counts[1]:
            message = (now or was).message  # type: ignore[union-attr]
            shifts.append(FindingShift(code=code, before=counts[0], after=counts[1], message=message))
    return shifts
