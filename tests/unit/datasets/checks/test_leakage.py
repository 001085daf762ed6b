"""Leaks: which side goes, what is said of it, and that nothing is counted twice."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rft.datasets.checks.leakage import FIELDS, Protected, find_leaks
from rft.datasets.checks.near_duplicates import NearDuplicates
from rft.datasets.codes import Code, Severity
from rft.datasets.items import Refused
from rft.datasets.keys import folded_key
from rft.datasets.rules import DataRules
from rft.keys import Split

STORY = (
    "A bakery in the old town sells 48 loaves each morning. On Fridays the baker makes half as many again because "
    "the market is open, and 7 of them go to the school for free. How many loaves are sold on a Friday?"
)
TRAIN, VALIDATION, TEST = Split.TRAIN, Split.VALIDATION, Split.TEST


def judge(clusters, splits, rules=None, protected=None):
    return find_leaks(
        clusters,
        split_of=splits.__getitem__,
        line_of=lambda row: row + 1,
        records=len(splits),
        rules=rules or DataRules(),
        protected=protected,
    )


def protected_of(*lines: str) -> Protected:
    protected = Protected()
    protected.load("bench.jsonl", lines)
    return protected


def test_the_training_side_goes_and_the_held_out_record_stays() -> None:
    leaks = judge([[0, 1, 2], [3, 4]], [TRAIN, TEST, TRAIN, VALIDATION, TEST])
    assert {row: reason.code for row, reason in leaks.quarantine.items()} == dict.fromkeys((0, 2, 3), Code.SPLIT_LEAK)
    assert leaks.quarantine[0].reason == (
        "the prompt is almost equal to line 2, which is held out for test; keep one of the two"
    )
    [finding] = leaks.findings
    assert (finding.code, finding.severity, finding.count, finding.of) == (Code.SPLIT_LEAK, Severity.QUARANTINE, 3, 5)
    assert [place.line for place in finding.places] == [1, 3, 4]


def test_near_duplicates_in_one_split_are_told_and_stay() -> None:
    leaks = judge([[0, 2, 3]], [TRAIN] * 4)
    assert leaks.quarantine == {}
    [finding] = leaks.findings
    assert (finding.code, finding.severity, finding.count) == (Code.NEAR_DUPLICATE, Severity.WARN, 2)
    assert finding.message == "2 of 4 prompts are almost equal to earlier ones (similarity 0.85 and more)"
    strict = DataRules(checks={Code.NEAR_DUPLICATE: Severity.QUARANTINE})
    assert sorted(judge([[0, 2, 3]], [TRAIN] * 4, strict).quarantine) == [2, 3]


def test_what_is_off_is_not_looked_for_and_what_only_warns_stays() -> None:
    off = DataRules(checks={Code.SPLIT_LEAK: Severity.OFF, Code.NEAR_DUPLICATE: Severity.OFF})
    leaks = judge([[0, 1]], [TRAIN, TEST], off)
    assert (leaks.quarantine, leaks.findings) == ({}, [])
    warn = judge([[0, 1]], [TRAIN, TEST], DataRules(checks={Code.SPLIT_LEAK: Severity.WARN}))
    assert warn.quarantine == {}
    assert [finding.severity for finding in warn.findings] == [Severity.WARN]


def test_a_protected_prompt_is_found_exactly_and_almost() -> None:
    protected = protected_of("", json.dumps({"question": "What is 2 + 2?"}), json.dumps({"question": STORY}))
    assert len(protected) == 2
    row = protected.match(folded_key("what is  2 + 2?"))
    assert row is not None
    assert protected.name(row) == "line 2 of bench.jsonl"
    assert protected.match(folded_key("What is 2 + 3?")) is None
    texts = [STORY.replace("bakery", "shop"), "Something else", STORY.upper(), "What is 2 + 2"]
    index = NearDuplicates()
    protected.join(index)
    for row, text in enumerate(texts):
        index.add(row, text)
    leaks = judge(index.clusters(), [TRAIN, TRAIN, TEST, TRAIN], protected=protected)
    assert {row: reason.code for row, reason in leaks.quarantine.items()} == dict.fromkeys((0, 3), Code.PROTECTED_LEAK)
    assert "almost equal to line 3 of bench.jsonl" in leaks.quarantine[0].reason
    assert "almost equal to line 2 of bench.jsonl" in leaks.quarantine[3].reason
    assert [finding.code for finding in leaks.findings] == [Code.PROTECTED_LEAK]


def test_a_cluster_of_protected_prompts_alone_says_nothing() -> None:
    leaks = judge([[-2, -1], [-3, 0]], [TEST], protected=protected_of("a", "b", "c"))
    assert (leaks.quarantine, leaks.findings) == ({}, [])


def test_texts_by_row() -> None:
    protected = protected_of("one", "two")
    assert [protected.text(row) for row in (-1, -2)] == ["one", "two"]


@pytest.mark.parametrize("field", FIELDS)
def test_fields_of_a_protected_file(field: str) -> None:
    assert protected_of(json.dumps({"answer": "x", field: "the prompt"})).text(-1) == "the prompt"


@pytest.mark.parametrize(
    ("line", "text"),
    [
        ("a plain line", "a plain line"),
        ("\ufeffa plain line", "a plain line"),
        ('["no object"]', '["no object"]'),
        ('{"messages": [{"role": "system", "content": "s"}, {"role": "user", "content": "u"}]}', "u"),
        ('{"messages": [{"role": "user", "content": [{"text": "u"}, {"text": "v"}]}]}', "uv"),
    ],
)
def test_lines_of_a_protected_file(line: str, text: str) -> None:
    assert protected_of(line).text(-1) == text


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("{", Code.BAD_JSON),
        ('{"a": ' * 100_000, Code.BAD_JSON),
        ("{}", Code.NO_PROMPT),
        ('{"prompt": 3}', Code.NO_PROMPT),
        ('{"prompt": "  "}', Code.NO_PROMPT),
        ('{"messages": []}', Code.NO_PROMPT),
        ('{"messages": [3, {"role": "user"}]}', Code.NO_PROMPT),
        ('{"messages": [{"role": "user", "content": [3, {"text": 4}]}]}', Code.NO_PROMPT),
    ],
)
def test_an_unusable_line_is_named(line: str, code: Code) -> None:
    with pytest.raises(Refused, match=r"bench\.jsonl, line 2: ") as refused:
        protected_of("first", line)
    assert refused.value.code is code


@given(st.lists(st.sampled_from(list(Split)), min_size=1, max_size=12), st.data())
def test_no_cluster_spans_splits_afterwards_and_no_row_counts_twice(splits: list[Split], data: st.DataObject) -> None:
    order = data.draw(st.permutations(range(len(splits))))
    cut = data.draw(st.integers(0, len(splits)))
    clusters = [sorted(part) for part in (order[:cut], order[cut:]) if len(part) > 1]
    leaks = judge(clusters, splits)
    for cluster in clusters:
        stay = [row for row in cluster if row not in leaks.quarantine]
        assert len({splits[row] for row in stay}) == 1
        assert Split.TEST not in {splits[row] for row in cluster} or splits[stay[0]] is Split.TEST
    told = {finding.code: finding.count for finding in leaks.findings}
    assert told.get(Code.SPLIT_LEAK, 0) == len(leaks.quarantine)
    assert sum(told.values()) == sum(len(cluster) - 1 for cluster in clusters)  # all but the one that stays
