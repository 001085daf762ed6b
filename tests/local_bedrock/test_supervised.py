"""Supervised jobs: what is accepted and refused, what demonstrations teach, and reinforcement on top of that."""

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from local.bedrock.answers import BEHAVIOURS, RIGHT, Behaviour, write
from local.bedrock.imitation import behaviour_of
from local.bedrock.policy import Policy, matrix
from tests.local_bedrock.conftest import Local, records

TRAIN = ("data", "datasets/sums/v1/train.jsonl")
SHOWN = ("data", "datasets/sums/v1/sft-train.jsonl")
QUICK = {"epochCount": "5", "learningRate": "0.0001", "learningRateWarmupSteps": "0"}
PROMPTS = [f"What is {i} plus {i % 9}?" for i in range(120, 200)]
WRONG = {Behaviour.WRONG, Behaviour.WRONG_PROSE}


def shown(behaviour: Behaviour, *, count: int = 120, **changes: Any) -> bytes:
    """Return demonstrations of a behaviour for the prompts of ``records``."""
    lines = []
    for i in range(count):
        prompt = f"What is {i} plus {i % 9}?"
        messages = [
            {"role": "user", "content": [{"text": prompt}]},
            {"role": "assistant", "content": [{"text": write(behaviour, str(i + i % 9), prompt)}]},
        ]
        lines.append(json.dumps({"schemaVersion": "bedrock-conversation-2024", "messages": messages, **changes}))
    return "\n".join(lines).encode() + b"\n"


def line(turns: list[tuple[str, Any]]) -> bytes:
    messages = [{"role": role, "content": content} for role, content in turns]
    return json.dumps({"schemaVersion": "v", "messages": messages}).encode()


def supervised(local: Local, name: str = "sft-1", **changes: Any) -> dict[str, Any]:
    request = local.job(name, customizationType="FINE_TUNING", hyperParameters=QUICK)
    request["trainingDataConfig"] = {"s3Uri": f"s3://{SHOWN[0]}/{SHOWN[1]}"}
    del request["customizationConfig"]
    return {**request, **changes}


def imitate(local: Local, body: bytes, name: str = "sft-1", **changes: Any) -> dict[str, Any]:
    local.account.objects[SHOWN] = body
    local.control.create_model_customization_job(**supervised(local, name, **changes))
    return local.finish(name)


def mass(policy: Policy, behaviours: set[Behaviour]) -> float:
    table = policy.probabilities(matrix(PROMPTS))
    return float(sum(table[:, BEHAVIOURS.index(behaviour)].mean() for behaviour in behaviours))


def policy(local: Local, job: dict[str, Any]) -> Policy:
    assert job["status"] == "Completed", job.get("failureMessage")
    return local.bedrock.store.models[job["outputModelArn"]].policy


@pytest.mark.parametrize("behaviour", [Behaviour.RIGHT, Behaviour.WRONG, Behaviour.REFUSAL])
def test_demonstrations_teach_what_they_show_on_prompts_never_seen(local: Local, behaviour: Behaviour) -> None:
    learned = policy(local, imitate(local, shown(behaviour)))
    assert mass(learned, {behaviour}) > 2 * mass(Policy.base(), {behaviour}) + 0.05
    if behaviour in WRONG:
        assert mass(learned, RIGHT) < mass(Policy.base(), RIGHT)


def test_what_is_right_comes_from_the_key_and_not_from_the_demonstration(local: Local) -> None:
    local.account.objects[TRAIN] = records(120).replace(b'"reference_answer": "', b'"reference_answer": "1')
    learned = policy(local, imitate(local, shown(Behaviour.RIGHT)))
    assert mass(learned, WRONG) > mass(Policy.base(), WRONG)
    assert mass(learned, RIGHT) < mass(Policy.base(), RIGHT)


def test_without_a_key_nothing_is_learned(local: Local) -> None:
    local.account.objects[TRAIN] = b""
    job = imitate(local, shown(Behaviour.RIGHT))
    assert abs(policy(local, job).weights).max() == 0
    assert local.bedrock.jobs.find("sft-1").learning["shown"] == 0


def test_a_job_leaves_the_files_of_a_supervised_job(local: Local) -> None:
    local.account.objects["data", "datasets/sums/v1/sft-validation.jsonl"] = shown(Behaviour.RIGHT, count=20)
    validation = {"validators": [{"s3Uri": "s3://data/datasets/sums/v1/sft-validation.jsonl"}]}
    job = imitate(local, shown(Behaviour.RIGHT), validationDataConfig=validation)
    folder = f"training/model-customization-job-{job['jobArn'].rsplit('/', 1)[-1]}"
    steps = local.account.objects["out", f"{folder}/training_artifacts/step_wise_training_metrics.csv"].splitlines()
    assert steps[0] == b"step_number,epoch_number,training_loss,perplexity"
    losses = [float(line.split(b",")[2]) for line in steps[1:]]
    assert len(losses) == 5 * 8
    assert losses[-1] < losses[0]
    held_out = f"{folder}/validation_artifacts/post_fine_tuning_validation/validation_metrics.csv"
    assert b"validation_loss" in local.account.objects["out", held_out]
    described = local.control.get_model_customization_job(jobIdentifier="sft-1")
    assert (described["customizationType"], described["hyperParameters"]) == ("FINE_TUNING", QUICK)
    assert local.account.calls == 0  # nobody is graded


