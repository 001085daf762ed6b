"""PlanEvaluation, EvaluateBatch and Gate: the same prompts to every model, scores in S3, a decision."""

import base64
import json
import re
from typing import Any

import msgspec
import pytest
from msgspec.structs import replace

from rft.aws.tasks import packaged_tasks
from rft.errors import DeploymentFailed, EvaluationIncomplete, GraderBroken, Throttled
from rft.keys import Phase, Role, Step
from tests.contract.world import World, active

RUN = {"run_id": "arithmetic-1"}
CANDIDATE = "arn:aws:bedrock:us-east-1:000000000000:custom-model-deployment/abcdefghij12"
BASELINE = "us.amazon.nova-2-lite-v1:0"
PREFIX = "artefacts-bucket/runs/arithmetic-1/evaluation/"


def plan(world: World) -> list[dict[str, Any]]:
    result = world.invoke(Step.PLAN_EVALUATION, **RUN)
    lines = world.objects[f"artefacts-bucket/{result['plan_key']}"].decode().splitlines()
    assert len(lines) == result["batches"]
    return [json.loads(line) for line in lines]


def evaluate(world: World) -> None:
    for batch in plan(world):
        assert world.invoke(Step.EVALUATE_BATCH, **RUN, batch=batch) == {
            "batch": batch["batch"],
            "records": batch["records"],
        }


def begin(world: World, **sections: Any) -> None:
    world.begin(candidate=active("arithmetic-1", CANDIDATE), **sections)
    world.answers = {BASELINE: "half", CANDIDATE: "right"}


def test_the_plan_cuts_the_whole_split_into_pointers(world: World) -> None:
    begin(world)
    batches = plan(world)
    split = world.objects["datasets-bucket/datasets/arithmetic/v1/test.jsonl"]
    assert sum(batch["records"] for batch in batches) == 60
    assert batches[0]["start"] == 0
    assert batches[-1]["end"] == len(split)
    assert world.run().evaluation_batches == len(batches) == 6


def test_a_better_candidate_passes_the_gate_on_all_records(world: World) -> None:
    begin(world)
    evaluate(world)
    assert world.invoke(Step.GATE, **RUN) == {"promote": True}
    run = world.run()
    assert run.evaluation
    assert run.evaluation.records == 60
    assert run.evaluation.models[Role.CANDIDATE].mean == 1.0
    assert run.evaluation.models[Role.BASELINE].mean == 0.5
    assert run.decision
    assert run.decision.promote
    result = json.loads(world.objects[PREFIX + "result.json"])
    assert result["decision"]["promote"] is True


def test_an_independent_grader_scores_the_same_answers_of_baseline_and_candidate(world: World) -> None:
    begin(world)
    phases: list[str] = []

    def of_the_phase(event: list[dict[str, Any]]) -> list[dict[str, Any]]:
        call = world.made("Invoke")[-1]
        phases.append(json.loads(base64.b64decode(call["ClientContext"]))["custom"]["phase"])
        scored = plain(event)
        return [{**one, "aggregate_reward_score": 0.3} for one in scored] if phases[-1] == Phase.AUDIT else scored

    plain, world.grader = world.grader, of_the_phase
    task = replace(packaged_tasks()["arithmetic"], audit={"reward": "audit.py:reward"})
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(packaged_tasks(), "arithmetic", task)
        evaluate(world)
        assert world.invoke(Step.GATE, **RUN) == {"promote": False}
    assert sorted(phases) == [Phase.AUDIT] * 12 + [Phase.EVALUATION] * 12
    run = world.run()
    assert run.evaluation
    assert run.evaluation.gains[Role.BASELINE].mean == 0.5
    assert run.evaluation.audited_gain
    assert run.evaluation.audited_gain.mean == 0.0
    assert run.decision
    assert "by the independent grader" in run.decision.reasons[-1]


def test_an_equal_candidate_does_not(world: World) -> None:
    begin(world)
    world.answers[CANDIDATE] = "half"
    evaluate(world)
    assert world.invoke(Step.GATE, **RUN) == {"promote": False}


