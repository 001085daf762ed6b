"""A fresh account for each test, its champions served on demand or by provisioned throughput."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from msgspec.structs import replace

from rft.aws import clients, environment, tasks
from rft.keys import Serving
from rft.settings import ServingSettings, Settings, load_settings
from tests.contract.launching import LaunchWorld
from tests.contract.world import World

ROOT = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def fresh_process(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("LAMBDA_TASK_ROOT", str(ROOT))
    cached = [environment.surroundings, tasks.packaged_tasks]
    cached += [value for value in vars(clients).values() if hasattr(value, "cache_clear")]
    for function in cached:
        function.cache_clear()
    yield
    for function in cached:
        function.cache_clear()


def account(mode: Serving, monkeypatch: pytest.MonkeyPatch) -> World:
    """Return an account whose champions serve in this way."""
    return World(settings_of(mode), monkeypatch)


def launch_account(monkeypatch: pytest.MonkeyPatch) -> LaunchWorld:
    """Return an account for the steps up to the trained model."""
    return LaunchWorld(settings_of(Serving.PROVISIONED), monkeypatch)


def settings_of(mode: Serving) -> Settings:
    """Return the settings of the environment local with this way of serving."""
    settings = load_settings(ROOT / "environments" / "local.toml")
    return replace(settings, serving=ServingSettings(mode=mode, provisioned=settings.serving.provisioned))


@pytest.fixture
def provisioned(monkeypatch: pytest.MonkeyPatch) -> World:
    return account(Serving.PROVISIONED, monkeypatch)


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> World:
    return account(Serving.ON_DEMAND, monkeypatch)


@pytest.fixture
def launch(monkeypatch: pytest.MonkeyPatch) -> LaunchWorld:
    return launch_account(monkeypatch)
