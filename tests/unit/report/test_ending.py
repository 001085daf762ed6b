"""How runs end, in words: the reason unwrapped, the fix where there is one, the way on."""

import json
from typing import Any

import pytest
from msgspec.structs import replace

from rft.interval import Interval
from rft.keys import JobStatus, RunStatus, Serving
from rft.report.causes import read_cause
from rft.report.ending import ending_of
from rft.report.supervised import supervised_rows
from rft.schemas import Champion, Decision, EvaluationResult, Job, Run, Source, Supervised


def run(**sections: Any) -> Run:
    made = Run(
        run_id="sums-1",
        task="sums",
        environment="dev",
        attempt=1,
        source=Source(bucket="b", key="incoming/sums/a.jsonl", version_id="v", size=1),
        status=RunStatus.RUNNING,
        started_at="2026-01-01T00:00:00+00:00",
        updated_at="2026-01-01T00:00:00+00:00",
    )
    for name, value in sections.items():
        setattr(made, name, value)
    return made


def of_lambda(kind: str, message: str) -> str:
    return json.dumps({"errorMessage": message, "errorType": kind, "requestId": "x", "stackTrace": ["secret path"]})


CHAMPION = Champion(
    task="sums",
    run_id="sums-1",
    model_arn="m",
    serving_arn="arn:serves",
    deployment_arn="d",
    mode=Serving.ON_DEMAND,
    dataset_version="v",
    promoted_at="2026-01-01T00:00:00+00:00",
)
RESULT = EvaluationResult(
    records=100,
    confidence=0.95,
    models={
        "baseline": Interval(mean=0.41234, low=0.3, high=0.5),
        "candidate": Interval(mean=0.655, low=0.6, high=0.7),
    },
    gains={"baseline": Interval(mean=0.24266, low=0.21, high=0.27)},
)


def test_a_promotion_says_by_how_much_and_where_it_serves() -> None:
    ending = ending_of(run(champion=CHAMPION, evaluation=RESULT, decision=Decision(promote=True, reasons=[])))
    assert ending.status is RunStatus.PROMOTED
    assert ending.message == (
        "Promoted: reward 0.412 to 0.655, gain +0.243 [+0.210, +0.270] on 100 held-out records. "
        "It serves as arn:serves."
    )


def test_a_rejection_gives_the_gates_reasons_and_says_who_serves() -> None:
    decision = Decision(promote=False, reasons=["too small", "too few"])
    assert ending_of(run(decision=decision)).message == "The gate said no: too small; too few; nothing is promoted."
    stays = ending_of(run(decision=decision, previous_champion=CHAMPION))
    assert stays.message.endswith("the champion stays.")
    assert stays.status is RunStatus.GATE_REJECTED


def test_a_rejected_dataset_keeps_what_validation_said() -> None:
    ending = ending_of(run(message="Dataset rejected: no line."))
    assert (ending.status, ending.message) == (RunStatus.DATA_REJECTED, "Dataset rejected: no line.")


def test_a_yes_of_the_gate_without_a_champion_is_a_failure() -> None:
    assert ending_of(run(decision=Decision(promote=True, reasons=[]))).status is RunStatus.FAILED


@pytest.mark.parametrize("kept", [status for status in RunStatus if status is not RunStatus.RUNNING])
def test_a_final_run_stays_as_it_ended(kept: RunStatus) -> None:
    ending = ending_of(run(status=kept, message="as it was"), error="ABORTED", cause="late")
    assert (ending.status, ending.message) == (kept, "as it was")


def test_the_words_of_a_function_are_unwrapped_without_its_trace() -> None:
    ending = ending_of(
        run(died_in="Preflight"), error="PreflightFailed", cause=of_lambda("PreflightFailed", "no access")
    )
    assert ending.message == (
        "PreflightFailed in Preflight: no access. `rft retry sums-1` starts again and reuses what was finished."
    )


@pytest.mark.parametrize(
    ("error", "cause", "says"),
    [
        ("States.Timeout", "", "look into the log"),
        ("AccessDeniedException", of_lambda("AccessDeniedException", "not authorized"), "stacks/grants.py"),
        ("Lambda.ServiceException", "", "usually passes"),
        ("Runtime.ImportModuleError", "No module named 'numpy'", "deploy again"),
        ("KeyError", of_lambda("KeyError", "'x'"), "has the trace"),
        ("Throttled", of_lambda("Throttled", "slow down"), "evaluation_concurrency"),
        ("States.ExceedToleratedFailureThreshold", "threshold", "evaluation_concurrency"),
    ],
)
def test_errors_that_imply_a_fix_name_it(error: str, cause: str, says: str) -> None:
    assert says in read_cause(error, cause).fix


@pytest.mark.parametrize("error", ["OverBudget", "TrainingFailed", "ABORTED", "FAILED"])
def test_our_own_messages_already_name_theirs(error: str) -> None:
    assert read_cause(error, of_lambda(error, "words") if error not in ("ABORTED", "FAILED") else "words").fix == ""


def test_a_batch_that_failed_shows_through_the_map_state() -> None:
    noted = "GraderBroken in batch 3: the grader failed with KeyError: 'answer'"
    ending = ending_of(
        run(message=noted, died_in="EvaluateBatch"),
        error="States.ExceedToleratedFailureThreshold",
        cause="The specified tolerated failure threshold was exceeded",
    )
    assert ending.message.startswith(
        "GraderBroken in EvaluateBatch: batch 3: the grader failed with KeyError: 'answer'."
    )


def test_another_message_on_the_record_is_not_taken_for_a_batch() -> None:
    cause = read_cause("States.ExceedToleratedFailureThreshold", "threshold", noted="Dataset accepted: 600 records.")
    assert (cause.name, cause.message) == ("States.ExceedToleratedFailureThreshold", "threshold")


@pytest.mark.parametrize("cause", ["", "[]", "null", "7", "{broken", '{"other": 1}'])
def test_any_cause_makes_a_sentence(cause: str) -> None:
    ending = ending_of(run(), error="ABORTED", cause=cause)
    assert ending.status is RunStatus.ABORTED
    assert ending.message.startswith("Aborted: ")


def test_a_retry_hint_is_not_given_twice() -> None:
    cause = of_lambda("TrainingStopped", "stopped; `rft retry sums-1` trains again")
    assert ending_of(run(), error="TrainingStopped", cause=cause).message.count("rft retry") == 1


def test_a_failure_after_the_promotion_says_that_the_candidate_serves() -> None:
    ending = ending_of(run(champion=CHAMPION), error="States.Timeout", cause="")
    assert ending.status is RunStatus.FAILED
    assert "had been promoted" in ending.message


def test_a_run_that_ended_well_says_what_it_began_from() -> None:
    job = Job(name="j", arn="a", content_hash="h", status=JobStatus.COMPLETED, submitted_at=CHAMPION.promoted_at)
    first = Supervised(job=job, demonstrations=1_234, left_out=5, since=CHAMPION.promoted_at)
    refused = replace(first, refused="no custom model (ValidationException)")
    no = Decision(promote=False, reasons=["not better"])
    assert (
        "It began from a model that imitates 1,234 demonstrations."
        in ending_of(run(champion=CHAMPION, supervised=first)).message
    )
    assert (
        "Bedrock did not take the supervised one (no custom model (ValidationException))."
        in ending_of(run(decision=no, supervised=refused)).message
    )
    rows = dict(supervised_rows(refused))
    assert rows["its demonstrations"] == "1,234 (5 records show none that may be used)"
    assert rows["not used as base"] == "Bedrock refused it: no custom model (ValidationException)"