def test_the_gates_figures_go_out_as_metrics(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    begin(world)
    evaluate(world)
    capsys.readouterr()
    world.invoke(Step.GATE, **RUN)
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines() if "_aws" in line]
    names = ("BaselineReward", "CandidateReward", "RewardGain")
    values = {name: line[name][0] for line in lines for name in names if name in line}
    assert values == {"BaselineReward": 0.5, "CandidateReward": 1.0, "RewardGain": 0.5}
    assert {(line["environment"], line["task"]) for line in lines} == {("local", "arithmetic")}
    assert {line["_aws"]["CloudWatchMetrics"][0]["Namespace"] for line in lines} == {"BedrockRft"}


def test_no_request_carries_a_reference(world: World) -> None:
    begin(world)
    evaluate(world)
    assert len(world.made("Converse")) == 120
    for request in world.made("Converse"):
        number = int(re.findall(r"\d+", request["messages"][-1]["content"][0]["text"])[0])
        assert request["messages"] == [{"role": "user", "content": [{"text": f"What is {number} and 1?"}]}]
        assert set(request) == {"modelId", "messages", "inferenceConfig"}


def test_a_written_batch_is_not_asked_again(world: World) -> None:
    begin(world)
    batch = plan(world)[0]
    world.invoke(Step.EVALUATE_BATCH, **RUN, batch=batch)
    asked = len(world.made("Converse"))
    world.invoke(Step.EVALUATE_BATCH, **RUN, batch=batch)
    assert len(world.made("Converse")) == asked == 20


def test_the_champion_is_asked_on_demand_and_pinned_at_the_plan(provisioned: World) -> None:
    old = provisioned.promote_first()
    begin(provisioned)
    provisioned.answers[old.deployment_arn] = "wrong"
    batch = plan(provisioned)[0]
    assert provisioned.run().previous_champion == old
    provisioned.parameters.clear()
    provisioned.invoke(Step.EVALUATE_BATCH, **RUN, batch=batch)
    asked = {request["modelId"] for request in provisioned.made("Converse")}
    assert asked == {BASELINE, CANDIDATE, old.deployment_arn}
    [scores] = [body for key, body in provisioned.objects.items() if "evaluation/scores/" in key]
    assert json.loads(scores.splitlines()[0])["scores"] == {"baseline": 1.0, "candidate": 1.0, "champion": 0.0}


def test_a_new_champion_means_new_scores_beside_the_old(world: World) -> None:
    begin(world)
    evaluate(world)
    world.promote_first("arithmetic-2")
    evaluate(world)
    folders = {key.split("/")[-2] for key in world.objects if "evaluation/scores/" in key}
    assert folders == {"baseline", "arithmetic-2"}
    world.invoke(Step.GATE, **RUN)
    run = world.run()
    assert run.evaluation
    assert set(run.evaluation.models) == {"baseline", "candidate", "champion"}


def test_a_champion_whose_deployment_is_gone_is_said_so(world: World) -> None:
    world.promote_first()
    world.bedrock.store.deployments.clear()
    begin(world)
    with pytest.raises(DeploymentFailed, match="/rft-local/arithmetic/champion"):
        plan(world)


def test_throttled_models_make_the_workflow_repeat_the_batch(world: World) -> None:
    begin(world)
    batch = plan(world)[0]
    world.refuse("Converse", "ThrottlingException", times=3)
    with pytest.raises(Throttled):
        world.invoke(Step.EVALUATE_BATCH, **RUN, batch=batch)
    assert world.invoke(Step.EVALUATE_BATCH, **RUN, batch=batch)["records"] == 10


def test_a_batch_that_has_no_time_left_is_not_begun(world: World) -> None:
    begin(world)
    batch = plan(world)[0]
    world.remaining_ms = 20_000
    with pytest.raises(EvaluationIncomplete, match="evaluation_batch"):
        world.invoke(Step.EVALUATE_BATCH, **RUN, batch=batch)
    assert not world.made("Converse")


def fails(event: list[dict[str, Any]]) -> Any:
    raise RuntimeError("the grader broke")


