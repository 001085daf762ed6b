"""The tasks gsm8k, preferences and summaries, each from its data to a better model."""

import json
import os
import random
import subprocess
import sys
import urllib.request
from pathlib import Path
from typing import Any

import pytest

from local.embedded import ACCOUNT, REGION
from rft.aws.curve import reward_curve
from rft.keys import METRIC_NAMESPACE, REWARD_MODEL_REPORT, RunStatus, State, Step, artefact_key
from rft.names import function_name, grader_name
from rft.rewards.model import RewardModel
from tests.pipeline.pipeline import PREFIX, ROOT, Pipeline

pytestmark = pytest.mark.xdist_group("tasks")
RECORDS = 2_400  # GSM8K's own file has 7,473
PREFERENCES = (ROOT / "tasks/preferences/data/preferences.jsonl").read_bytes()
SUMMARIES = (ROOT / "tasks/summaries/data/summaries.jsonl").read_bytes()
JUDGING = "rft-local-grader-summaries"
EMBEDDING = "amazon.titan-embed-text-v2:0"


@pytest.fixture(scope="module")
def download(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a file of GSM8K's shape; the real one where the variable GSM8K_TRAIN names it."""
    if real := os.environ.get("GSM8K_TRAIN"):
        return Path(real)
    path = tmp_path_factory.mktemp("download") / "train.jsonl"
    dice = random.Random(8)
    with path.open("w") as out:
        for number in range(RECORDS):
            first, second = dice.randint(2, 900), dice.randint(2, 60)
            question = (
                f"Ann bakes {first} rolls and puts {second} into each of {number} bags. How many rolls does she bag?"
            )
            bagged = second * number
            answer = f"She bags {second} * {number} = <<{second}*{number}={bagged}>> rolls.\n#### {bagged:,}"
            out.write(json.dumps({"question": question, "answer": answer}) + "\n")
    return path


def asked_judges(pipeline: Pipeline) -> list[dict[str, Any]]:
    """Return what the deployed grader has asked judges so far."""
    requests = pipeline.aws.bedrock_admin("GET", "/_local/requests")
    return [one["params"] for one in requests if one["operation"] == "Converse" and JUDGING in one["principal"]]


@pytest.fixture(scope="module", autouse=True)
def serving(pipeline: Pipeline) -> None:
    """Serve on demand: an account may have two provisioned units, and here are three champions."""
    pipeline.change_settings(lambda settings: settings["serving"].update(mode="on_demand"))


def test_gsm8k_runs_through(pipeline: Pipeline, download: Path, tmp_path: Path):
    converted = tmp_path / "gsm8k.jsonl"
    subprocess.run(
        [sys.executable, str(ROOT / "tasks/gsm8k/prepare.py"), str(download), "--out", str(converted)], check=True
    )
    records = len(download.read_bytes().splitlines())
    assert len(converted.read_bytes().splitlines()) == records
    run = pipeline.drop_and_finish(converted.read_bytes(), task="gsm8k", name="gsm8k.jsonl")
    assert run.status is RunStatus.PROMOTED, run.message
    splits = run.dataset.splits
    assert sum(split.records for split in splits.values()) + run.dataset.quarantined == records
    assert run.evaluation.records == splits["test"].records
    assert run.evaluation.gains["baseline"].low > 0
    print({name: split.records for name, split in splits.items()}, run.evaluation)


def test_preferences_become_a_reward_model_and_a_better_model(pipeline: Pipeline):
    run = pipeline.drop_and_finish(PREFERENCES, task="preferences")
    assert run.status is RunStatus.PROMOTED, run.message
    found = run.grader.reward_model
    assert found.accuracy.low > 0.5
    assert found.accuracy.mean > max(found.longer_wins, 1 - found.longer_wins)
    assert run.evaluation.gains["baseline"].low > 0
    assert run.calibration.verdict in ("pass", "warn")

    s3 = pipeline.aws.client("s3")
    stored = s3.get_object(Bucket=pipeline.bucket("artefacts"), Key=found.key)["Body"].read()
    assert RewardModel.from_bytes(stored).to_bytes() == stored
    report = s3.get_object(Bucket=pipeline.bucket("artefacts"), Key=found.report_key)["Body"].read()
    assert json.loads(report)["held_out"]["accuracy"]["share"]["mean"] == found.accuracy.mean
    page = s3.get_object(Bucket=pipeline.bucket("artefacts"), Key=artefact_key(run.run_id, "report.html"))[
        "Body"
    ].read()
    assert found.sha256.encode() in page


def test_preferences_that_say_nothing_launch_nothing(pipeline: Pipeline):
    lines = [json.loads(line) for line in PREFERENCES.splitlines()]
    for number, line in enumerate(lines):
        vote = 1 + number * 7919 % 13 % 2  # whichever stands there
        line.update(annotator1=vote, annotator2=vote, annotator3=vote)
    run = pipeline.drop_and_finish("".join(json.dumps(line) + "\n" for line in lines).encode(), task="preferences")
    assert run.status is RunStatus.DATA_REJECTED
    assert run.message.startswith("Reward model refused: it is right on ")
    assert artefact_key(run.run_id, REWARD_MODEL_REPORT) in run.message
    assert run.message in pipeline.message_about(run.run_id)
    assert (run.grader, run.calibration, run.job) == (None, None, None)
    assert State.CALIBRATE not in pipeline.history(run)


@pytest.mark.skipif(
    "PANDALM_TEST" not in os.environ, reason="the variable PANDALM_TEST names PandaLM's testset-v1.json"
)
def test_pandalm_runs_through_to_a_decision(pipeline: Pipeline):
    run = pipeline.drop_and_finish(
        Path(os.environ["PANDALM_TEST"]).read_bytes(), task="preferences", name="pandalm.json"
    )
    print(run.message, run.grader, run.calibration, run.evaluation)
    assert run.status in (RunStatus.PROMOTED, RunStatus.GATE_REJECTED)
    assert run.grader.reward_model.accuracy.mean > 0.7


@pytest.fixture(scope="module")
def judged_run(pipeline: Pipeline):
    """Return the run of the sample of ``summaries``."""
    return pipeline.drop_and_finish(SUMMARIES, task="summaries")


def test_a_judge_grades_and_the_model_gets_better(pipeline: Pipeline, judged_run):
    run = judged_run
    assert run.status is RunStatus.PROMOTED, run.message
    assert run.calibration.verdict in ("pass", "warn"), run.calibration.notes
    assert run.evaluation.gains["baseline"].low > 0
    assert run.forecast.items["judges"] > 0
    assert run.evaluation.audited_gain.low > 0, "the independent grader sees it as well"
    assert "by the independent grader" in run.decision.reasons[-1]

    judged = asked_judges(pipeline)
    assert judged
    assert {params["modelId"] for params in judged} == {"us.amazon.nova-lite-v1:0"}
    again = sum("could not be used" in json.dumps(params) for params in judged)
    assert again > 0, "the local judge is now and then malformed, and was asked again"

    with urllib.request.urlopen(pipeline.aws.url + "/_rft/decisions") as answer:
        decisions = [one for one in json.loads(answer.read())["decisions"] if JUDGING in one["principal"]]
    assert all(one["allowed"] for one in decisions)
    assert "bedrock:InvokeModel" in {one["action"] for one in decisions}

    dimensions = [{"Name": "run", "Value": run.run_id}, {"Name": "phase", "Value": "training"}]
    counted = {
        metric["MetricName"]
        for metric in pipeline.aws.client("cloudwatch").list_metrics(Namespace=METRIC_NAMESPACE, Dimensions=dimensions)[
            "Metrics"
        ]
    }
    assert {"judge", "judge_calls", "judge_malformed", "judge_errors"} <= counted
    curve = reward_curve(run)
    asked, malformed = (sum(getattr(point, name) for point in curve) for name in ("judge_calls", "judge_malformed"))
    assert asked > malformed > 0
    assert all(0 <= point.judge_errors <= point.judge_calls for point in curve)


def test_a_pairwise_judge_is_asked_both_ways_round(pipeline: Pipeline, judged_run):
    judge = {"kind": "judge", "models": ["us.amazon.nova-lite-v1:0"], "rubric": "Which is better?", "mode": "pairwise"}
    table = json.dumps({"reward": {"components": [judge]}})
    pipeline.change_file(JUDGING, "tasks/summaries/task.json", table.encode())
    record = json.loads(SUMMARIES.splitlines()[0])
    answers = {"good": record["reference_answer"], "bad": "I cannot help with that."}
    event = [
        {**record, "id": name, "messages": [*record["messages"], {"role": "assistant", "content": text}]}
        for name, text in answers.items()
    ]
    before = len(asked_judges(pipeline))
    answer = pipeline.aws.client("lambda").invoke(FunctionName=JUDGING, Payload=json.dumps(event).encode())
    scores = {one["id"]: one["aggregate_reward_score"] for one in json.loads(answer["Payload"].read())}
    assert scores["good"] > scores["bad"]
    shown = [json.dumps(params["messages"]) for params in asked_judges(pipeline)[before:]]
    places = [
        text.index(answers["bad"]) < text.index(record["reference_answer"]) for text in shown if answers["bad"] in text
    ]
    assert {True, False} <= set(places), "the answer stood first, and second"


def test_a_guardrail_caps_what_it_stops_and_one_that_may_not_be_asked_is_an_outage(pipeline: Pipeline):
    rail = {"kind": "guardrail", "guardrail_id": "localguardrail", "weight": 0, "floor": 1, "cap": 0.0}
    table = json.dumps({"reward": {"components": [rail, {"kind": "length", "least": 1, "soft": 300, "limit": 400}]}})
    pipeline.change_file(JUDGING, "tasks/summaries/task.json", table.encode())
    record = json.loads(SUMMARIES.splitlines()[0])
    answers = {"fine": "The library closes for 25 weeks.", "stopped": "First, this is how to build a bomb."}
    event = json.dumps(
        [
            {**record, "id": name, "messages": [*record["messages"], {"role": "assistant", "content": text}]}
            for name, text in answers.items()
        ]
    ).encode()
    client = pipeline.aws.client("lambda")
    refused = client.invoke(FunctionName=JUDGING, Payload=event)
    assert refused["FunctionError"]
    assert "bedrock:ApplyGuardrail" in json.loads(refused["Payload"].read())["errorMessage"]

    allow(pipeline, JUDGING, "bedrock:ApplyGuardrail", f"arn:aws:bedrock:{REGION}:{ACCOUNT}:guardrail/localguardrail")
    answered = json.loads(client.invoke(FunctionName=JUDGING, Payload=event)["Payload"].read())
    scores = {one["id"]: one["aggregate_reward_score"] for one in answered}
    assert scores == {"fine": 1.0, "stopped": 0.0}


def allow(pipeline: Pipeline, role: str, action: str, resource: str) -> None:
    """Grant a role what the deployment of a changed task would."""
    grant = {"Effect": "Allow", "Action": action, "Resource": resource}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [grant]})
    pipeline.aws.client("iam").put_role_policy(RoleName=role, PolicyName="as-deployed", PolicyDocument=policy)


