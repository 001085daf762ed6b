"""Near duplicates: what counts as one; none is invented, few are missed; order and batches do not matter."""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rft.datasets.checks import near_duplicates
from rft.datasets.checks.near_duplicates import MISSED, VALUES, NearDuplicates, rows_of_a_band
from rft.datasets.checks.shingles import numbers, shingles

STORY = (
    "A bakery in the old town sells 48 loaves each morning. On Fridays the baker makes half as many again because "
    "the market is open, and 7 of them go to the school for free. How many loaves are sold on a Friday?"
)
WORDS = [f"{a}{b}{c}" for a in "bdfgklmnp" for b in "aeiou" for c in "rstnlm"]


def clusters(texts: list[str], threshold: float = 0.85) -> list[list[int]]:
    search = NearDuplicates(threshold=threshold)
    for row, text in enumerate(texts):
        search.add(row, text)
    return search.clusters()


def similarity(one: str, other: str) -> float:
    a, b = shingles(one), shingles(other)
    return len(a & b) / len(a | b) if a | b else 0.0


def text(seed: int, words: int = 40) -> str:
    return " ".join(random.Random(seed).choices(WORDS, k=words))


@pytest.mark.parametrize(
    "other",
    [
        STORY,
        STORY.upper(),
        STORY.replace(",", "").replace(".", " ;") + "  ",
        STORY.replace(" ", "\n\t"),
        STORY.replace("bakery", "shop"),
        f"\u201c{STORY}\u201d \U0001f956",
    ],
)
def test_trivial_edits_are_near_duplicates(other: str) -> None:
    assert clusters([text(1), STORY, text(2), other]) == [[1, 3]]


@pytest.mark.parametrize(
    "other",
    [
        STORY.replace("48", "52"),
        STORY.replace("7 of", "-7 of"),
        STORY.replace("bakery in the old town", "small shop near our new station").replace("baker", "owner"),
        " ".join(reversed(STORY.split())),
    ],
)
def test_other_numbers_or_many_other_words_are_not(other: str) -> None:
    assert clusters([STORY, other]) == []


def test_problems_of_one_template_stay_apart_however_long_it_is() -> None:
    template = " ".join([STORY] * 5)
    assert clusters([f"{template} The {n} apples are sold." for n in range(200)]) == []


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        (["yes please", "Yes, please!", "yes thanks", "yes"], [[0, 1]]),
        (["", " ", "?!", "...", "\U0001f600"], []),
        (["", "one", "", "One.", "two"], [[1, 3]]),
        (["12 + 5", "12 - 5", "12 5", "12+5"], [[0, 3]]),
        (["1,000 is it", "1000 is it"], []),
        (["\ud800 word", "\ud800 word"], [[0, 1]]),
    ],
)
def test_short_texts(texts: list[str], expected: list[list[int]]) -> None:
    assert clusters(texts) == expected


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Die Größe der Bäume im Wald überrascht alle", "DIE GRÖSSE DER BA\u0308UME IM WALD ÜBERRASCHT ALLE!"),
        ("请把这个句子翻译成英文然后写出三个例子", "请把这个句子翻译成英文，然后写出三个例子。"),
        ("บ้านหลังนี้ใหญ่มาก", "บ้านหลังนี้ใหญ่มาก!"),
    ],
)
def test_words_of_other_scripts(one: str, other: str) -> None:
    assert clusters([one, other]) == [[0, 1]]
    assert len(shingles(one)) > 8


def test_one_character_differs_in_an_unspaced_script() -> None:
    long = "请把这个句子翻译成英文然后写出三个例子再说明每个例子的意思和用法并且给出两个练习题"
    assert clusters([long, long.replace("两", "几")]) == [[0, 1]]
    assert clusters([long, long[::-1]]) == []


def test_a_chain_makes_one_cluster_and_clusters_come_in_the_order_of_their_first_rows() -> None:
    words = text(5, 60).split()
    chain = [" ".join(words[k:] + text(6, 60).split()[:k]) for k in range(0, 12, 3)]
    assert clusters([chain[3], "another one", chain[1], chain[2], "Another one!", chain[0]]) == [[0, 2, 3, 5], [1, 4]]


