"""Regular expressions in linear time: the same matches as ``re``, without its explosions."""

import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rft.rewards.regex import Regex
from rft.rewards.regex_syntax import BadPattern

ATOMS = st.sampled_from(["a", "b", ".", "[ab]", "[^a]", r"\d", r"\S", "^", "(?:)", "\u00e9", r"\.", "[]a]"])
REPEATED = st.sampled_from(["", "", "*", "+", "?", "{2}", "{1,3}", "{,2}", "{2,}", "*?", "{"])


def groups(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    grouped = st.tuples(inner, REPEATED).map(lambda pair: f"({pair[0]}){pair[1]}")
    joined = st.lists(inner, min_size=1, max_size=3).map("".join)
    return st.one_of(grouped, joined, st.tuples(inner, inner).map("|".join))


PATTERNS = st.recursive(st.tuples(ATOMS, REPEATED).map("".join), groups, max_leaves=6)


@given(pattern=PATTERNS, text=st.text("ab1.\n\u00e9\u00c9{]", max_size=12), ignore_case=st.booleans())
def test_it_finds_what_re_finds(pattern: str, text: str, ignore_case: bool) -> None:
    try:
        expected = re.search(pattern, text, re.IGNORECASE if ignore_case else 0) is not None
    except re.error:
        with pytest.raises(BadPattern):
            Regex(pattern, ignore_case=ignore_case)
        return
    try:
        found = Regex(pattern, ignore_case=ignore_case)
    except BadPattern as refused:
        assert "nothing to repeat" in str(refused)  # noqa: PT017  re repeats ^, which has no width
        return
    assert found.search(text) == expected
    assert found.search(text) == expected  # from its table


@pytest.mark.parametrize(("pattern", "text", "found"), [("b$", "ab", True), ("b$", "ab\n", False), ("^$", "", True)])
def test_a_dollar_is_the_very_end(pattern: str, text: str, found: bool) -> None:
    assert Regex(pattern).search(text) is found


@pytest.mark.parametrize("pattern", ["(a+)+b", "(a|a)*b", "(a*)*b", "a*a*a*b", ".*.*=.*", "(?:a|aa)+$b"])
def test_a_million_characters_take_a_second_whatever_the_expression(pattern: str) -> None:
    started = time.process_time()
    assert not Regex(pattern).search("a" * 1_000_000)
    assert time.process_time() - started < 5


@pytest.mark.parametrize(
    ("pattern", "reason"),
    [
        (r"(a)\1", "back-references"),
        (r"a\b", "more than one character"),
        ("(?=a)", "look-around"),
        ("(?i)a", "flags"),
        ("a++", "possessive"),
        ("a**", "quantifier behind a quantifier"),
        ("*a", "nothing to repeat, at character 1"),
        ("^*", "no width"),
        ("(a", "not closed"),
        ("a)", "closing bracket"),
        ("[a", "not closed"),
        ("[b-a]", "bad character range"),
        ("a{3,2}", "least is above"),
        ("(?:a{400}){400}", "states"),
        ("(?:(?:(?:){9999}){9999}){9999}", "repeats too much"),
        ("(" * 60 + ")" * 60, "groups in each other"),
        ("a" * 2_000, "characters long"),
    ],
)
def test_what_it_cannot_do_is_refused_with_the_reason(pattern: str, reason: str) -> None:
    with pytest.raises(BadPattern, match=re.escape(reason)):
        Regex(pattern)
