"""Texts become vectors: each is asked once, nothing is asked of no text, and what is no vector is an outage."""

import json
import threading
import time
from collections.abc import Iterator
from math import sqrt
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from local.bedrock.embeddings import embedding as local_embedding
from rft.rewards.embedding import BYTES, Embeddings, _sent
from rft.rewards.errors import BedrockUnavailable
from rft.rewards.model.meaning import MODELS
from tests.unit.rewards.judging.fake_bedrock import FakeBedrock, fake_bedrock, refusal

MODEL = MODELS[0]


@pytest.fixture
def bedrock() -> Iterator[FakeBedrock]:
    with fake_bedrock() as service:
        yield service


def asking(**settings: Any) -> Embeddings:
    return Embeddings(**{"model": MODEL, "dimensions": 256, "parallel": 4, **settings})


def sent(bedrock: FakeBedrock) -> list[str]:
    return [json.loads(one["body"])["inputText"] for one in bedrock.requests]


def test_a_request_is_as_the_model_takes_it(bedrock: FakeBedrock) -> None:
    vector = asking(dimensions=512)("The garden.")
    assert len(vector) == 512
    assert sqrt(sum(value * value for value in vector)) == pytest.approx(1, abs=1e-5)
    (request,) = bedrock.requests
    assert request["modelId"] == MODEL
    assert request["contentType"] == request["accept"] == "application/json"
    assert json.loads(request["body"]) == {"inputText": "The garden.", "dimensions": 512, "normalize": True}


def test_each_text_is_asked_once(bedrock: FakeBedrock) -> None:
    embeddings = asking()
    embeddings.prepare(["a", "b", "a"], None)
    embeddings.prepare(["b", "c"], None)
    assert embeddings("a") == embeddings("a") != embeddings("c")
    assert sorted(sent(bedrock)) == ["a", "b", "c"]


def test_a_text_without_a_word_is_zeros_and_never_sent(bedrock: FakeBedrock) -> None:
    embeddings = asking()
    silent = ["", " \n\t", "\u200b", "?!", "\U0001f44d"]
    embeddings.prepare(silent, None)
    assert [list(embeddings(text)) for text in silent] == [[0.0] * 256] * 5
    assert not bedrock.requests


@given(st.text(st.characters(), max_size=40).map(lambda text: text * 400))
def test_whatever_the_text_what_is_sent_has_no_more_tokens_than_the_model_takes(text: str) -> None:
    cut = _sent(text)
    assert len(cut.encode()) <= BYTES <= 8_192  # a token has a byte at least
    assert len(cut) == len(text) or len(cut.encode()) > BYTES - 4 or len(cut) >= BYTES


def test_what_is_cut_alike_is_asked_once(bedrock: FakeBedrock) -> None:
    embeddings = asking()
    assert embeddings("long " * 5_000) == embeddings("long " * 6_000)
    assert [len(text) for text in sent(bedrock)] == [BYTES]


def test_texts_are_asked_in_parallel(bedrock: FakeBedrock) -> None:
    together = threading.Barrier(4, timeout=20)

    def embed(body: bytes) -> Any:
        together.wait()
        return local_embedding(body)

    bedrock.embed = embed
    asking().prepare(["a", "b", "c", "d"], None)


def test_the_oldest_vectors_go_but_never_those_just_prepared(bedrock: FakeBedrock) -> None:
    embeddings = asking(kept=2)
    embeddings.prepare(["a", "b", "c"], None)
    assert [len(embeddings(text)) for text in "abc"] == [256] * 3
    assert len(bedrock.requests) == 3
    embeddings.prepare(["d"], None)
    embeddings.prepare(["a"], None)
    assert sent(bedrock)[3:] == ["d", "a"]


@pytest.mark.parametrize(
    "body",
    [
        b"no json",
        b"[]",
        b'{"embedding": [1.0]}',
        b'{"embedding": null}',
        b'{"embedding": ["1"]}',
        json.dumps({"embedding": [1e300] * 256}).encode(),
        json.dumps({"embedding": [float("nan")] * 256}).encode(),
        b"[" * 100_000,
    ],
)
def test_an_answer_that_is_no_vector_is_an_outage(bedrock: FakeBedrock, body: bytes) -> None:
    bedrock.embed = lambda _: body
    with pytest.raises(BedrockUnavailable, match=f"{MODEL} gave no usable embedding"):
        asking()("a")


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("AccessDeniedException", "has access to the model, and that the stacks were deployed"),
        ("ThrottlingException", "raise the account's quota"),
        ("ValidationException", "one of text embeddings"),
    ],
)
def test_an_outage_names_model_and_fix(bedrock: FakeBedrock, code: str, said: str) -> None:
    bedrock.embed = lambda _: refusal(code)
    with pytest.raises(BedrockUnavailable, match=f"invoke_model of {MODEL}: {code}: .*{said}"):
        asking()("a")


def test_a_deadline_is_kept(bedrock: FakeBedrock) -> None:
    let_go = threading.Event()

    def embed(body: bytes) -> Any:
        let_go.wait(5)
        return local_embedding(body)

    bedrock.embed = embed
    with pytest.raises(BedrockUnavailable, match="2 of 2 texts had no embedding in time"):
        asking().prepare(["a", "b"], time.monotonic() + 0.05)
    let_go.set()


def test_an_answer_that_breaks_off_is_an_outage(bedrock: FakeBedrock) -> None:
    bedrock.breaks_off = True
    with pytest.raises(BedrockUnavailable, match=f"invoke_model of {MODEL}: ReadTimeoutError"):
        asking()("a")