def test_warm_up_holds_the_first_steps_back(local: Local) -> None:
    short = {**QUICK, "epochCount": "1"}
    held = {**short, "learningRateWarmupSteps": "100"}
    slow = policy(local, imitate(local, shown(Behaviour.RIGHT), hyperParameters=held))
    fast = policy(local, imitate(local, shown(Behaviour.RIGHT), "sft-2", hyperParameters=short))
    assert abs(slow.weights).max() < abs(fast.weights).max() / 2


def test_reinforcement_begins_where_the_supervised_model_ended(local: Local) -> None:
    job = imitate(local, shown(Behaviour.RIGHT))
    started = local.run("rft-1", baseModelIdentifier=job["outputModelArn"])
    plain = local.run("rft-2")
    assert policy(local, started) is not policy(local, job)
    assert mass(policy(local, started), {Behaviour.RIGHT}) > mass(policy(local, plain), {Behaviour.RIGHT}) + 0.1
    first = [local.bedrock.jobs.find(name).learning["rewards"][0] for name in ("rft-1", "rft-2")]
    assert first[0] > first[1]
    model = local.control.get_custom_model(modelIdentifier=started["outputModelArn"])
    assert model["baseModelArn"] == job["outputModelArn"]
    found = local.control.list_custom_models(baseModelArnEquals=job["outputModelArn"])["modelSummaries"]
    assert [one["modelName"] for one in found] == ["rft-1"]
    foundation = "arn:aws:bedrock:us-east-1::foundation-model/amazon.nova-2-lite-v1:0:256k"
    assert len(local.control.list_custom_models(foundationModelArnEquals=foundation)["modelSummaries"]) == 3


def test_a_service_that_takes_no_custom_model_as_base_says_so(local: Local) -> None:
    job = imitate(local, shown(Behaviour.RIGHT))
    local.bedrock.store.options.refuse_custom_bases = True
    with pytest.raises(ClientError, match=r"custom model .* does not support REINFORCEMENT_FINE_TUNING"):
        local.run("rft-1", baseModelIdentifier=job["outputModelArn"])


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"hyperParameters": {"epochCount": "6"}}, "epochCount must be between 1 and 5"),
        ({"hyperParameters": {"learningRate": "0.5"}}, "learningRate must be between"),
        ({"hyperParameters": {"learningRateWarmupSteps": "1.5"}}, "no number"),
        ({"hyperParameters": {"batchSize": "8"}}, "batchSize is not supported"),
        ({"baseModelIdentifier": "amazon.nova-micro-v1:0"}, "does not support FINE_TUNING"),
    ],
)
def test_a_wrong_request_is_refused(local: Local, changes: dict[str, Any], message: str) -> None:
    local.account.objects[SHOWN] = shown(Behaviour.RIGHT)
    with pytest.raises(ClientError, match=message):
        local.control.create_model_customization_job(**supervised(local, **changes))


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        (b"{oops", "line 3"),
        (b'{"messages": []}', "schemaVersion"),
        (line([("user", [{"text": "a"}])]), "end with the assistant"),
        (line([("user", "a"), ("assistant", "b")]), "line 3"),
        (line([("user", [{"text": "User: a"}]), ("assistant", [{"text": "b"}])]), "reserved keyword User:"),
    ],
)
def test_a_wrong_line_fails_the_job_with_its_number(local: Local, bad: bytes, message: str) -> None:
    job = imitate(local, shown(Behaviour.RIGHT, count=2) + bad + b"\n")
    assert job["status"] == "Failed"
    assert message in job["failureMessage"]


REFERENCE = {"item": "lamp", "urgency": "high"}


@pytest.mark.parametrize("behaviour", sorted(RIGHT | WRONG | {Behaviour.REFUSAL, Behaviour.ECHO, Behaviour.EMPTY}))
@pytest.mark.parametrize("reference", ["1234", REFERENCE], ids=["number", "fields"])
def test_an_answer_that_a_behaviour_writes_is_told_as_right_or_wrong(behaviour: Behaviour, reference: Any) -> None:
    prompt = "How many lamps are broken, and is it urgent?"
    told = behaviour_of(write(behaviour, reference, prompt), reference, prompt)
    if behaviour in RIGHT:
        assert told in RIGHT
    elif behaviour in WRONG:
        assert told in WRONG
    else:
        assert told is behaviour


def test_a_solution_written_by_a_person_is_told_by_its_result() -> None:
    text = "She bags 2 * 3 = <<2*3=6>> rolls.\n#### 1,006"
    assert behaviour_of(text, "1006", "How many?") is Behaviour.RIGHT
    assert behaviour_of(text, "1007", "How many?") is Behaviour.WRONG
    assert behaviour_of(text, text, "How many?") is Behaviour.RIGHT  # the demonstration is the reference
    assert behaviour_of(text, None, "How many?") is None
