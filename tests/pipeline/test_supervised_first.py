"""Supervised first: demonstrations move the policy, and reinforcement begins where they ended."""

import json
from typing import Any

import pytest

from rft.keys import JobStatus, RunStatus, State
from rft.schemas import Job
from tests.pipeline.pipeline import Pipeline, records

pytestmark = pytest.mark.xdist_group("supervised")
FIRST = '\n[sft]\nfirst = true\nepochs = 5\nlearning_rate = 1e-4\nwarmup_steps = 0\nwithout = "go_on"\n'


@pytest.fixture(scope="module", autouse=True)
def asked(pipeline: Pipeline) -> None:
    """Have the task ask for a supervised job, and serve on demand, which is quicker."""
    pipeline.change_task(FIRST)
    pipeline.change_settings(lambda settings: settings["serving"].update(mode="on_demand"))


def demonstrated(body: bytes) -> bytes:
    """Return records of the sample with their right answers, in the form that the grader reads."""
    lines = []
    for record in map(json.loads, body.splitlines()):
        answer = {"role": "assistant", "content": f"#### {record['reference_answer']}"}
        lines.append(json.dumps({**record, "messages": [*record["messages"], answer]}))
    return "\n".join(lines).encode() + b"\n"


def learned(pipeline: Pipeline, job: Job) -> dict[str, Any]:
    found: dict[str, Any] = pipeline.aws.bedrock_admin("GET", "/_local/learning")[job.name]
    return found


def requested(pipeline: Pipeline) -> list[dict[str, Any]]:
    """Return the requests for jobs that Bedrock has got."""
    requests = pipeline.aws.bedrock_admin("GET", "/_local/requests")
    return [one["params"] for one in requests if one["operation"] == "CreateModelCustomizationJob"]


def test_reinforcement_begins_where_demonstrations_ended(pipeline: Pipeline):
    run = pipeline.drop_and_finish(demonstrated(records()))
    assert run.status is RunStatus.PROMOTED, run.message
    supervised = run.supervised
    assert supervised.job.status is JobStatus.COMPLETED
    assert supervised.demonstrations + supervised.left_out == run.dataset.splits["train"].records
    first, second = learned(pipeline, supervised.job), learned(pipeline, run.job)
    assert first["shown"] == supervised.demonstrations
    assert first["loss"][-1] < first["loss"][0] / 2
    assert second["rewards"][0] > run.calibration.mean + 0.1  # of the base model's rollouts, by the same grader
    bases = {one["customizationType"]: one["baseModelIdentifier"] for one in requested(pipeline)}
    assert bases["REINFORCEMENT_FINE_TUNING"] == supervised.job.model_arn
    assert pipeline.history(run).count(State.LAUNCH_TRAINING) == 2
    assert run.forecast.items["supervised training"] > 0
    assert f"imitates {supervised.demonstrations} demonstrations" in pipeline.message_about(run.run_id)
    assert {item["name"] for item in pipeline.billing()["models"]} == {supervised.job.name, run.job.name}
    assert pipeline.left_of(run) == []


def test_a_service_that_takes_no_custom_model_as_base_is_gone_on_without(pipeline: Pipeline):
    pipeline.options(refuse_custom_bases=True)
    run = pipeline.drop_and_finish(demonstrated(records(200, 350)))
    assert run.status in (RunStatus.PROMOTED, RunStatus.GATE_REJECTED), run.message
    assert "does not support REINFORCEMENT_FINE_TUNING" in run.supervised.refused
    assert "Bedrock did not take the supervised one" in pipeline.message_about(run.run_id)
    assert requested(pipeline)[-1]["baseModelIdentifier"] == "amazon.nova-2-lite-v1:0:256k"
    assert learned(pipeline, run.job)["rewards"][0] < run.calibration.mean + 0.1
