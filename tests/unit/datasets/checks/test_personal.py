"""Records with personal data and secrets: found everywhere, told without the value, replaced or refused."""

import json

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rft.datasets.checks.personal import Found, PersonalCounter, check_example, text_of
from rft.datasets.checks.pseudonyms import Pseudonyms
from rft.datasets.checks.scanning import Detectors
from rft.datasets.codes import Code, Severity
from rft.datasets.findings import SHOWN
from rft.datasets.items import Example, Refused, Verdict, Vote
from rft.datasets.rules import DataRules, Personal

NAMES = Pseudonyms(b"0123456789abcdef")
ALL = Detectors(Personal())
MAIL = "ann.lee@mail.example"
KEY = "AKIA" + "Q3EGRIUNSK42TUVW"


def example(**fields: object) -> Example:
    return msgspec.convert({"messages": [{"role": "user", "content": "What is 12 + 30?"}], **fields}, Example)


PLACES = {
    "the user message": example(messages=[{"role": "user", "content": f"Write to {MAIL}"}]),
    "the system message": example(
        messages=[{"role": "system", "content": f"You are {MAIL}"}, {"role": "user", "content": "Hello"}]
    ),
    "reference_answer": example(reference_answer=MAIL),
    "reference_answer.to.who": example(reference_answer={"to": [{"who": MAIL}]}),
    "the chosen answer": example(chosen=f"{MAIL}.", rejected="no"),
    "the rejected answer": example(chosen="yes", rejected=f"({MAIL})"),
    "the answer": example(answer=f"Ask {MAIL}!"),
    "meta.author": example(extra={"meta": {"author": MAIL, "n": 3}}),
    "a key of meta": example(extra={"meta": {MAIL: 1}}),
    "an annotator's name": example(votes=[Vote(MAIL, Verdict.TIE)]),
    "id": example(id=MAIL),
}


@pytest.mark.parametrize("where", PLACES)
def test_every_text_is_looked_at_and_redacted(where: str) -> None:
    original = PLACES[where]
    before = msgspec.json.encode(original)
    assert check_example(original, ALL, "report").found == [Found("email", where)]
    checked = check_example(original, ALL, "redact", pseudonyms=NAMES)
    assert MAIL.encode() not in msgspec.json.encode(checked.example)
    assert NAMES.of("email", MAIL).encode() in msgspec.json.encode(checked.example)
    assert check_example(checked.example, ALL, "report").found == []
    assert msgspec.json.encode(original) == before


@pytest.mark.parametrize("where", PLACES)
def test_reject_names_kind_and_place_and_never_the_value(where: str) -> None:
    with pytest.raises(Refused) as refused:
        check_example(PLACES[where], ALL, "reject")
    assert refused.value.code is Code.PERSONAL_DATA
    assert refused.value.reason.startswith(f"an e-mail address in {where}")
    assert "ann" not in refused.value.reason.replace("annotator", "")


def test_a_clean_record_comes_back_as_it_is() -> None:
    clean = example(whole=b'{"messages":[]}')
    for action in ("report", "redact", "reject"):
        assert check_example(clean, ALL, action, pseudonyms=NAMES).example is clean


def test_a_redacted_record_is_not_written_from_its_old_bytes() -> None:
    raw = json.dumps({"messages": [{"role": "user", "content": f"Write to {MAIL}"}]}).encode()
    dirty = example(messages=[{"role": "user", "content": f"Write to {MAIL}"}], whole=raw)
    assert check_example(dirty, ALL, "redact", pseudonyms=NAMES).example.whole is None
    assert check_example(dirty, ALL, "report").example.whole == raw


def test_escapes_in_the_raw_line_hide_nothing() -> None:
    raw = '{"messages":[{"role":"user","content":"Write to ann.lee\\u0040mail.example"}]}'
    read = example(messages=json.loads(raw)["messages"])
    assert check_example(read, ALL, "report", raw=raw.encode()).found == [Found("email", "the user message")]


@pytest.mark.parametrize("action", ["report", "redact", "reject"])
def test_a_secret_refuses_the_record_whatever_the_action(action) -> None:
    leaking = example(messages=[{"role": "user", "content": f"key {KEY}, mail {MAIL}"}])
    with pytest.raises(Refused) as refused:
        check_example(leaking, ALL, action, pseudonyms=NAMES)
    assert refused.value.code is Code.SECRET
    assert "an AWS access key in the user message" in refused.value.reason
    assert KEY not in refused.value.reason


def test_a_secret_that_is_only_warned_of_is_reported_or_redacted() -> None:
    leaking = example(answer=f"Use {KEY}")
    reported = check_example(leaking, ALL, "report", secrets=Severity.WARN)
    assert reported.found == [Found("aws-access-key", "the answer")]
    assert reported.example is leaking
    redacted = check_example(leaking, ALL, "redact", pseudonyms=NAMES, secrets=Severity.WARN)
    assert redacted.example.answer == f"Use {NAMES.of('aws-access-key', KEY)}"


def test_two_spellings_of_one_key_stay_two_fields() -> None:
    checked = check_example(
        example(extra={"by": {"a.b@c.example": 1, "A.B@c.example": 2}}), ALL, "redact", pseudonyms=NAMES
    )
    assert sorted(checked.example.extra["by"].values()) == [1, 2]


@given(st.lists(st.sampled_from([MAIL, "+1 415-555-2671", "plain", "4111 1111 1111 1111"])), st.booleans())
def test_the_quick_look_at_the_raw_line_changes_no_result(parts: list[str], ascii_only: bool) -> None:
    read = example(answer="é ".join(parts))
    raw = json.dumps({"answer": read.answer}, ensure_ascii=ascii_only).encode()
    assert check_example(read, ALL, "report", raw=raw) == check_example(read, ALL, "report")


def test_findings_count_records_by_kind_and_show_the_first_places() -> None:
    counter = PersonalCounter()
    for line in range(1, 9):
        counter.add(line, [Found("email", "the answer"), Found("email", "id"), Found("jwt", "id")][: 1 + line // 4])
    personal, secret = counter.findings(DataRules(), of=20)
    assert (personal.code, personal.severity, personal.count, personal.of) == (Code.PERSONAL_DATA, "warn", 8, 20)
    assert "email in 8" in personal.message
    assert [place.line for place in personal.places] == [1, 2, 3, 4, 5]
    assert len(personal.places) == SHOWN
    assert personal.places[0].detail == "an e-mail address in the answer"
    assert (secret.code, secret.count, [place.line for place in secret.places]) == (Code.SECRET, 1, [8])
    assert PersonalCounter().findings(DataRules(), of=20) == []


@pytest.mark.parametrize("where", PLACES)
def test_the_text_of_a_record_holds_every_place(where: str) -> None:
    assert MAIL in text_of(PLACES[where])
