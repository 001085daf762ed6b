"""The express lane: what it writes is what the way of single records writes, byte for byte, whatever is dropped."""

import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rft.datasets import curation as curating
from rft.datasets.codes import Code, Severity
from rft.datasets.curate import Surroundings, curate
from rft.datasets.intake import Intake
from rft.datasets.keys import folded_key, folded_keys
from rft.datasets.pieces import joined_texts
from rft.datasets.rules import Curation, DataRules, Personal
from rft.datasets.sources import blocks, window
from rft.errors import DatasetUnreadable
from tests.unit.datasets.made import TASK

QUIET = {Code.LANGUAGE_BALANCE: Severity.OFF}
RULES = (
    DataRules(checks=QUIET),
    DataRules(checks=QUIET, near_duplicates=False, curation=Curation(category="kind", max_category_share=0.5)),
    DataRules(checks=QUIET, curation=Curation(group_by="kind", category="level")),
    DataRules(checks=QUIET, curation=Curation(group_by="absent", category="absent")),
    DataRules(checks=QUIET, curation=Curation(category="more.level")),
    DataRules(checks=QUIET, curation=Curation(group_by="id", standardise=False)),
    DataRules(checks=QUIET, curation=Curation(template="Q: {prompt}")),
    DataRules(checks={**QUIET, Code.EXACT_DUPLICATE: Severity.WARN, Code.SECRET: Severity.WARN}),
    DataRules(checks={**QUIET, Code.ANSWER_IN_PROMPT: Severity.QUARANTINE}, personal=Personal(action="redact")),
    DataRules(checks={**QUIET, Code.PERSONAL_DATA: Severity.OFF, Code.SECRET: Severity.OFF}),
)
TEXTS = (
    st.sampled_from(["What is 2 + 2?", "what is 2 + 2 ?", "Say: a, b; c", "Is it so?", " outer ", "", "\t", "a\tb"])
    | st.sampled_from(["one\r\ntwo", "a:b::c", "caf\u00e9", "cafe\u0301", "\u4f60\u597d\uff1f", "bell\x07", "del\x7f"])
    | st.sampled_from(["c1\x85", "\u2028", 'quote " and \\ back', "The answer is 42.", "x" * 40_000, "\ud800"])
    | st.sampled_from(["mail to jane.doe@amazon.com", "AKIAIOSFODNN7EXAMPLE is a key", "1234 5678 90"])
    | st.text(max_size=8)
)
PIECES = (
    b"", b":", b"\r", b" ", b'"', b"\\", b"}", b"{", b'"id":"7",', b'"kind": "a", ', b"\\u003a", b"\\u003A", b"1",
    b"\x00", b"\xff", b"\xc3", b"\x01", b"\\ud800",
)  # fmt: skip
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 3) | st.sampled_from([1.5, 10**400, -(2**63), 2**64, "a", "b", "a:b"]),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(["a", "b:c", ""]), inner, max_size=2),
    max_leaves=4,
)
MESSAGES = st.tuples(TEXTS).map(lambda texts: [{"role": "user", "content": texts[0]}]) | st.tuples(
    st.sampled_from(["system", "developer", "user", "assistant"]), TEXTS, TEXTS
).map(lambda parts: [{"role": parts[0], "content": parts[1]}, {"role": "user", "content": parts[2]}])
RECORDS = st.fixed_dictionaries(
    {"messages": MESSAGES},
    optional={
        "id": st.sampled_from(["1", "2", "3", "", "x" * 257, "a:b"]) | st.text(max_size=3) | st.none(),
        "reference_answer": st.sampled_from(["4", "42", " 4 ", "", "cafe\u0301"]) | TEXTS | VALUES,
        "kind": st.sampled_from(["a", "b", "c:d", None, "long" * 30]) | VALUES,
        "level": st.integers(0, 3),
        "more": VALUES,
        "b:c": st.just(1),
        "answer": st.just("4"),
        "deep": st.integers(25, 40).map(lambda depth: json.loads("[" * depth + "]" * depth)),
    },
)
USUAL = st.builds(
    lambda number, kind, **more: {
        "messages": [{"role": "system", "content": "Add."}, {"role": "user", "content": f"What is {number} and one?"}],
        "reference_answer": str(number + 1),
        "kind": kind,
        **{name: value for name, value in more.items() if value is not ...},
    },
    st.integers(0, 40),
    st.sampled_from("abc"),
    id=st.integers(0, 40).map(str) | st.just(...),
    level=st.integers(0, 3) | st.just(...),
)
# Usual but for one thing.
ALMOST = st.builds(
    lambda usual, field, record: {**usual, **({field: record[field]} if field in record else {})},
    USUAL,
    st.sampled_from(["messages", "messages", "id", "reference_answer", "kind", "more", "answer", "deep", "b:c"]),
    RECORDS,
)