@pytest.mark.parametrize(
    ("grader", "says"),
    [
        (fails, "the grader broke"),
        (lambda event: {"body": []}, "breaks Bedrock's contract"),
        (lambda event: [], "missing from the answer"),
    ],
)
def test_a_broken_grader_ends_the_batch_and_is_on_the_record(world: World, grader: Any, says: str) -> None:
    begin(world)
    batch = plan(world)[0]
    world.grader = grader
    with pytest.raises(GraderBroken, match=says):
        world.invoke(Step.EVALUATE_BATCH, **RUN, batch=batch)
    assert says in world.run().message
    assert world.run().message.startswith("GraderBroken in batch 0")


def test_the_grader_is_told_the_phase_and_asked_by_the_runs_alias(world: World) -> None:
    begin(world)
    world.invoke(Step.EVALUATE_BATCH, **RUN, batch=plan(world)[0])
    for request in world.made("Invoke"):
        assert request["FunctionName"].endswith(":arithmetic-1")
    assert len(world.made("Invoke")) == 2


def test_a_split_that_changed_since_the_plan_is_refused(world: World) -> None:
    begin(world)
    batch = plan(world)[0]
    with pytest.raises(EvaluationIncomplete, match="has changed since"):
        world.invoke(Step.EVALUATE_BATCH, **RUN, batch={**batch, "records": 11})


def test_the_gate_does_not_decide_on_a_part(world: World) -> None:
    begin(world)
    for batch in plan(world)[:-1]:
        world.invoke(Step.EVALUATE_BATCH, **RUN, batch=batch)
    with pytest.raises(EvaluationIncomplete, match="50 of 60"):
        world.invoke(Step.GATE, **RUN)
    assert world.run().decision is None


def test_a_candidate_that_does_not_answer_is_not_asked(world: World) -> None:
    begin(world)
    batch = plan(world)[0]
    world.store.update("arithmetic-1", candidate=replace(active("arithmetic-1", CANDIDATE), active=False))
    with pytest.raises(ValueError, match="no candidate that answers"):
        world.invoke(Step.EVALUATE_BATCH, **RUN, batch=batch)


def test_scores_carry_the_meaning_of_their_grader_and_the_gate_compares_no_others(world: World) -> None:
    begin(world)
    evaluate(world)
    grader = world.run().grader
    assert grader
    keys = [key for key in world.objects if "/evaluation/scores/" in key]
    lines = [json.loads(line) for key in keys for line in world.objects[key].splitlines()]
    assert {line["grader"] for line in lines} == {grader.meaning}
    foreign = world.objects[keys[0]]
    world.objects[keys[0]] = foreign.replace(grader.meaning.encode(), b"0123456789ab")
    with pytest.raises(EvaluationIncomplete, match=r"different graders cannot be compared.*0123456789ab"):
        world.invoke(Step.GATE, **RUN)
    assert world.run().decision is None
    world.objects[keys[0]] = foreign
    world.invoke(Step.GATE, **RUN)
    run = world.run()
    assert run.evaluation
    assert run.evaluation.grader == grader.meaning


def test_candidate_champion_and_baseline_are_scored_by_the_same_version(world: World) -> None:
    first = world.promote_first()
    world.parameters["/rft-local/arithmetic/champion"] = json.dumps(
        {**msgspec.to_builtins(first), "grader": "0123456789ab"}
    )
    begin(world)
    world.answers[first.deployment_arn] = "half"
    evaluate(world)
    batches = len(plan(world))
    asked = world.made("Invoke")
    assert len(asked) == 3 * batches
    assert {call["FunctionName"].split(":")[-1] for call in asked} == {"arithmetic-1"}
    world.invoke(Step.GATE, **RUN)
    decision = world.run().decision
    assert decision
    assert "the champion was promoted by scores of another grader (0123456789ab, now " in decision.reasons[-1]
    assert "scored anew" in decision.reasons[-1]


def test_a_champion_of_the_same_grader_needs_no_note(world: World) -> None:
    first = world.promote_first()
    begin(world)
    world.answers[first.deployment_arn] = "half"
    evaluate(world)
    world.invoke(Step.GATE, **RUN)
    decision = world.run().decision
    assert decision
    assert not any("another grader" in reason for reason in decision.reasons)
