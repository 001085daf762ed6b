import pytest
from hypothesis import given
from hypothesis import strategies as st

from rft.evaluation.agreement import cohen_kappa

VERDICTS = st.lists(st.tuples(st.booleans(), st.booleans()), min_size=1, max_size=60)


def table(both: int, first: int, second: int, neither: int) -> list[tuple[bool, bool]]:
    return [(True, True)] * both + [(True, False)] * first + [(False, True)] * second + [(False, False)] * neither


@pytest.mark.parametrize(
    ("counts", "kappa"),
    [((20, 5, 10, 15), 0.4), ((45, 15, 25, 15), 0.1304347826), ((25, 35, 5, 35), 0.2592592593), ((5, 5, 5, 5), 0.0)],
)
def test_counts_by_hand(counts: tuple[int, int, int, int], kappa: float) -> None:
    """Agreed 0.7, by chance 0.5: 0.4. The others in the same way; the last two agree as often, one by chance."""
    assert cohen_kappa(table(*counts)) == pytest.approx(kappa)


def test_it_is_not_defined_where_chance_always_agrees() -> None:
    assert cohen_kappa([]) is None
    assert cohen_kappa([(True, True)] * 9) is None


@given(VERDICTS)
def test_bounds_and_symmetry(pairs: list[tuple[bool, bool]]) -> None:
    found = cohen_kappa(pairs)
    assert found == cohen_kappa([(second, first) for first, second in pairs])
    if found is not None:
        assert -1 <= found <= 1
        assert (found == 1) == all(first == second for first, second in pairs)
