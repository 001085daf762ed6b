import os

import pytest


@pytest.mark.skipif("PYTEST_XDIST_WORKER" not in os.environ, reason="only workers have groups")
@pytest.mark.xdist_group("together")
def test_groups_are_heeded(request: pytest.FixtureRequest) -> None:
    """Some versions of pytest and pytest-xdist forget groups silently; then each worker starts every embedded AWS."""
    assert request.node.nodeid.endswith("@together")
