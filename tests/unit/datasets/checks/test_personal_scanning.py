"""What is personal and what only looks like it; offsets, overlaps, time."""

import time
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rft.datasets.checks.pseudonyms import Pseudonyms, derived_key
from rft.datasets.checks.scanning import DETECTORS, Detectors, redact
from rft.datasets.codes import Code
from rft.datasets.rules import Personal
from rft.errors import TaskInvalid

ALL = Detectors(Personal())
NAMES = Pseudonyms(b"0123456789abcdef")
PEM = "-----BEGIN RSA PRIVATE KEY-----\nMIIEowIBAAKCAQEA75\n-----END RSA PRIVATE KEY-----"
JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.c2lnbmF0dXJl"


def found(text: str, detectors: Detectors = ALL) -> list[tuple[str, str]]:
    return [(hit.kind, text[hit.start : hit.end]) for hit in detectors.scan(text)]


VALUES = [
    ("email", "ann.lee+x@mail.example"),
    ("email", "jörg@müller.example"),
    ("phone", "+49 30 901820"),
    ("phone", "+14155552671"),
    ("phone", "(415) 555-2671"),
    ("phone", "415-555-2671"),
    ("credit-card", "4111 1111 1111 1111"),
    ("credit-card", "5555555555554444"),
    ("credit-card", "3782-822463-10005"),
    ("iban", "DE89 3704 0044 0532 0130 00"),
    ("iban", "GB29NWBK60161331926819"),
    ("us-ssn", "536-90-4399"),
    ("national-id", "RSSMRA85T10A562S"),
    ("national-id", "390.533.447-05"),
    ("national-id", "756.9217.0769.85"),
    ("national-id", "131052-308T"),
    ("ip-address", "8.8.4.4"),
    ("ip-address", "2001:4860:4860::8888"),
    ("aws-access-key", "AKIA" + "Q3EGRIUNSK42TUVW"),
    ("private-key", PEM),
    ("jwt", JWT),
    ("github-token", "ghp_" + "a1B2" * 9),
    ("slack-token", "xoxb-" + "123456789012-abcDEF"),
    ("stripe-key", "sk_live_" + "4eC39HqLyjWDarjtT1"),
    ("google-key", "AIza" + "Sy0123456789abcdefghijklmnopqrstuvw"),
]
NAMED = [
    ("phone", "Tel.: ", "020 7946 0958"),
    ("us-ssn", "social security number ", "536904399"),
    ("national-id", "PESEL ", "44051401458"),
    ("date-of-birth", "Date of birth: ", "4 May 1990"),
    ("passport", "passport no. ", "C01X00T47"),
    ("aws-secret-key", "aws_secret_access_key=", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYzEXAMPLEKE"),
    ("assigned-secret", 'password = "', "hunter2-Xy9"),
    ("assigned-secret", '{"api_key": "', "9f8a7b6c5d4e3f2a1b0c"),
    ("url-credentials", "postgres://", "joe:hunter2x"),
]


@pytest.mark.parametrize(("kind", "value"), VALUES)
def test_a_value_is_found_where_it_stands(kind: str, value: str) -> None:
    for before, after in (("", ""), ("Résumé 😀: ", ", ok"), ("(", ")"), ("7 apples\n", "\n8 pears"), ('"', '"')):
        assert found(before + value + after) == [(kind, value)]


@pytest.mark.parametrize(("kind", "name", "value"), NAMED)
def test_a_value_is_found_behind_its_name_only(kind: str, name: str, value: str) -> None:
    tail = "@db.example/x" if kind == "url-credentials" else ' "'
    assert found(f"né 😀 {name}{value}{tail}") == [(kind, value)]
    assert kind not in {one for one, _ in found(f"né 😀 {value} ")}


@pytest.mark.parametrize(
    "text",
    [
        "4111 1111 1111 1112",  # Luhn
        "1234567812345670",  # Luhn, but no issuer
        "0000 0000 0000 0000",
        "DE88 3704 0044 0532 0130 00",
        "000-12-3456",
        "RSSMRA85T10A562T",
        "390.533.447-06",
        "PESEL 44051401459",
        "192.168.0.1, 127.0.0.1 and 999.1.1.1",
        "version 1.2.3.4.5, release 8.8.4.4-2",
        "at 12:30:45 in 2001:12:30",
        "order 415-555-26711 and DP-86989",
        "a@b, @joe.b and me@localhost",
        "12 + 345 * 6789 = 2342217; 1,234,567.89",
        "3.14159265358979 and 1e100",
        "123-456-7890",  # no area begins with 1
        "max_tokens: 4096, token = tokenizer.decode2, password: <secret1>",
        "The password is the name of the 3rd street: Elm",
        "https://user:password@host/ and https://host:8080/a@b",
        "eyJub3RoaW5n.abcdefghij.klm",  # no header
        "He was born on February 12, 1809",
    ],
)
def test_what_only_looks_like_it_is_left(text: str) -> None:
    assert found(text) == []


def test_secrets_come_first_and_the_longer_before_the_shorter() -> None:
    assert found("postgres://joe:hunter2@mail.example/x") == [("url-credentials", "joe:hunter2")]
    hits = ALL.scan("4111 1111 1111 1111 / 415-555-2671 / a.b@c.example")
    assert [hit.kind for hit in hits] == ["credit-card", "phone", "email"]
    assert all(one.end <= two.start for one, two in pairwise(hits))


def test_kinds_choose_personal_data_and_never_switch_secrets_off() -> None:
    text = "a.b@c.example 415-555-2671 AKIA" + "Q3EGRIUNSK42TUVW"
    assert [kind for kind, _ in found(text, Detectors(Personal(kinds=["phone"])))] == ["phone", "aws-access-key"]
    assert [kind for kind, _ in found(text, Detectors(Personal(), off=[Code.SECRET]))] == ["email", "phone"]
    assert [kind for kind, _ in found(text, Detectors(Personal(), off=[Code.PERSONAL_DATA]))] == ["aws-access-key"]
    with pytest.raises(TaskInvalid, match=r"personal\.kinds names 'phones'"):
        Detectors(Personal(kinds=["phones"]))


def test_allowed_values_are_no_hits_in_any_spelling() -> None:
    allowing = Detectors(Personal(allow=["Help@Shop.example", "+1 415 555 2671"]))
    assert found("help@shop.example (415) 555-2671 +14155552671 ann@shop.example", allowing) == [
        ("email", "ann@shop.example")
    ]


@pytest.mark.parametrize("detector", DETECTORS, ids=[f"{n}-{d.kind}" for n, d in enumerate(DETECTORS)])
def test_wherever_a_pattern_matches_its_trigger_fires(detector) -> None:
    number = DETECTORS.index(detector)

    @settings(max_examples=15)
    @given(st.from_regex(detector.pattern))
    def fires(text: str) -> None:
        assert number in ALL._fired(text.encode(errors="surrogatepass"))

    fires()


def test_a_password_in_a_url_may_be_of_many_bytes() -> None:
    assert [kind for kind, _ in found("postgres://" + "\u00fc" * 60 + ":" + "\u00fc1" * 60 + "@db.example")] == [
        "url-credentials"
    ]


PIECES = st.sampled_from(
    [value for _, value in VALUES]
    + [name + value for _, name, value in NAMED]
    + ["@", ".", " ", "😀", "7", "-", "<", ":"]
)


@given(st.lists(st.one_of(PIECES, st.text(max_size=5)), max_size=12).map("".join))
def test_hits_are_in_order_apart_and_gone_once_redacted(text: str) -> None:
    hits = ALL.scan(text)
    assert all(0 <= hit.start < hit.end <= len(text) for hit in hits)
    assert all(one.end <= two.start for one, two in pairwise(hits))
    redacted = redact(text, hits, NAMES)
    for _ in range(3):
        redacted = redact(redacted, ALL.scan(redacted), NAMES)
    assert ALL.scan(redacted) == []


@given(st.text())
def test_no_text_is_too_strange(text: str) -> None:
    assert redact(text, [], NAMES) == text
    ALL.scan(text)
    Detectors(Personal(allow=[text])).scan("a.b@c.example")


def test_lone_surrogates_do_no_harm() -> None:
    assert found("\ud800 a.b@c.example \udfff") == [("email", "a.b@c.example")]


HOSTILE = [
    "a@",
    "a.",
    "a@a.",
    "-a",
    "1",
    "1 ",
    "1-",
    "+1",
    "+1 ",
    "(415) ",
    "415-555-",
    "1.",
    "1:",
    "2001:",
    "A",
    "AB12 ",
    "eyJ",
    "eyJhbGciOiJIUzI1NiJ9.",
    "-----BEGIN PRIVATE KEY-----",
    "password",
    "password=",
    "password:a1",
    "secret key=",
    "passport ",
    "date of birth ",
    "tel ",
    "tel 0",
    "SSN ",
    "a://a:",
    "a://",
    "AKIA",
    "sk-",
    "PESEL ",
    "4111 1111 1111 1111 ",
    "(",
    "\\u0040",
    "a.b@c.example",
    "é",
    "phone call 0",
]


@pytest.mark.parametrize("piece", HOSTILE)
def test_hostile_text_takes_linear_time(piece: str) -> None:
    def seconds(characters: int) -> float:
        text = piece * (characters // len(piece))
        best = 9.0
        for _ in range(2):
            start = time.process_time()
            ALL.scan(text)
            best = min(best, time.process_time() - start)
        return best

    assert seconds(200_000) < max(1.0, 40 * seconds(20_000))
    assert seconds(200_000) < 4


def test_pseudonyms_are_stable_and_depend_on_kind_value_and_key() -> None:
    assert NAMES.of("email", "a@b.example") == Pseudonyms(b"0123456789abcdef").of("email", "a@b.example")
    names = {
        NAMES.of("email", "a@b.example"),
        NAMES.of("phone", "a@b.example"),
        NAMES.of("email", "a@c.example"),
        Pseudonyms(derived_key("tickets")).of("email", "a@b.example"),
        Pseudonyms(derived_key("arithmetic")).of("email", "a@b.example"),
    }
    assert len(names) == 5
    with pytest.raises(ValueError, match="too short"):
        Pseudonyms(b"short")


def test_spellings_of_one_value_share_a_pseudonym() -> None:
    for one, other in (
        ("Ann@Mail.example", "ann@mail.example"),
        ("+1 415-555-2671", "(415) 555-2671"),
        ("DE89 3704 0044 0532 0130 00", "DE89370400440532013000"),
    ):
        assert redact(one, ALL.scan(one), NAMES) == redact(other, ALL.scan(other), NAMES) != one
