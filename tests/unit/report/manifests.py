"""Manifests to draw: one that has everything, and one whose every text is hostile."""

from typing import Any

import msgspec

from rft.datasets.checks.agreement import AgreementProfile, Annotator
from rft.datasets.checks.balance import Lengths, SliceRow
from rft.datasets.checks.preferences import PreferenceProfile, Share
from rft.datasets.codes import Code, Severity
from rft.datasets.findings import Finding, Place
from rft.datasets.items import Container, Shape
from rft.datasets.metadata_filter import MetadataFilter
from rft.datasets.profile import Profile
from rft.datasets.rules import Columns, Curation, DataRules, Thresholds
from rft.datasets.sampling import Sampling
from rft.interval import Interval
from rft.schemas import Manifest, Quarantined, SplitFile

MARKUP = "</script></style><script>alert('x')</script>\" onload=alert(1) <img src=http://127.0.0.1:9/x>"
HOSTILE = f"{MARKUP} \u202eturned\u2066 \u05e9\u05dc\u05d5\u05dd \x00\ud800 "
LONG = "x" * 5_000
RECORDS = {"train": 8_000, "validation": 1_000, "test": 950}


def slice_row(name: str, *, train: int, validation: int, test: int) -> SliceRow:
    records = train + validation + test
    return SliceRow(
        name=name,
        records=records,
        train=train,
        validation=validation,
        test=test,
        share=records / sum(RECORDS.values()),
        mean_prompt_bytes=214.4,
        with_reference=records // 2,
    )


def manifest(text: str = "", **changes: Any) -> Manifest:
    """Return a manifest that fills every part of the page; ``text`` stands in all that a stranger could write."""
    found = Finding(
        code=Code.BAD_JSON,
        severity=Severity.QUARANTINE,
        message=f"50 of 10,000 records: not JSON {text}",
        fix="write each record as one JSON object",
        count=50,
        of=10_000,
        places=[Place(7, f"not JSON at character 9 {text}"), Place(12)],
    )
    warning = Finding(
        code=Code.CATEGORY_BALANCE,
        severity=Severity.WARN,
        message="'sums' has 90% of the records, more than 80%",
        fix="rebalance",
        count=1,
        of=2,
        measured=0.9,
        threshold=0.8,
    )
    version = "3f9c2a7715d0be84"
    whole = Manifest(
        task=f"sums{text}",
        version=version,
        parent_version="0011223344556677",
        source_sha256="ab" * 32,
        source_bytes=12_345_678,
        records=10_000,
        examples=10_000,
        splits={
            name: SplitFile(
                key=f"datasets/sums/{version}/{name}.jsonl", records=count, bytes=count * 900, sha256="cd" * 32
            )
            for name, count in RECORDS.items()
        },
        quarantined=50,
        quarantined_by={"bad-json": 49, "a-code-of-tomorrow": 1},
        quarantine_key=f"datasets/sums/{version}/quarantine.jsonl",
        report_key=f"datasets/sums/{version}/report.html",
        problems=[],
        findings=[found, warning],
        profile=Profile(
            container=Container.JSONL,
            shape=Shape.JUDGEMENTS,
            lengths=Lengths(
                median=31_000,
                p90=80_500,
                p99=114_000,
                max=999_999,
                edges=[*range(0, 115_001, 5_000), 1_000_000],
                counts=[40 * place * (24 - place) // 3 for place in range(1, 24)] + [99],
            ),
            slices=[
                slice_row(f"sums{text}", train=7_000, validation=900, test=900),
                slice_row("words", train=1_000, validation=100, test=50),
            ],
            languages={"en": 0.9, "und": 0.06, "de": 0.04},
            language_sample=256,
            clusters={2: 14, 3: 2, 250: 1},
            preferences=preference_profile(text),
        ),
        rules=DataRules(
            columns=Columns(prompt=f"task{text}"),
            curation=Curation(category="topic"),
            thresholds=Thresholds(max_ties=0.4),
        ),
        shares={"validation": 0.1, "test": 0.1},
        code_version="0123456789ab",
        sampling=Sampling(
            s3_uri="s3://logs/AWSLogs/",
            metadata_filter=MetadataFilter(equals={"team": "support"}),
            first_day="2026-01-01",
            max_records=10_000,
            objects=420,
            bytes=7_300_000,
            unreadable_objects=1,
            seen=50_000,
            filtered=20_000,
            unusable=900,
            unreadable=100,
            kept=10_000,
            notes={"unusable": [f"a.json.gz line 3: no text {text}"]},
            method="bottom-k",
        ),
    )
    return msgspec.structs.replace(whole, **changes)


def refused(text: str = "", count: int = 12) -> list[Quarantined]:
    """Return the first records of a quarantine."""
    return [
        Quarantined(record=n, line=n, code="bad-json", reason=f"not JSON {text}", original="cHJpdmF0ZQ==")
        for n in range(1, count + 1)
    ]


def preference_profile(text: str = "") -> PreferenceProfile:
    """Return the measures of a set of pairs."""
    return PreferenceProfile(
        pairs=999,
        ties=105,
        agreement=AgreementProfile(
            pairs=999,
            alpha=0.86,
            unanimous=0.88,
            annotators=3,
            most_active=[
                Annotator(name=f"ann{text}", votes=999, compared=900, agreed=860),
                Annotator(name="bo", votes=3, compared=0, agreed=0),
            ],
        ),
        first_wins=Share(pairs=894, share=Interval(mean=0.47, low=0.44, high=0.5)),
        longer_wins=Share(pairs=887, share=Interval(mean=0.68, low=0.64, high=0.71)),
        circles=1,
        circle_pairs=3,
        circles_looked_at=1.0,
    )