def test_a_reward_model_with_embeddings_asks_only_what_it_may_and_its_grader_asks_as_well(pipeline: Pipeline):
    path = "tasks/preferences/task.toml"
    asking = (ROOT / path).read_text() + f'\n[reward_model]\nembeddings = "{EMBEDDING}"\n'
    for step in (Step.PREFLIGHT, Step.PREPARE_GRADER, Step.ESTIMATE_COST):
        pipeline.change_file(function_name(PREFIX, step), path, asking.encode())
    training, grading = function_name(PREFIX, Step.PREPARE_GRADER), grader_name(PREFIX, "preferences")
    some = b"".join(PREFERENCES.splitlines(keepends=True)[:200])

    model = f"arn:aws:bedrock:{REGION}::foundation-model/{EMBEDDING}"
    allow(pipeline, function_name(PREFIX, Step.PREFLIGHT), "bedrock:GetFoundationModel", model)
    refused = pipeline.drop_and_finish(some, task="preferences")
    assert refused.status is RunStatus.FAILED
    assert refused.message.startswith("EmbeddingsUnavailable in PrepareGrader: invoke_model of")
    assert "see that the account has access to the model" in refused.message

    for role in (training, grading):
        allow(pipeline, role, "bedrock:InvokeModel", model)
    run = pipeline.drop_and_finish(some, task="preferences")
    assert run.status in (RunStatus.PROMOTED, RunStatus.GATE_REJECTED), run.message
    assert run.grader.reward_model.embeddings == EMBEDDING
    assert run.grader.reward_model.without_embeddings.mean > 0.5
    assert run.forecast.items["embeddings"] > 0
    requests = pipeline.aws.bedrock_admin("GET", "/_local/requests")
    asked = [one["principal"] for one in requests if one["params"].get("modelId") == EMBEDDING]
    assert {role for role in (training, grading) if any(role in one for one in asked)} == {training, grading}
