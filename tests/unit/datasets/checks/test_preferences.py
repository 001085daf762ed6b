"""Preference quality: when each finding speaks, and what makes no difference to the measures."""

import random

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rft.datasets.checks.agreement import AgreementProfile, Annotator
from rft.datasets.checks.preferences import PreferenceProfile, PreferenceQuality
from rft.datasets.codes import Code, Severity
from rft.datasets.findings import Finding
from rft.datasets.items import Example, Verdict, Vote
from rft.datasets.rules import DataRules

C, R, T = Verdict.CHOSEN, Verdict.REJECTED, Verdict.TIE
SWAP = {C: R, R: C, T: T}


def pair(
    chosen: str, rejected: str, *, prompt: str = "2 + 2?", votes: list[Verdict] | None = None, **fields
) -> Example:
    named = None if votes is None else [Vote(f"ann{place}", vote) for place, vote in enumerate(votes)]
    messages = [{"role": "user", "content": prompt}]
    return Example(messages=messages, chosen=chosen, rejected=rejected, votes=named, **fields)


def quality_of(examples: list[Example]) -> PreferenceQuality:
    quality = PreferenceQuality()
    for line, example in enumerate(examples, 1):
        quality.add(line, example)
    return quality


def found(examples: list[Example], rules: DataRules | None = None) -> dict[Code, Finding]:
    return {finding.code: finding for finding in quality_of(examples).findings(rules or DataRules())}


def profile_of(examples: list[Example]) -> PreferenceProfile:
    profile = quality_of(examples).profile()
    assert profile is not None
    return profile


def test_records_without_pairs_have_no_profile() -> None:
    quality = quality_of([Example(messages=[{"role": "user", "content": "2 + 2?"}], answer="4")])
    assert quality.profile() is None
    assert quality.findings(DataRules()) == []


