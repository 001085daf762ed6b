"""Languages: a sample that depends on the texts alone, and shares that are right for plain prose."""

import hashlib
import random

from hypothesis import given
from hypothesis import strategies as st

from rft.datasets.checks.language import UNKNOWN, LanguageSample

ENGLISH = "Please summarise the conversation with the customer in three short sentences"
GERMAN = "Bitte fasse das Gespräch mit dem Kunden in drei kurzen Sätzen zusammen"
CHINESE = "请用三句话概括与客户的谈话内容，并说明延误的原因和解决的办法，谢谢你的帮助"


def key(text: str) -> int:
    return int.from_bytes(hashlib.sha256(text.encode(errors="replace")).digest()[:8], "big")


def test_shares() -> None:
    sample = LanguageSample()
    for number in range(10):
        for text in (ENGLISH, ENGLISH, GERMAN, CHINESE, "42 + 17 = ?"):
            sample.add(key(f"{text}{number}"), f"{text} {number}")
    assert sample.shares() == {"en": 0.4, "de": 0.2, UNKNOWN: 0.2, "zh": 0.2}
    assert len(sample) == 50


def test_nothing() -> None:
    assert LanguageSample().shares() == {}


@given(st.lists(st.tuples(st.integers(0, 20), st.text(max_size=5))), st.integers(1, 8), st.randoms())
def test_the_sample_holds_the_smallest_keys_in_any_order(
    entries: list[tuple[int, str]], size: int, rng: random.Random
) -> None:
    samples = []
    for _ in range(2):
        sample = LanguageSample(size)
        for number, text in entries:
            sample.add(number, text)
        samples.append(sorted(sample._heap))
        rng.shuffle(entries)
    assert samples[0] == samples[1]
    assert sorted(-number for number, _ in samples[0]) == sorted(number for number, _ in entries)[:size]
