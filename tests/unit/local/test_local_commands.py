import json
from collections.abc import Callable
from pathlib import Path

import pytest

import local.command  # noqa: F401  adds `rft local` and `rft demo` to the command line
from local import background
from local import cli as module
from local.background import Running
from local.deploy import DeployError
from rft.cli.main import app
from rft.cli.session import Session, run

RUNNING = Running(
    url="http://127.0.0.1:4566",
    bedrock_url="http://127.0.0.1:4700",
    pids=[11, 12],
    started=[1, 1],
    folder="f",
    since=0.0,
)
Rft = Callable[..., tuple[int, str, str]]


@pytest.fixture
def rft(capsys: pytest.CaptureFixture[str]) -> Rft:
    def call(*arguments: str) -> tuple[int, str, str]:
        code = run(app, arguments, Session(), also_no_aws=(DeployError,))
        printed = capsys.readouterr()
        return code, printed.out, printed.err

    return call


@pytest.fixture(params=[True, False], ids=["up", "down"])
def is_up(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> bool:
    monkeypatch.setattr(background, "status", lambda: RUNNING if request.param else None)
    return bool(request.param)


def test_status_says_it_by_exit_code_and_in_json(rft: Rft, is_up: bool) -> None:
    code, out, _ = rft("local", "status", "--json")
    assert code == (0 if is_up else 3)
    assert json.loads(out)["up"] is is_up


def test_env_prints_lines_for_a_shell(rft: Rft, is_up: bool) -> None:
    code, out, err = rft("local", "env")
    if is_up:
        assert code == 0
        assert "export AWS_ENDPOINT_URL=http://127.0.0.1:4566\n" in out
        assert all(line.startswith("export AWS_") for line in out.splitlines())
    else:
        assert (code, out) == (3, "")
        assert "rft local up" in err


def test_down_is_safe_to_repeat(rft: Rft, monkeypatch: pytest.MonkeyPatch) -> None:
    answers = iter([True, False])
    monkeypatch.setattr(background, "down", lambda: next(answers))
    assert rft("local", "down") == (0, "embedded AWS ended\n", "")
    assert json.loads(rft("local", "down", "--json")[1]) == {"ended": False}


@pytest.mark.parametrize("flag", ["--deploy", "--no-deploy"])
def test_up_starts_and_deploys_if_wanted(rft: Rft, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, flag: str) -> None:
    steps: list[str] = []

    def start(*, port: int | None) -> Running:
        steps.append(f"up {port}")
        return RUNNING

    def put(aws: object, log: Path, on_stack: Callable[[str], None]) -> None:
        steps.append("deploy")
        on_stack("local/data")

    monkeypatch.setattr(module, "HOME", tmp_path)
    monkeypatch.setattr(background, "status", lambda: None)
    monkeypatch.setattr(background, "up", start)
    monkeypatch.setattr(module, "bootstrap", lambda aws, log: steps.append("bootstrap"))
    monkeypatch.setattr(module, "deploy", put)
    code, out, _ = rft("local", "up", "--port", "4566", flag)
    assert code == 0
    wanted = flag == "--deploy"
    assert steps == (["up 4566", "bootstrap", "deploy"] if wanted else ["up 4566"])
    assert ("local/data" in out) is wanted


def test_a_failed_deployment_is_one_message_and_exit_code_3(
    rft: Rft, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def fail(aws: object, log: Path) -> None:
        raise DeployError("`cdk bootstrap` failed:\nno space left")

    monkeypatch.setattr(module, "HOME", tmp_path)
    monkeypatch.setattr(background, "status", lambda: RUNNING)
    monkeypatch.setattr(background, "up", lambda *, port: RUNNING)
    monkeypatch.setattr(module, "bootstrap", fail)
    code, _, err = rft("local", "up")
    assert code == 3
    assert err == "rft: `cdk bootstrap` failed:\nno space left\n"
