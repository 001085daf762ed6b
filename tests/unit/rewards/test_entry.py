"""The grader function: what its zip holds suffices, it starts light, and a handler's mistakes have names."""

import json
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from rft.rewards import GraderContractError, GraderError, entry
from rft.rewards.entry import grade, grader_of
from rft.rewards.run import run_of

ROOT = Path(__file__).parents[3]
ARN = "arn:aws:lambda:us-east-1:000000000000:function:rft-dev-grader-arithmetic"
ITEM = {
    "id": "a",
    "messages": [{"role": "user", "content": "6 x 12?"}, {"role": "assistant", "content": "#### 72"}],
    "metadata": {"reference_answer": "72"},
}


def make_task(folder: Path, body: str, grader: str = 'handler = "reward.py:lambda_handler"') -> Path:
    folder.mkdir(parents=True)
    (folder / "reward.py").write_text(body)
    (folder / "task.toml").write_text(f"[grader]\n{grader}\n")
    return folder


@pytest.mark.parametrize(
    ("arn", "run"),
    [
        (f"{ARN}:arithmetic-0123456789ab", "arithmetic-0123456789ab"),
        (ARN, "none"),
        (f"{ARN}:$LATEST", "none"),
        (f"{ARN}:12", "none"),
        ("", "none"),
    ],
)
def test_the_alias_names_the_run(arn: str, run: str) -> None:
    assert run_of(arn) == run


