"""The task ``summaries``: a judge grades, through the deployed grader and under its role, and the model gets better."""

import json
import urllib.request

import pytest

from rft.keys import METRIC_NAMESPACE, RunStatus
from tests.pipeline.pipeline import ROOT, Pipeline

pytestmark = pytest.mark.xdist_group("gsm8k")
DATA = (ROOT / "tasks/summaries/data/summaries.jsonl").read_bytes()
GRADER = "rft-local-grader-summaries"


def test_a_judge_grades_and_the_model_gets_better(pipeline: Pipeline):
    run = pipeline.drop_and_finish(DATA, task="summaries")
    assert run.status is RunStatus.PROMOTED, run.message
    assert run.calibration.verdict in ("pass", "warn"), run.calibration.notes
    assert run.evaluation.gains["baseline"].low > 0
    assert run.forecast.items["judges"] > 0

    judged = [
        request["params"]
        for request in pipeline.aws.bedrock_admin("GET", "/_local/requests")
        if request["operation"] == "Converse" and GRADER in request["principal"]
    ]
    assert judged
    assert {params["modelId"] for params in judged} == {"us.amazon.nova-lite-v1:0"}
    again = sum("could not be used" in json.dumps(params) for params in judged)
    assert again > 0, "the local judge is now and then malformed, and was asked again"

    with urllib.request.urlopen(pipeline.aws.url + "/_rft/decisions") as answer:
        decisions = [one for one in json.loads(answer.read())["decisions"] if GRADER in one["principal"]]
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