def written(record: dict[str, Any], ascii_only: bool, gap: str, backwards: bool = False) -> bytes:
    record = dict(reversed(record.items())) if backwards else record
    text = json.dumps(record, ensure_ascii=ascii_only, separators=("," + gap, ":" + gap))
    return text.encode(errors="surrogatepass").replace(b"\n", b"")


@st.composite
def broken(draw: st.DrawFn) -> bytes:
    """Return the line of a record that was changed somewhere."""
    line = draw(LINES_OF_RECORDS)
    place = draw(st.integers(0, len(line)))
    piece = draw(st.sampled_from(PIECES))
    cut = draw(st.integers(0, 2))
    return (line[:place] + piece + line[place + cut :]).replace(b"\n", b"")


LINES_OF_RECORDS = st.builds(
    written, RECORDS | ALMOST | USUAL, st.booleans(), st.sampled_from(["", " "]), st.booleans()
)
LINES = st.one_of(
    LINES_OF_RECORDS,
    st.builds(written, USUAL, st.just(True), st.just(" "), st.booleans()),
    st.builds(written, ALMOST, st.booleans(), st.just(" ")),
    broken(),
    st.sampled_from(
        [
            b'{"id":"7","id":"8","messages":[{"role":"user","content":"a:b"}]}',
            b'{"id":"7","messages":[{"role":"user","role":"user","content":"a"}]}',
            b'{"messages":[{"role":"user","content":"a"}],"more":{"a":1,"a":2}}',
            *(
                b'{"messages":[{"role":"user","content":"a"}],"kind":%b%b}' % (b"[" * n, b"]" * n)
                for n in range(29, 34)
            ),
            b'{"messages":[{"role":"user","content":"' + b"a" * 21 + b'"}]}' + b" " * 60,
            b'{"messages":[{"role":"user","content":"a"}],"a\\nb":1,"":2,"c\\"":3}',
        ]
    ),
    st.sampled_from(
        [b"", b" ", b"\r", b"{}", b"null", b'{"id":"7","id":"7","messages":[{"role":"user","content":"a\\u003a"}]}']
    ),
)


class Offered:
    """A second opinion that remembers what it was offered."""

    def __init__(self) -> None:
        self.records: list[tuple[int, bytes, str, bool]] = []

    def offer(self, line: int, raw: bytes, text: Callable[[], str], *, ours: bool) -> None:
        self.records.append((line, raw, text(), ours))

    def finding(self) -> None:
        return None


def outcome(
    data: bytes, rules: DataRules, work: Path, opinion: Offered | None = None
) -> tuple[dict[str, bytes], bytes] | str:
    """Return all that is written, or why nothing is."""
    work.mkdir(exist_ok=True)
    task = msgspec.structs.replace(TASK, data=rules)
    around = Surroundings(code_version="1", opinion=opinion)
    try:
        curated = curate(io.BytesIO(data), task=task, work=work, around=around)
    except DatasetUnreadable as error:
        return str(error)
    files = {key: path.read_bytes() for key, path in curated.files.items()}
    return files, msgspec.json.encode((curated.manifest, curated.message))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow], max_examples=400)
