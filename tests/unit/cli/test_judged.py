"""Tasks with a judge on this machine: no credentials are said at once, an endpoint is enough, rules need neither."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from rft.rewards import bedrock as runtime
from rft.rewards import entry
from tests.unit.cli.helpers import Outcome
from tests.unit.rewards.judging.fake_bedrock import fake_bedrock, refusal

Rft = Callable[..., Outcome]
TASK = """
description = "Answers that a judge grades"
[model]
base_model = "amazon.nova-2-lite-v1:0:256k"
baseline_inference_id = "us.amazon.nova-2-lite-v1:0"
[reward]
components = [{kind = "judge", models = ["amazon.nova-lite-v1:0"], rubric = "Is it right?"}]
"""


@pytest.fixture
def judged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a project whose task asks a judge, on a machine without AWS credentials."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_PROFILE", "AWS_REGION"):
        monkeypatch.delenv(name, raising=False)
    for name in ("AWS_ENDPOINT_URL_BEDROCK_RUNTIME", "AWS_DEFAULT_REGION"):
        monkeypatch.setenv(name, "")  # so that it is put back
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    for name in ("AWS_SHARED_CREDENTIALS_FILE", "AWS_CONFIG_FILE"):
        monkeypatch.setenv(name, str(tmp_path / "none"))
    (tmp_path / "tasks" / "judged").mkdir(parents=True)
    (tmp_path / "tasks" / "judged" / "task.toml").write_text(TASK)
    (tmp_path / "answers.jsonl").write_text(json.dumps({"prompt": "2 + 2?", "answer": "4"}) + "\n")
    return tmp_path


@pytest.mark.parametrize("command", ["grade", "calibrate", "rehearse"])
def test_without_credentials_it_says_so_before_anything_is_graded(rft: Rft, judged: Path, command: str) -> None:
    outcome = rft(command, str(judged / "answers.jsonl"), "--task", "judged", root=judged)
    assert outcome.code == 3
    assert "there are no AWS credentials; sign in to AWS, or give --endpoint" in outcome.err


def test_an_endpoint_is_enough(rft: Rft, judged: Path) -> None:
    asked = []

    def verdict(request: dict[str, Any]) -> dict[str, Any]:
        asked.append(runtime._client(30.0, 16).meta.endpoint_url)
        return {"reason": "so", "score": 8}

    with fake_bedrock() as bedrock:
        bedrock.verdict = verdict
        outcome = rft(
            "grade",
            str(judged / "answers.jsonl"),
            "--task",
            "judged",
            "--json",
            "--endpoint",
            "http://127.0.0.1:1",
            root=judged,
        )
    assert outcome.code == 0, outcome.err
    (answer,) = json.loads(outcome.out)["answers"]
    assert answer["score"] == 0.8
    assert asked == ["http://127.0.0.1:1"]


def test_an_outage_is_told_with_its_answer(rft: Rft, judged: Path) -> None:
    with fake_bedrock() as bedrock:
        bedrock.verdict = lambda request: "no tool"
        outcome = rft(
            "grade", str(judged / "answers.jsonl"), "--task", "judged", "--endpoint", "http://127.0.0.1:1", root=judged
        )
    assert outcome.code == 1
    assert "gave a usable verdict in 3 attempts" in outcome.out.replace("\n", " ")


@pytest.mark.parametrize("command", ["grade", "calibrate"])
def test_a_judge_that_refuses_ends_the_command_at_once(rft: Rft, judged: Path, command: str) -> None:
    records = [{"prompt": f"{n} + 2?", "answer": str(n + 2), "reference_answer": str(n + 2)} for n in range(20)]
    file = judged / "records.jsonl"
    file.write_text("".join(json.dumps(record) + "\n" for record in records))
    with fake_bedrock() as bedrock:
        bedrock.verdict = lambda request: refusal("AccessDeniedException")
        outcome = rft(command, str(file), "--task", "judged", "--endpoint", "http://127.0.0.1:1", root=judged)
    assert outcome.code == 3, outcome.out + outcome.err
    assert "AccessDeniedException: " in outcome.err
    assert "access to the model" in outcome.err
    assert len(bedrock.requests) <= 64


def test_a_judge_that_changed_its_mind_is_told_from_its_golden_samples(rft: Rft, judged: Path) -> None:
    folder = judged / "tasks" / "judged"
    (folder / "task.toml").write_text(f"{TASK}[golden]\ntolerance = 0.15\n")
    asked = [{"role": "user", "content": "2 + 2?"}, {"role": "assistant", "content": "4"}]
    (folder / "golden.jsonl").write_text(json.dumps({"id": "right", "messages": asked}))

    def call(command: str, score: int) -> tuple[int, dict[str, Any]]:
        entry._functions.clear()  # another process, which keeps no verdicts
        with fake_bedrock() as bedrock:
            bedrock.verdict = lambda request: {"reason": "so", "score": score}
            outcome = rft(
                "golden", command, "--task", "judged", "--endpoint", "http://127.0.0.1:1", "--json", root=judged
            )
        return outcome.code, json.loads(outcome.out)

    assert call("record", 8)[0] == 0
    assert json.loads((folder / "golden.jsonl").read_text())["score"] == 0.8
    assert call("check", 7)[0] == 0, "within the tolerance"
    code, said = call("check", 3)
    assert (code, said["check"]["moved"]) == (1, [{"id": "right", "recorded": 0.8, "now": 0.3}])
