"""Training with embeddings: what n-grams cannot see is found, and the report says what it is worth."""

import io
import json
import random
from array import array

import pytest

from rft.datasets.rules import DataRules
from rft.keys import Split
from rft.reward_model.dense import FAIR, Dense
from rft.reward_model.embedded import embed, embeddings_of
from rft.reward_model.intake import read_preferences
from rft.reward_model.judging import judge
from rft.reward_model.making import make
from rft.reward_model.pairs import Pair
from rft.reward_model.rows import Rows
from rft.reward_model.rules import MOST_EMBEDDED
from rft.reward_model.solver import solving
from rft.reward_model.training import Trained, train
from rft.reward_model.version import make_of_version
from rft.rewards.errors import BedrockUnavailable
from rft.rewards.model.features import SIZE
from tests.unit.reward_model.preferences import LocalVectors, make_fitting, make_pairs
from tests.unit.rewards.judging.fake_bedrock import fake_bedrock, refusal


def lines_of(pairs: list[Pair]) -> list[bytes]:
    rows = [{"prompt": pair.prompt, "chosen": pair.better, "rejected": pair.worse} for pair in pairs]
    return [json.dumps(row).encode() + b"\n" for row in rows]


@pytest.fixture(scope="module")
def trained() -> Trained:
    return train(make_fitting(240), None, LocalVectors())


def right(trained: Trained) -> float:
    judgement = judge(trained.model, make_fitting(200, seed=9))
    assert judgement.accuracy
    return judgement.accuracy.share.mean


def test_an_answers_fit_to_its_prompt_is_found_which_n_grams_cannot_see(trained: Trained) -> None:
    assert right(trained) > 0.95
    assert right(train(make_fitting(240))) < 0.7


def test_what_n_grams_can_see_is_still_found() -> None:
    model = train(make_pairs(240, ties=0.1), None, LocalVectors()).model
    unseen = make_pairs(200, seed=2, noise=0.0)
    assert sum(model.preference(pair.prompt, pair.better, pair.worse) > 0.5 for pair in unseen) > 195


def test_the_same_pairs_give_the_same_file(trained: Trained) -> None:
    assert train(make_fitting(240), None, LocalVectors()).model.to_bytes() == trained.model.to_bytes()


def test_the_grader_gives_answers_the_worths_that_training_gave_them() -> None:
    rows, rng = Rows(make_fitting(60), LocalVectors()), random.Random(1)
    weights = array("f", (rng.gauss(0, 0.1) for _ in range(rows.places)))
    model = rows.model(weights, 2.0)
    assert model.meaning
    model.meaning.vector_of = LocalVectors()
    for row, pair in enumerate(rows.pairs):
        ahead = model.liked(pair.prompt, pair.better) - model.liked(pair.prompt, pair.worse)
        assert ahead == pytest.approx(2 * rows.margin(row, weights), abs=1e-3)


def test_a_row_names_measures_n_grams_and_embeddings_apart() -> None:
    pairs = make_fitting(60)
    rows = Rows(pairs, LocalVectors())
    assert list(rows.used)[-512:] == list(range(SIZE, SIZE + 512)) == list(range(SIZE, rows.places))
    for text in rows.texts():
        names = [int(part.split(":")[0]) for part in text.split("|")[1].split()]
        assert len(set(names)) == len(names)
        assert max(names) < len(rows.used)
    with solving(rows) as solver:
        weights = solver.fit(range(len(pairs)), 30.0)
    assert any(weights[SIZE : SIZE + 256])
    assert any(weights[SIZE + 256 :])


def test_either_block_is_scaled_to_a_share_of_the_n_grams() -> None:
    dense = Dense(make_fitting(60), LocalVectors(), size=400.0)
    for block in (slice(256), slice(256, 512)):
        lengths = [sum(value * value for value in row[block]) for row in dense.rows]
        assert sum(lengths) / len(lengths) == pytest.approx(400 * FAIR, rel=1e-4)


def test_answers_without_meaning_train_to_nothing() -> None:
    class Mute(LocalVectors):
        def __call__(self, text: str) -> list[float]:
            return [0.0] * self.dimensions

    model = train(make_pairs(60), None, Mute()).model
    assert model.meaning
    assert not any(model.meaning.weights)


def test_the_report_says_what_embeddings_are_worth() -> None:
    told: list[str] = []
    pairs = make_fitting(300)
    preferences = read_preferences(io.BytesIO(b"".join(lines_of(pairs))), DataRules())
    vectors = LocalVectors()
    model, report = make(preferences, share=0.3, progress=told.append, vectors=vectors)
    assert model
    found, held_out = report.embeddings, report.held_out
    assert found
    assert found.without
    assert found.gain
    assert held_out
    assert held_out.accuracy
    assert (found.model, found.dimensions) == (vectors.model, 256)
    assert found.texts == len(vectors.asked) == len(set(vectors.asked))
    assert held_out.accuracy.share.mean - found.without.mean == pytest.approx(found.gain.mean)
    assert found.gain.low > 0.1
    assert f"embedding texts, 0 of {found.texts} done" in told
    _, plain = make(preferences, share=0.3)
    assert plain.held_out
    assert plain.held_out.accuracy
    assert plain.embeddings is None
    assert plain.held_out.accuracy.share == found.without


def test_too_few_pairs_are_refused_before_anything_is_embedded() -> None:
    preferences = read_preferences(io.BytesIO(b"".join(lines_of(make_fitting(20)))), DataRules())
    vectors = LocalVectors()
    model, report = make(preferences, share=0.2, vectors=vectors)
    assert model is None
    assert report.refused
    assert not vectors.asked


def test_of_a_dataset_version_at_most_so_many_pairs_are_embedded(monkeypatch: pytest.MonkeyPatch) -> None:
    assert MOST_EMBEDDED == 4_000
    monkeypatch.setattr("rft.reward_model.version.MOST_EMBEDDED", 200)
    rows = [
        {"messages": [{"role": "user", "content": pair.prompt}], "chosen": pair.better, "rejected": pair.worse}
        for pair in make_fitting(360)
    ]
    lines = [json.dumps(row).encode() for row in rows]
    splits = {Split.TRAIN: lines[:240], Split.VALIDATION: [], Split.TEST: lines[240:]}
    vectors = LocalVectors()
    _, report = make_of_version(splits, DataRules(), vectors)
    assert report.seen == 360
    assert report.used <= 200
    assert report.embeddings
    assert report.embeddings.texts == len(vectors.asked) <= 3 * report.used


def test_an_outage_ends_training() -> None:
    with fake_bedrock() as bedrock:
        bedrock.embed = lambda _: refusal("AccessDeniedException")
        with pytest.raises(BedrockUnavailable, match="AccessDeniedException"):
            embed(make_fitting(3), embeddings_of("amazon.titan-embed-text-v2:0", 256), lambda _: None)
