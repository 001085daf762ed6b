"""A model's judgement on held-out pairs: figures that a person can check, and when it is refused."""

from array import array
from math import exp, sqrt

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rft.reward_model.judging import BINS, Judgement, judge
from rft.reward_model.pairs import Pair
from rft.rewards.model import RewardModel
from rft.rewards.model.features import FIRST, SIZE, grams


def model_of(words: dict[str, float] | None = None, *, length: float = 0.0) -> RewardModel:
    """Return a model that likes words, and length."""
    weights = array("f", [0.0]) * SIZE
    weights[0] = length
    for word, weight in (words or {}).items():
        for place in grams(word):
            weights[place] = weight
    return RewardModel(weights, scales=[2.0] * FIRST, lows=[0.0] * FIRST, highs=[9.0] * FIRST)


def pair(better: str, worse: str, *, number: int = 0, **fields) -> Pair:
    given = {"prompt": f"{number}?", "tie": False, "group": number, "line": number + 1, **fields}
    return Pair(better=better, worse=worse, **given)


YES = model_of({"yes": 1.0})


def test_a_model_that_is_right_is_accepted() -> None:
    pairs = [pair("yes", "no!", number=n) for n in range(18)] + [pair("no!", "yes", number=n) for n in range(2)]
    judgement = judge(YES, pairs)
    assert judgement.refused == []
    assert judgement.accuracy is not None
    assert (judgement.pairs, judgement.accuracy.share.mean) == (20, 0.9)
    assert judgement.longer_wins == 0.5
    assert judgement.gain is not None
    assert judgement.gain.mean == pytest.approx(0.4)


def test_what_may_be_chance_is_refused() -> None:
    pairs = [pair("yes", "no!", number=n) for n in range(12)] + [pair("no!", "yes", number=n) for n in range(8)]
    assert judge(YES, pairs).refused == [
        "it is right on 60.0% of 20 held-out pairs (95 % interval 38.7% to 78.1%), which may be chance; add pairs, or "
        "sharpen what annotators are asked"
    ]


@pytest.mark.parametrize(("length", "rule"), [(1.0, "longer"), (-1.0, "shorter")])
def test_a_model_that_knows_length_alone_is_refused(length: float, rule: str) -> None:
    pairs = [pair("a long one", "short", number=n) for n in range(40)]
    if rule == "shorter":
        pairs = [msgspec.structs.replace(one, better=one.worse, worse=one.better) for one in pairs]
    judgement = judge(model_of(length=length), pairs)
    assert judgement.accuracy is not None
    assert judgement.accuracy.share.mean == 1.0
    assert judgement.refused == [
        f"it is right on 100.0% of 40 held-out pairs, and the rule that the {rule} answer wins on 100.0%; add pairs "
        "whose answers are alike in length"
    ]
    assert judgement.prefers_longer == (1.0 if rule == "longer" else 0.0)


@pytest.mark.parametrize("pairs", [[], [pair("yes", "no", tie=True)], [pair("yes", "no")]])
def test_without_held_out_pairs_nothing_is_accepted(pairs: list[Pair]) -> None:
    assert judge(YES, pairs).refused == ["there are too few held-out pairs without ties to say anything; add pairs"]


def test_undecided_is_not_right() -> None:
    judgement = judge(YES, [pair("a", "b", number=n) for n in range(30)])
    assert judgement.accuracy is not None
    assert judgement.accuracy.share.mean == 0.0
    assert judgement.log_loss == pytest.approx(0.693147, abs=1e-6)


def test_calibration_holds_what_was_said_against_what_was() -> None:
    pairs = [pair("yes", "no!", number=n) for n in range(3)] + [pair("no!", "yes", number=3)]
    judgement = judge(model_of({"yes": 0.2}), pairs)
    (one,) = judgement.calibration
    sure = 1 / (1 + exp(-0.2 * sqrt(len(grams("yes")))))
    assert (one.pairs, one.was.mean) == (4, 0.75)
    assert one.said == pytest.approx(sure, abs=1e-6)
    assert judgement.calibration_error == pytest.approx(abs(sure - 0.75), abs=1e-6)


def test_slices_by_category_and_agreement() -> None:
    pairs = [
        pair("yes", "no!", number=1, category="billing", unanimous=True),
        pair("yes", "no!", number=2, category="billing", unanimous=True),
        pair("no!", "yes", number=3, category="account", unanimous=False),
        pair("no!", "yes", number=4),
    ]
    judgement = judge(YES, pairs)
    assert [(hits.name, hits.pairs, hits.share.mean) for hits in judgement.by_category] == [
        ("billing", 2, 1.0),
        ("account", 1, 0.0),
    ]
    assert [(hits.name, hits.pairs, hits.share.mean) for hits in judgement.by_agreement] == [
        ("unanimous", 2, 1.0),
        ("divided", 1, 0.0),
    ]


def test_words_and_wrong_pairs_are_shown_as_text() -> None:
    pairs = [pair("yes", "oh nö", number=n) for n in range(2, 7)] + [pair("oh nö, " + "x" * 500, "yes", number=1)]
    judgement = judge(model_of({"yes": 1.0, "nö": -2.0}, length=0.125), pairs)
    usual = sqrt(len(grams("oh nö")))
    (liked,), (disliked,) = judgement.liked, judgement.disliked
    assert (liked.text, disliked.text) == ("yes", "nö")
    assert liked.weight == pytest.approx(4 / usual)  # ye, es, yes, and the word
    assert disliked.weight == pytest.approx(-4 / usual)
    assert judgement.measures[0] == msgspec.structs.replace(judgement.measures[0], text="length", weight=0.25)
    (wrong,) = judgement.wrong
    assert (wrong.line, wrong.worse, len(wrong.better)) == (2, "yes", 200)
    assert wrong.said < 0.5


PAIRS = st.lists(
    st.builds(
        pair,
        st.text(max_size=12),
        st.text(max_size=12),
        number=st.integers(0, 5),
        tie=st.booleans(),
        category=st.text(),
    ),
    max_size=12,
)


@given(PAIRS)
def test_any_pairs_are_judged_and_counts_add_up(pairs: list[Pair]) -> None:
    judgement = judge(YES, pairs)
    assert judgement.pairs + judgement.ties == len(pairs)
    assert sum(one.pairs for one in judgement.calibration) == judgement.pairs
    assert len(judgement.calibration) <= BINS
    assert msgspec.json.decode(msgspec.json.encode(judgement), type=Judgement) == judgement
