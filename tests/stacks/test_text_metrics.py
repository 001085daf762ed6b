"""Graders that measure texts: they get a layer with the libraries, and only they."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.stacks.assembly import ROOT, Deployed, deployed_with

pytestmark = pytest.mark.xdist_group("text-metrics")

REWARD = '[reward]\ncomponents = [{kind = "chrf"}, {kind = "rouge", weight = 0}, {kind = "bleu", weight = 0}]\n'
CALLS = """
import json, sys
sys.path[:0] = json.loads(sys.argv[1])
from rft.rewards.entry import handler
turns = [{"role": "user", "content": "?"}, {"role": "assistant", "content": "the cat was found under the bed"}]
event = [{"id": "a", "messages": turns, "reference_answer": "the cat was under the bed"}]
print(json.dumps(handler(event, None)))
"""


@pytest.fixture(scope="module")
def measuring(tmp_path_factory: pytest.TempPathFactory) -> Deployed:
    """Return dev with one task that measures texts, by its components, and one that says so, by its reward."""
    changes = {
        "arithmetic": lambda text: text.replace('[grader]\nreward = "reward.py:reward"\n', REWARD),
        "tickets": lambda text: text.replace("[grader]\n", "[grader]\ntext_metrics = true\n"),
    }
    return deployed_with(tmp_path_factory.mktemp("measuring"), "dev", changes)


def _folder(deployed: Deployed, key: str) -> Path:
    return deployed.folder.parent / f"asset.{key.removesuffix('.zip')}"


def test_only_graders_that_measure_texts_have_the_layer(measuring: Deployed) -> None:
    having = {
        function.properties["FunctionName"]
        for function in measuring.of("AWS::Lambda::Function")
        if any(":layer:rft-dev-training-text-metrics:" in layer for layer in function.properties.get("Layers", []))
    }
    shipped = "rft-dev-grader-summaries"  # whose independent grader does
    assert having == {"rft-dev-grader-arithmetic", "rft-dev-grader-tickets", shipped}


def test_the_grader_scores_with_its_package_and_the_layer_alone(measuring: Deployed) -> None:
    grader = measuring.one("AWS::Lambda::Function", FunctionName="rft-dev-grader-arithmetic").properties
    host = ROOT / "build" / "layers" / "grader-host" / "python"
    folder = _folder(measuring, grader["Code"]["S3Key"])
    done = subprocess.run(
        [sys.executable, "-I", "-B", "-S", "-c", CALLS, json.dumps([str(folder), str(host)])],
        env={**grader["Environment"]["Variables"], "LAMBDA_TASK_ROOT": str(folder)},
        capture_output=True,
        text=True,
        check=False,
        cwd=folder,
    )
    assert done.returncode == 0, done.stderr
    (answer,) = json.loads(done.stdout.splitlines()[-1])
    found = {entry["name"]: entry["value"] for entry in answer["metrics_list"]}
    assert found["rouge"] == pytest.approx(12 / 13)
    assert answer["aggregate_reward_score"] == pytest.approx(found["chrf"], abs=1e-6)