def test_texts_are_asked_for_where_they_are_not_kept() -> None:
    texts = [text(1), STORY, text(2), STORY.lower()]
    asked: list[int] = []

    def text_of(row: int) -> str:
        asked.append(row)
        return texts[row]

    search = NearDuplicates(text_of=text_of)
    for row, one in enumerate(texts):
        search.add(row, one)
    assert asked == []
    assert search.clusters() == [[1, 3]]
    assert set(asked) == {1, 3}


def test_rows_may_be_negative_and_far_apart_and_clusters_can_be_asked_for_again() -> None:
    search = NearDuplicates()
    search.add(10**9, STORY)
    search.add(-1, STORY)
    assert search.clusters() == search.clusters() == [[-1, 10**9]]
    search.add(5, STORY.upper())
    assert search.clusters() == [[-1, 5, 10**9]]


def test_thousands_of_equal_and_of_borderline_texts_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    compared = 0
    near = near_duplicates._Search._near

    def counted(search: near_duplicates._Search, first: int, second: int) -> bool:
        nonlocal compared
        compared += 1
        return near(search, first, second)

    monkeypatch.setattr(near_duplicates._Search, "_near", counted)
    base = text(1, 150)
    assert clusters([base] * 3000) == [list(range(3000))]
    assert compared == 2999
    compared = 0
    clusters([f"{base} {text(seed, 16)}" for seed in range(1000)])
    assert compared <= 1000 * near_duplicates.TRIALS


def test_at_most_the_stated_share_is_missed_and_nothing_is_invented() -> None:
    rng = random.Random(7)
    texts: list[str] = []
    pairs: list[tuple[int, int]] = []
    for seed in range(400):
        words = text(seed, 120).split()
        changed = list(words)
        for place in rng.sample(range(120), rng.randrange(1, 14)):
            changed[place] = rng.choice(WORDS)
        pairs.append((len(texts), len(texts) + 1))
        texts += [" ".join(words), " ".join(changed)]
    near = {pair for pair in pairs if similarity(texts[pair[0]], texts[pair[1]]) >= 0.85}
    assert 100 < len(near) < 350
    found = {(cluster[0], cluster[1]) for cluster in clusters(texts)}
    assert found <= near
    assert len(near - found) <= 0.01 * len(near)


@pytest.mark.parametrize("threshold", [0.5, 0.6, 0.7, 0.8, 0.85, 0.9, 1.0])
def test_bands_miss_little_at_every_threshold(threshold: float) -> None:
    rows = rows_of_a_band(threshold)
    assert (1 - threshold**rows) ** (VALUES // rows) <= MISSED


@given(
    st.lists(st.one_of(st.text(max_size=40), st.sampled_from(["a b c", "A, b c", "a b d", STORY, STORY.upper()]))),
    st.randoms(use_true_random=False),
    st.integers(1, 300),
)
@settings(max_examples=60)
def test_clusters_depend_on_the_texts_alone(texts: list[str], rng: random.Random, batch: int) -> None:
    expected = clusters(texts)
    rows = list(range(len(texts)))
    rng.shuffle(rows)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(near_duplicates, "BATCH", batch)
        search = NearDuplicates()
        for row in rows:
            search.add(row, texts[row])
        assert search.clusters() == expected
    for cluster in expected:
        for row in cluster:
            assert any(
                similarity(texts[row], texts[other]) >= 0.85 and numbers(texts[row]) == numbers(texts[other])
                for other in cluster
                if other != row
            )
    equal: dict[frozenset[bytes], list[int]] = {}
    for row, one in enumerate(texts):
        if shingles(one) and not numbers(one):
            equal.setdefault(shingles(one), []).append(row)
    of = {row: place for place, cluster in enumerate(expected) for row in cluster}
    for same in equal.values():
        assert len(same) == 1 or len({of[row] for row in same}) == 1