@given(
    lines=st.lists(LINES, max_size=32),
    rules=st.sampled_from(RULES),
    most=st.integers(1, 9),
    array=st.booleans(),
    longest=st.sampled_from([1 << 20, 64, 96]),
    end=st.sampled_from([b"\n", b"\r\n", b"\n\n"]),
    asked=st.booleans(),
)
def test_both_ways_write_the_same(
    tmp_path: Path, lines: list[bytes], rules: DataRules, most: int, array: bool, longest: int, end: bytes, asked: bool
) -> None:
    data = b"[" + b",\n".join(lines) + b"]" if array else b'{"messages": []}\n' + end.join(lines) + end
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(blocks, "MOST", most)
        patch.setattr(window, "MAX_ITEM", longest)
        opinions = [Offered(), Offered()] if asked else [None, None]
        quick = outcome(data, rules, tmp_path / "lane", opinions[0])
        patch.setattr(curating, "open_to", lambda _: False)
        assert quick == outcome(data, rules, tmp_path / "single", opinions[1])
    if opinions[0] and opinions[1]:
        assert opinions[0].records == opinions[1].records


@pytest.mark.parametrize("rules", RULES[:4])
def test_usual_records_go_the_lane(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, rules: DataRules) -> None:
    asked: list[int] = []
    admit = Intake.admit

    def noted(self: Intake, item: Any, value: Any) -> None:
        asked.append(item.number)
        admit(self, item, value)

    monkeypatch.setattr(Intake, "admit", noted)
    usual = [
        written(
            {
                "messages": [{"role": "user", "content": f'What: {n} \u00e9\n"twice"?'}],
                **({"id": f"r{n}"} if n % 2 else {}),
                **({"reference_answer": str(n)} if n % 3 else {"reference_answer": {"text": f"{n + 1}"}}),
                "kind": "ab"[n % 2],
                "level": n % 4,
                "more": {"a": [n, "b:c"]},
            },
            bool(n % 5),
            " ",
        )
        for n in range(600)
    ]
    unusual = b'{"messages": [{"role": "user", "content": " outer "}]}'
    result = outcome(b"\n".join([*usual[:300], unusual, *usual[300:]]), rules, tmp_path)
    assert asked == [301]
    assert not isinstance(result, str)


def test_an_opinion_is_offered_the_fields_in_the_order_of_the_record(tmp_path: Path) -> None:
    one = {"messages": [{"role": "user", "content": "Who?"}], "first": "Anna", "last": "Smith"}
    other = {"messages": [{"role": "user", "content": "Who else?"}], "last": "Smith", "first": "Anna"}
    opinion = Offered()
    outcome(
        b"\n".join([written(one, True, " "), written(other, True, " ")]), DataRules(checks=QUIET), tmp_path, opinion
    )
    assert [text for _, _, text, _ in opinion.records] == [
        "Who?\nfirst\nAnna\nlast\nSmith",
        "Who else?\nlast\nSmith\nfirst\nAnna",
    ]


def test_copies_without_ids_get_ids_of_their_own(tmp_path: Path) -> None:
    rules = DataRules(checks={**QUIET, Code.EXACT_DUPLICATE: Severity.WARN})
    line = b'{"messages": [{"role": "user", "content": "What is 2 + 2?"}]}\n'
    result = outcome(line * 3, rules, tmp_path)
    assert not isinstance(result, str)
    lines = [data.splitlines() for name, data in result[0].items() if name.endswith(".jsonl")]
    made = [json.loads(line)["id"] for found in lines for line in found]
    assert made == [made[0], f"{made[0]}-2", f"{made[0]}-3"]


@given(
    st.lists(
        st.text(st.characters(codec="ascii", exclude_categories=["Cc"], include_characters="\t\n\r"), max_size=20)
        | st.text(st.characters(exclude_categories=["Cc", "Cs"]), max_size=8)
    )
)
def test_folded_together_or_one_by_one(texts: list[str]) -> None:
    texts = [text.strip() for text in texts]
    assert folded_keys(texts, joined_texts(texts)).tolist() == [folded_key(text) for text in texts]
