"""Prompt lengths: certain where it says so, near where it cannot know, and linear in time whatever the text."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rft.datasets.checks import tokens
from rft.datasets.checks.tokens import OVERHEAD, Fit, PromptLength, bounds

TEXT = "The library sets up twelve rows of chairs, and people sit down one by one. " * 40  # 681 tokens


def test_the_vocabulary_is_the_real_one() -> None:
    assert tokens._encoding().encode_ordinary("hello world") == [15339, 1917]
    assert bounds("hello world") == (1.5, 2.4)


@pytest.mark.parametrize(
    ("limit", "fit"), [(100, Fit.OVER), (480, Fit.OVER), (520, Fit.NEAR), (800, Fit.NEAR), (860, Fit.WITHIN)]
)
def test_verdicts(limit: int, fit: Fit) -> None:
    assert PromptLength(limit).verdict(TEXT) is fit


def test_other_scripts_have_a_wider_error() -> None:
    latin, chinese = "a word " * 100, "请把句子翻译成英文" * 30
    assert bounds(latin)[1] / bounds(latin)[0] == pytest.approx(1.6)
    assert bounds(chinese)[1] / bounds(chinese)[0] == pytest.approx(13 / 3)


def test_no_tokenizer_for_a_text_with_fewer_bytes_than_tokens_allowed(monkeypatch: pytest.MonkeyPatch) -> None:
    def never() -> None:
        raise AssertionError("the tokenizer was asked")

    monkeypatch.setattr(tokens, "_encoding", never)
    assert PromptLength(len(TEXT) + OVERHEAD).verdict(TEXT) is Fit.WITHIN
    assert PromptLength(4096).verdict("ä" * 2000) is Fit.WITHIN
    with pytest.raises(AssertionError):
        PromptLength(len(TEXT) + OVERHEAD - 1).verdict(TEXT)


@pytest.mark.parametrize("part", [" ", "a", "^", "a\u0301", "\u200d", "\n", "中", "\ud800", "<|endoftext|>"])
def test_a_hostile_megabyte_takes_no_longer_than_prose(part: str) -> None:
    began = time.process_time()
    assert PromptLength(8192).verdict(part * (2**20 // len(part))) in (Fit.NEAR, Fit.OVER)
    assert time.process_time() - began < 5


@given(st.text(max_size=400), st.integers(1, 600))
def test_a_longer_limit_never_fits_worse(text: str, limit: int) -> None:
    order = [Fit.OVER, Fit.NEAR, Fit.WITHIN]
    fits = [order.index(PromptLength(size).verdict(text)) for size in (limit, limit + 1, 2 * limit, 10 * limit)]
    assert fits == sorted(fits)
