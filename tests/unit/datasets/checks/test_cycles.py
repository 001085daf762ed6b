"""Circles of preferences, held against networkx on generated graphs."""

import random
from array import array

import networkx
from hypothesis import given
from hypothesis import strategies as st

from rft.datasets.checks.cycles import ROUNDS, Circle, Cycles, components
from rft.datasets.findings import SHOWN

PAIRS = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 7), st.integers(0, 7)), max_size=60)


def circles_of(pairs, *, most: int = 10_000) -> list[Circle]:
    cycles = Cycles(most)
    for line, (prompt, better, worse) in enumerate(pairs, 1):
        cycles.add(line, prompt, better, worse)
    return cycles.circles()


def test_a_pair_judged_both_ways_is_a_circle_of_two() -> None:
    assert circles_of([(1, 10, 20), (1, 20, 30), (1, 20, 10)]) == [Circle(2, 2, [1, 3])]


def test_three_answers_in_a_circle_and_a_fourth_below() -> None:
    assert circles_of([(1, 1, 2), (1, 2, 3), (1, 3, 1), (1, 3, 4), (1, 1, 4)]) == [Circle(3, 3, [1, 2, 3])]


def test_equal_answers_to_other_prompts_do_not_contradict() -> None:
    assert circles_of([(1, 10, 20), (2, 20, 10)]) == []
    assert circles_of([(7, 7, 9), (9, 9, 7), (8, 9, 7), (8, 8, 9)]) == []  # answers that repeat their prompts


def test_the_same_pair_again_and_an_answer_beside_itself_are_no_circle() -> None:
    assert circles_of([(1, 1, 2), (1, 1, 2), (1, 3, 3)]) == []
    assert circles_of([]) == []


@given(PAIRS)
def test_circles_are_the_components_that_networkx_finds(pairs) -> None:
    expected = []
    for prompt in {prompt for prompt, _, _ in pairs}:
        graph = networkx.DiGraph((better, worse) for of, better, worse in pairs if of == prompt and better != worse)
        for nodes in networkx.strongly_connected_components(graph):
            inside = [
                line
                for line, (of, better, worse) in enumerate(pairs, 1)
                if of == prompt and better != worse and {better, worse} <= nodes
            ]
            if inside:
                expected.append(Circle(len(nodes), len(inside), inside[:SHOWN]))
    assert circles_of(pairs) == sorted(expected, key=lambda circle: circle.lines)


@given(PAIRS, st.randoms())
def test_the_order_of_pairs_does_not_matter(pairs, rng) -> None:
    numbered = list(enumerate(pairs))
    rng.shuffle(numbered)
    cycles = Cycles()
    for line, (prompt, better, worse) in numbered:
        cycles.add(line + 1, prompt, better, worse)
    assert cycles.circles() == circles_of(pairs)


@given(PAIRS, st.randoms(), st.integers(0, 30))
def test_what_is_left_out_for_room_is_whole_prompts_whatever_the_order(pairs, rng, most: int) -> None:
    numbered = [(line, prompt << 62, better, worse) for line, (prompt, better, worse) in enumerate(pairs, 1)]
    held = []
    for _ in range(2):
        cycles, roomy = Cycles(most), Cycles()
        for pair in numbered:
            cycles.add(*pair)
        kept = [pair for pair in numbered if pair[1] < cycles.share * 2**64]
        for pair in kept:
            roomy.add(*pair)
        assert len(kept) <= most
        assert cycles.circles() == roomy.circles()
        held.append((cycles.share, cycles.circles()))
        rng.shuffle(numbered)
    assert held[0] == held[1]
    assert (held[0][0] == 1) == (len(pairs) <= most)


def test_long_chains_and_long_circles_need_no_deep_recursion() -> None:
    length = 50_000
    chain = [(1, place, place + 1) for place in range(length)]
    assert length > ROUNDS
    assert circles_of(chain, most=10**6) == []
    assert circles_of([*chain, (1, length, 0)], most=10**6) == [
        Circle(length + 1, length + 1, list(range(1, SHOWN + 1)))
    ]


def test_components_of_a_random_graph() -> None:
    rng = random.Random(3)
    for nodes in (1, 2, 30, 400):
        edges = sorted((rng.randrange(nodes), rng.randrange(nodes)) for _ in range(nodes * 2))
        starts = array("q", [sum(tail < node for tail, _ in edges) for node in range(nodes + 1)])
        found = components(starts, array("q", [head for _, head in edges]))
        graph = networkx.DiGraph(edges)
        graph.add_nodes_from(range(nodes))
        groups: dict[int, set[int]] = {}
        for node, component in enumerate(found):
            groups.setdefault(component, set()).add(node)
        expected = [set(nodes) for nodes in networkx.strongly_connected_components(graph)]
        assert sorted(map(sorted, groups.values())) == sorted(map(sorted, expected))
