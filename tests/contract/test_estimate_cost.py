"""EstimateCost: a run that would cost too much is found before anything is paid."""

import pytest
from msgspec.structs import replace

from rft.aws import environment
from rft.aws.environment import Variable
from rft.errors import OverBudget
from rft.keys import Step
from rft.settings import encode_settings
from tests.contract.launching import CREATING, LaunchWorld

RUN = {"run_id": "arithmetic-1"}


def test_the_forecast_is_recorded(launch: LaunchWorld) -> None:
    launch.ready()
    answer = launch.invoke(Step.ESTIMATE_COST, **RUN)
    found = launch.run().forecast
    assert found
    assert answer == {"total_usd": found.total_usd}
    assert 0 < found.total_usd <= launch.settings.caps.max_run_usd


def test_a_forecast_above_the_cap_ends_the_run_and_is_kept(
    launch: LaunchWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    launch.ready()
    caps = replace(launch.settings.caps, max_run_usd=1.0)
    monkeypatch.setenv(Variable.SETTINGS, encode_settings(replace(launch.settings, caps=caps)))
    environment.surroundings.cache_clear()
    with pytest.raises(OverBudget, match=r"max_run_usd 1\.00"):
        launch.invoke(Step.ESTIMATE_COST, **RUN)
    assert launch.run().forecast
    assert not launch.made(*CREATING)


def test_an_estimate_without_a_dataset_says_so(launch: LaunchWorld) -> None:
    launch.ready()
    launch.store.update("arithmetic-1", dataset=None)
    with pytest.raises(ValueError, match="no dataset version"):
        launch.invoke(Step.ESTIMATE_COST, **RUN)
