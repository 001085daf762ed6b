"""Agreement of annotators, held against the package krippendorff and against figures worked by hand."""

import random
from collections import Counter

import krippendorff
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rft.datasets.checks.agreement import CROWD, NAME, NAMED, Agreement, Annotator
from rft.datasets.items import Verdict, Vote

C, R, T = Verdict.CHOSEN, Verdict.REJECTED, Verdict.TIE
SWAP = {C: R, R: C, T: T}
PAIRS = st.lists(st.lists(st.sampled_from([C, R, T]), max_size=6), max_size=40)


def votes_of(*verdicts: Verdict) -> list[Vote]:
    return [Vote(f"ann{place}", verdict) for place, verdict in enumerate(verdicts)]


def agreement_of(pairs: list[list[Verdict]]) -> Agreement:
    agreement = Agreement()
    for verdicts in pairs:
        agreement.add(votes_of(*verdicts), swapped=False)
    return agreement


@given(PAIRS)
def test_alpha_is_that_of_the_package_krippendorff(pairs: list[list[Verdict]]) -> None:
    alpha = agreement_of(pairs).alpha()
    counts = [[verdicts.count(verdict) for verdict in (C, R, T)] for verdicts in pairs]
    values = Counter(verdict for verdicts in pairs if len(verdicts) > 1 for verdict in verdicts)
    if len(values) < 2:
        assert alpha is None  # nothing varies: the package says 1 or refuses
    else:
        expected = krippendorff.alpha(value_counts=counts, level_of_measurement="nominal")
        assert alpha == pytest.approx(expected, abs=1e-9)


def test_alpha_by_hand() -> None:
    # four pairs with two votes: n = 8, n_first = 5, n_second = 3, one pair differs: D = 2, E = 64 - 25 - 9 = 30
    agreement = agreement_of([[C, C], [C, C], [R, R], [C, R]])
    assert agreement.alpha() == pytest.approx(1 - 7 * 2 / 30)
    profile = agreement.profile()
    assert profile is not None
    assert (profile.pairs, profile.unanimous, profile.annotators) == (4, 0.75, 2)


def test_votes_name_texts_not_winners() -> None:
    # by winner all say "chosen" and nothing varies; by text they agree on answers that differ from pair to pair
    agreement = Agreement()
    for place in range(10):
        agreement.add(votes_of(C, C, C), swapped=place % 2 == 0)
    assert agreement.alpha() == 1.0


def test_chance_has_alpha_near_0_though_the_majority_is_always_chosen() -> None:
    rng = random.Random(5)
    agreement = Agreement()
    for _ in range(4000):
        said = [rng.choice((C, R)) for _ in range(3)]
        swapped = said.count(C) < 2  # the converter calls the majority's answer chosen
        agreement.add(votes_of(*(SWAP[one] if swapped else one for one in said)), swapped=swapped)
    assert agreement.alpha() == pytest.approx(0, abs=0.03)


@given(PAIRS, st.randoms())
def test_neither_the_order_of_pairs_nor_which_answer_is_called_chosen_matters(pairs, rng) -> None:
    profile = agreement_of(pairs).profile()
    rng.shuffle(pairs)
    other = Agreement()
    for verdicts in pairs:
        swapped = rng.random() < 0.5
        other.add(votes_of(*(SWAP[verdict] if swapped else verdict for verdict in verdicts)), swapped=swapped)
    assert other.profile() == profile


def test_an_annotator_is_compared_with_most_of_the_others() -> None:
    profile = agreement_of([[C, C, R], [R, C, C], [C, R, T], [T]]).profile()
    assert profile is not None
    # pair 1: ann0 and ann1 have others C+R, no majority; ann2 has C, C and differs. Pair 2 mirrors it; pair 3 has none
    assert profile.most_active == [
        Annotator(name="ann0", votes=4, compared=1, agreed=0),
        Annotator(name="ann1", votes=3, compared=0, agreed=0),
        Annotator(name="ann2", votes=3, compared=1, agreed=0),
    ]
    assert profile.alpha is not None
    assert profile.unanimous == 0.0


def test_without_votes_there_is_no_profile_and_with_single_ones_no_alpha() -> None:
    assert Agreement().profile() is None
    profile = agreement_of([[C], [R]]).profile()
    assert profile is not None
    assert (profile.pairs, profile.alpha, profile.unanimous, profile.annotators) == (0, None, None, 1)


def test_a_crowd_is_counted_without_names() -> None:
    agreement = Agreement()
    for place in range(CROWD):
        agreement.add([Vote(f"worker{place}", C), Vote("x" * 200, C)], swapped=False)
        if place == NAMED:
            early = agreement.profile()
            assert early is not None
            assert len(early.most_active) == NAMED
            assert early.most_active[0].name == "x" * NAME
    profile = agreement.profile()
    assert profile is not None
    assert (profile.pairs, profile.annotators, profile.most_active) == (CROWD, None, [])