def test_good_pairs_say_nothing() -> None:
    examples = [
        pair(
            f"{n % 2} good",
            f"{1 - n % 2} bad{'x' * (n % 3)}",
            prompt=f"{n}?",
            votes=[C, C, C],
            shown_first=(C, R)[n // 2 % 2],
        )
        for n in range(60)
    ]
    assert found(examples) == {}
    assert profile_of(examples).agreement == AgreementProfile(
        pairs=60,
        alpha=1.0,
        unanimous=1.0,
        annotators=3,
        most_active=[Annotator(name=f"ann{place}", votes=60, compared=60, agreed=60) for place in range(3)],
    )


def swapped(example: Example) -> Example:
    """Return the same judgements under the other name."""
    votes = [Vote(vote.annotator, SWAP[vote.verdict]) for vote in example.votes] if example.votes is not None else None
    first = None if example.shown_first is None else SWAP[example.shown_first]
    return msgspec.structs.replace(
        example, chosen=example.rejected, rejected=example.chosen, votes=votes, shown_first=first
    )


def test_annotators_who_guess() -> None:
    rng = random.Random(1)
    examples = [
        pair(f"a{n}", f"b{n}", prompt=f"{n}?", votes=[rng.choice((C, R)) for _ in range(2)]) for n in range(200)
    ]
    finding = found(examples)[Code.LOW_AGREEMENT]
    assert finding.message.startswith("Krippendorff's alpha of the votes is ")
    assert finding.measured is not None
    assert abs(finding.measured) < 0.2
    assert (finding.of, finding.threshold, finding.severity) == (200, 0.2, Severity.WARN)
    assert finding.count == sum(len({vote.verdict for vote in example.votes or []}) > 1 for example in examples)
    assert Code.LOW_AGREEMENT not in found(examples[:19])
    assert Code.LOW_AGREEMENT not in found(examples, DataRules(checks={Code.LOW_AGREEMENT: Severity.OFF}))


def test_preferences_in_a_circle_name_their_lines() -> None:
    finding = found([pair("a", "b"), pair("x", "y"), pair("b", "c"), pair("c", "a")])[Code.PREFERENCE_CYCLE]
    assert finding.message == "3 pairs contradict each other: the preferences of 1 group of answers go in a circle"
    assert (finding.count, finding.of) == (3, 4)
    assert [(place.line, place.detail) for place in finding.places] == [
        (1, "3 answers of which each is better than another in a circle, with lines 3, 4")
    ]


def test_a_tie_another_prompt_or_another_system_message_contradicts_nothing() -> None:
    system = pair("b", "a")
    system.messages.insert(0, {"role": "system", "content": "Be wrong."})
    others = [pair("b", "a", tie=True), pair("b", "a", prompt="3 + 3?"), system]
    assert Code.PREFERENCE_CYCLE not in found([pair("a", "b"), *others])
    assert Code.PREFERENCE_CYCLE in found([pair("a", "b"), *others, pair("b", "a")])


@pytest.mark.parametrize(("first", "what"), [(C, "first"), (R, "second")])
def test_a_position_that_wins(first: Verdict, what: str) -> None:
    examples = [pair("aa", "bb", prompt=f"{n}?", shown_first=first if n < 80 else SWAP[first]) for n in range(100)]
    finding = found(examples)[Code.POSITION_BIAS]
    assert finding.message == (
        f"the answer shown {what} wins 80% of 100 pairs (95 % interval 71% to 87%), more than 60%"
    )
    assert (finding.count, finding.of, finding.threshold) == (80, 100, 0.1)
    assert finding.measured == pytest.approx(0.3)


@pytest.mark.parametrize(("chosen", "rejected", "what"), [("long", "no", "longer"), ("no", "long", "shorter")])
def test_a_length_that_wins(chosen: str, rejected: str, what: str) -> None:
    finding = found([pair(chosen, rejected, prompt=f"{n}?") for n in range(60)])[Code.LENGTH_BIAS]
    assert finding.message == f"the {what} answer wins 100% of 60 pairs (95 % interval 94% to 100%), more than 70%"


def test_a_few_pairs_prove_no_bias() -> None:
    # 3 of 3 and 7 of 8 are compatible with a share below the threshold
    assert found([pair("long", "no", prompt=f"{n}?", shown_first=C) for n in range(3)]) == {}
    eight = [pair("a", "b", prompt=f"{n}?", shown_first=C if n else R) for n in range(8)]
    assert found(eight) == {}


def test_ties_and_equal_lengths_count_for_neither_side() -> None:
    profile = profile_of(
        [
            pair("long", "no", shown_first=C),
            pair("long", "no", tie=True, shown_first=C),
            pair("same", "size", shown_first=R),
            pair("equal", "equal", shown_first=C, votes=[C]),
        ]
    )
    assert (profile.pairs, profile.ties) == (4, 1)
    assert profile.first_wins is not None
    assert (profile.first_wins.pairs, profile.first_wins.share.mean) == (2, 0.5)
    assert profile.longer_wins is not None
    assert (profile.longer_wins.pairs, profile.longer_wins.share.mean) == (1, 1.0)
    assert profile.agreement is None


def test_many_ties() -> None:
    examples = [pair("a", "b", prompt=f"{n}?", tie=n < 70) for n in range(100)]
    finding = found(examples)[Code.MANY_TIES]
    assert finding.message == "70 of 100 pairs are ties, 70% (95 % interval 60% to 78%), more than 50%"
    assert Code.MANY_TIES not in found([pair("a", "b", tie=True)] * 3)


TEXTS = st.sampled_from(["", "a", "bb", "ä", "ccc", "dd"])
EXAMPLES = st.lists(
    st.builds(
        lambda chosen, rejected, prompt, votes, tie, first: pair(
            chosen, rejected, prompt=prompt, votes=votes, tie=tie, shown_first=first
        ),
        TEXTS,
        TEXTS,
        st.sampled_from(["p", "q"]),
        st.none() | st.lists(st.sampled_from([C, R, T]), max_size=4),
        st.booleans(),
        st.sampled_from([None, C, R]),
    ),
    max_size=40,
)


@given(EXAMPLES, st.randoms())
def test_the_order_of_records_makes_no_difference(examples: list[Example], rng) -> None:
    numbered = list(enumerate(examples, 1))
    quality = quality_of(examples)
    rng.shuffle(numbered)
    other = PreferenceQuality()
    for line, example in numbered:
        other.add(line, example)
    assert other.profile() == quality.profile()
    assert other.findings(DataRules()) == quality.findings(DataRules())


@given(EXAMPLES)
def test_which_answer_of_a_tie_is_called_chosen_makes_no_difference(examples: list[Example]) -> None:
    other = [swapped(example) if example.tie else example for example in examples]
    assert quality_of(other).profile() == quality_of(examples).profile()


@given(EXAMPLES)
def test_turning_every_preference_round_mirrors_the_shares_and_keeps_the_rest(examples: list[Example]) -> None:
    turned = [
        msgspec.structs.replace(example, chosen=example.rejected, rejected=example.chosen) for example in examples
    ]
    one, other = quality_of(examples).profile(), quality_of(turned).profile()
    if one is None or other is None:
        assert one is other
        return
    assert (other.circles, other.circle_pairs) == (one.circles, one.circle_pairs)
    if one.longer_wins is None or other.longer_wins is None:
        assert one.longer_wins is other.longer_wins
    else:
        assert other.longer_wins.share.mean == pytest.approx(1 - one.longer_wins.share.mean)
        assert other.longer_wins.share.low == pytest.approx(1 - one.longer_wins.share.high)


@given(EXAMPLES)
def test_a_profile_and_its_findings_survive_json(examples: list[Example]) -> None:
    quality = quality_of(examples)
    profile = quality.profile()
    assert msgspec.json.decode(msgspec.json.encode(profile), type=PreferenceProfile | None) == profile
    findings = quality.findings(DataRules())
    assert msgspec.json.decode(msgspec.json.encode(findings), type=list[Finding]) == findings