@pytest.mark.parametrize(
    ("client", "phase"),
    [
        (SimpleNamespace(custom={"phase": "calibration"}), "calibration"),
        (SimpleNamespace(custom=None), "training"),
        (SimpleNamespace(custom={"phase": 3}), "training"),
        (None, "training"),
    ],
)
def test_the_handler_scores_and_tells_cloudwatch(
    client: Any, phase: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("RFT_ENVIRONMENT", "local")
    monkeypatch.setenv("RFT_TASK", "arithmetic")
    monkeypatch.setenv("RFT_GRADER", "reward:reward.py:reward")
    context = SimpleNamespace(invoked_function_arn=f"{ARN}:run-1", client_context=client)
    (answer,) = entry.handler([ITEM], context)
    assert (answer["id"], answer["aggregate_reward_score"]) == ("a", 1.0)
    line = json.loads(capsys.readouterr().out.splitlines()[0])
    assert (line["environment"], line["task"], line["run"], line["phase"]) == ("local", "arithmetic", "run-1", phase)
    assert line["Reward"] == [1.0]
    assert line["GraderDuration"] >= 0


def test_calls_of_the_phase_audit_go_to_the_independent_grader(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "tasks" / "twice"
    folder.mkdir(parents=True)
    score = "from rft.rewards.score import Score\ndef reward(sample):\n    return Score({})\n"
    (folder / "reward.py").write_text(score.format(1.0))
    (folder / "audit.py").write_text(score.format(0.25))
    for name, value in {"ENVIRONMENT": "local", "TASK": "twice", "GRADER": "reward:reward.py:reward"}.items():
        monkeypatch.setenv(f"RFT_{name}", value)
    monkeypatch.setenv("RFT_AUDIT", "reward:audit.py:reward")
    monkeypatch.setenv("LAMBDA_TASK_ROOT", str(tmp_path))
    found = []
    for custom in ({"phase": "audit"}, {"phase": "evaluation"}, None):
        context = SimpleNamespace(invoked_function_arn=f"{ARN}:run-1", client_context=SimpleNamespace(custom=custom))
        (answer,) = entry.handler([ITEM], context)
        found.append((json.loads(capsys.readouterr().out.splitlines()[0])["phase"], answer["aggregate_reward_score"]))
    assert found == [("audit", 0.25), ("evaluation", 1.0), ("training", 1.0)]
    (folder / "task.toml").write_text('[grader]\nreward = "reward.py:reward"\n[audit]\nreward = "audit.py:reward"\n')
    assert entry.grader(folder, audit=True)([ITEM])[0]["aggregate_reward_score"] == 0.25


def test_what_the_zip_holds_suffices_and_starts_light(tmp_path: Path) -> None:
    (tmp_path / "rft").mkdir()
    shutil.copy(ROOT / "rft" / "__init__.py", tmp_path / "rft")
    shutil.copytree(
        ROOT / "rft" / "rewards", tmp_path / "rft" / "rewards", ignore=shutil.ignore_patterns("__pycache__")
    )
    (tmp_path / "tasks").mkdir()
    shutil.copytree(ROOT / "tasks" / "arithmetic", tmp_path / "tasks" / "arithmetic")
    code = (
        "import sys, json; before = set(sys.modules); from rft.rewards.entry import handler;"
        f"print(json.dumps(handler({[ITEM]!r}, None))); print(json.dumps(sorted(set(sys.modules) - before)))"
    )
    done = subprocess.run(
        [sys.executable, "-S", "-c", code],
        cwd=tmp_path,
        env={"RFT_ENVIRONMENT": "local", "RFT_TASK": "arithmetic", "RFT_GRADER": "reward:reward.py:reward"},
        capture_output=True,
        text=True,
        check=True,
    )
    *_, answer, modules = done.stdout.splitlines()
    assert json.loads(answer)[0]["aggregate_reward_score"] == 1.0
    loaded = {name.split(".")[0] for name in json.loads(modules)}
    assert {name for name in loaded if name not in sys.stdlib_module_names} == {"rft", "rft_task_arithmetic_reward"}
    assert not loaded & {"typing", "dataclasses", "inspect", "pathlib", "asyncio", "logging", "urllib", "tomllib"}


TABLE = """[reward]
components = [{kind = "numeric", weight = 3.0}, {kind = "pattern", regex = "####", name = "form"}]
"""


def test_components_need_no_code_and_start_light(tmp_path: Path) -> None:
    (tmp_path / "rft").mkdir()
    shutil.copy(ROOT / "rft" / "__init__.py", tmp_path / "rft")
    shutil.copytree(
        ROOT / "rft" / "rewards", tmp_path / "rft" / "rewards", ignore=shutil.ignore_patterns("__pycache__")
    )
    folder = tmp_path / "tasks" / "sums"
    folder.mkdir(parents=True)
    (folder / "task.json").write_text(json.dumps({"reward": tomllib.loads(TABLE)["reward"]}))
    wrong = {**ITEM, "id": "b", "metadata": {"reference_answer": "71"}}
    code = (
        "import sys, json; before = set(sys.modules); from rft.rewards.entry import handler;"
        f"print(json.dumps(handler({[ITEM, wrong]!r}, None)));"
        "print(json.dumps(sorted(set(sys.modules) - before)))"
    )
    done = subprocess.run(
        [sys.executable, "-S", "-c", code],
        cwd=tmp_path,
        env={"RFT_ENVIRONMENT": "local", "RFT_TASK": "sums", "RFT_GRADER": "components:task.json:reward"},
        capture_output=True,
        text=True,
        check=True,
    )
    *_, answer, modules = done.stdout.splitlines()
    assert [entry["aggregate_reward_score"] for entry in json.loads(answer)] == [1.0, 0.25]
    loaded = set(json.loads(modules))
    assert {name.split(".")[0] for name in loaded} <= {"rft", *sys.stdlib_module_names}
    assert not loaded & {"typing", "dataclasses", "inspect", "pathlib", "asyncio", "logging", "urllib", "tomllib"}
    assert {name for name in loaded if name.startswith("rft.rewards.components.")} == {
        f"rft.rewards.components.{name}" for name in ("checks", "numeric", "pattern")
    }


def test_components_of_a_task_folder_grade_on_a_laptop(tmp_path: Path) -> None:
    (tmp_path / "task.toml").write_text(TABLE)
    assert grader_of(tmp_path) == "components:task.toml:reward"
    (answer,) = grade(tmp_path, [ITEM])
    assert answer["metrics_list"] == [
        {"name": "numeric", "value": 1.0, "type": "Reward"},
        {"name": "form", "value": 1.0, "type": "Reward"},
        {"name": "parse_failure", "value": 0.0, "type": "Metric"},
    ]


def test_components_that_cannot_be_used_name_file_and_key(tmp_path: Path) -> None:
    (tmp_path / "task.toml").write_text(TABLE.replace("numeric", "number"))
    with pytest.raises(GraderError, match=r"task.toml: reward: components\[0\].kind: 'number' is none of"):
        grade(tmp_path, [ITEM])


def test_a_plain_handler_runs_unchanged(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    folder = ROOT / "examples" / "plain_handler" / "arithmetic-plain"
    assert grader_of(folder) == "handler:reward.py:lambda_handler"
    wrong = {**ITEM, "id": "b", "metadata": {"reference_answer": "71"}}
    answer = grade(folder, [ITEM, wrong])
    assert [(entry["id"], entry["aggregate_reward_score"]) for entry in answer] == [("a", 1.0), ("b", 0.0)]
    monkeypatch.setattr(entry, "_task_folder", lambda task: str(folder))
    monkeypatch.setenv("RFT_ENVIRONMENT", "local")
    monkeypatch.setenv("RFT_TASK", "arithmetic-plain")
    monkeypatch.setenv("RFT_GRADER", "handler:reward.py:lambda_handler")
    entry.handler([ITEM, wrong], None)
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [line["Reward"] for line in lines if "Reward" in line] == [[1.0, 0.0]]
    assert [line["accuracy"] for line in lines if "accuracy" in line] == [[1.0, 0.0]]


@pytest.mark.parametrize(
    ("body", "error", "hint"),
    [
        ("return {'statusCode': 200, 'body': '[]'}", GraderContractError, "bare list"),
        ("return []", GraderContractError, "id 'a' is missing"),
        ("event.clear(); return []", GraderContractError, "id 'a' is missing"),
        ("return [{'id': 'a', 'aggregate_reward_score': float('nan')}]", GraderContractError, "not finite"),
        ("return [{'id': '0', 'aggregate_reward_score': 1}] * 9", GraderContractError, "id '0'"),
        ("return event[0]['nothing']", GraderError, "lambda_handler raised KeyError: 'nothing'"),
    ],
)
def test_mistakes_of_a_handler_have_names(tmp_path: Path, body: str, error: type[Exception], hint: str) -> None:
    folder = make_task(tmp_path / "bad", f"def lambda_handler(event, context):\n    {body}\n")
    with pytest.raises(error, match=hint.replace("[", r"\[")):
        grade(folder, [dict(ITEM)])


@pytest.mark.parametrize(
    ("body", "hint"),
    [
        ("import no_such_package", "cannot be imported: ModuleNotFoundError"),
        ("def other(): ...", "has no function lambda_handler"),
        ("def lambda_handler(:", "cannot be imported: SyntaxError"),
    ],
)
def test_a_task_file_that_cannot_be_used_says_so(tmp_path: Path, body: str, hint: str) -> None:
    with pytest.raises(GraderError, match=hint):
        grade(make_task(tmp_path / "bad", body), [ITEM])


def test_a_task_can_bring_modules_of_its_own(tmp_path: Path) -> None:
    body = "from my_scale import SCALE\nfrom rft.rewards import Score\ndef reward(sample):\n    return Score(SCALE)\n"
    folder = make_task(tmp_path / "scaled", body, 'reward = "reward.py:reward"')
    (folder / "my_scale.py").write_text("SCALE = 0.25\n")
    assert grade(folder, [ITEM])[0]["aggregate_reward_score"] == 0.25


def test_a_missing_task_folder_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RFT_TASK", "nowhere")
    monkeypatch.setenv("RFT_GRADER", "reward:reward.py:reward")
    with pytest.raises(GraderError, match="no folder tasks/nowhere"):
        entry.handler([ITEM], None)
