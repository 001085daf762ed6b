"""Which job a run uses, for every history that a content hash can have."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rft.keys import JobStatus
from rft.schemas import Job
from rft.training.lifecycle import Move, attempt_of, choose, over_time

BORN = datetime(2026, 1, 1, tzinfo=UTC)
STATUSES = st.sampled_from(list(JobStatus))


def job(attempt: int, status: JobStatus, *, reused: bool = True) -> Job:
    return Job(
        name=f"rft-local-arithmetic-0123456789ab-a{attempt}",
        arn=f"arn:{attempt}",
        content_hash="0123456789ab",
        status=status,
        submitted_at=BORN.isoformat(),
        reused=reused,
        model_arn="arn:model" if status is JobStatus.COMPLETED else None,
    )


def lives(_: Job) -> bool:
    return True


def gone(_: Job) -> bool:
    return False


def test_the_first_run_of_a_content_creates_its_first_attempt():
    choice = choose([], 1, lives)
    assert (choice.move, choice.attempt, choice.job) == (Move.CREATE, 1, None)


def test_a_retry_whose_first_run_never_launched_creates_the_first_attempt():
    assert choose([], 3, lives).attempt == 1


@pytest.mark.parametrize("run_attempt", [1, 2])
def test_a_running_job_is_joined_also_by_a_retry(run_attempt):
    jobs = [job(1, JobStatus.FAILED), job(2, JobStatus.IN_PROGRESS)]
    choice = choose(jobs, run_attempt, lives)
    assert (choice.move, choice.job) == (Move.ATTACH, jobs[1])


def test_a_completed_job_is_reused_while_its_model_lives_and_followed_when_it_does_not():
    jobs = [job(1, JobStatus.COMPLETED)]
    assert choose(jobs, 1, lives).move is Move.REUSE
    again = choose(jobs, 1, gone)
    assert (again.move, again.attempt) == (Move.CREATE, 2)


@pytest.mark.parametrize("status", [JobStatus.FAILED, JobStatus.STOPPED, JobStatus.STOPPING])
def test_a_job_that_failed_or_was_stopped_is_repeated_by_a_retry_only(status):
    jobs = [job(1, status)]
    refused = choose(jobs, 1, lives)
    assert (refused.move, refused.job) == (Move.REFUSE, jobs[0])
    again = choose(jobs, 2, lives)
    assert (again.move, again.attempt) == (Move.CREATE, 2)


def test_a_retry_launches_once_however_often_its_step_is_repeated():
    jobs = [job(1, JobStatus.FAILED), job(2, JobStatus.FAILED, reused=False)]  # the second one is its own
    assert choose(jobs, 2, lives).move is Move.REFUSE


def test_an_older_living_model_is_better_than_a_new_job():
    jobs = [job(1, JobStatus.COMPLETED), job(2, JobStatus.FAILED)]
    assert choose(jobs, 1, lives).job == jobs[0]


def test_attempts_are_counted_as_numbers():
    jobs = [job(number, JobStatus.FAILED) for number in (2, 10, 9)]
    assert choose(jobs, 2, lives).attempt == 11


@given(history=st.lists(STATUSES, max_size=12), run_attempt=st.integers(1, 5), alive=st.booleans(), random=st.randoms())
def test_no_history_leads_to_a_name_that_was_used_or_depends_on_the_listings_order(history, run_attempt, alive, random):
    jobs = [job(number, status) for number, status in enumerate(history, start=1)]
    choice = choose(jobs, run_attempt, lambda _: alive)
    random.shuffle(jobs)
    assert choose(jobs, run_attempt, lambda _: alive) == choice
    if choice.move is Move.CREATE:
        assert choice.job is None
        assert choice.attempt == len(history) + 1
    else:
        assert choice.job in jobs
    if JobStatus.IN_PROGRESS in history:
        assert choice.move in (Move.ATTACH, Move.REUSE)


@pytest.mark.parametrize(("name", "attempt"), [("rft-a-a1-0a-a12", 12), ("rft-a1", 1), ("made-by-hand", 0), ("a", 0)])
def test_the_attempt_is_read_from_the_names_end(name, attempt):
    found = Job(name=name, arn="", content_hash="", status=JobStatus.FAILED, submitted_at=BORN.isoformat())
    assert attempt_of(found) == attempt


@pytest.mark.parametrize(("seconds", "late"), [(7199, False), (7200, False), (7201, True)])
def test_over_time_is_counted_from_submission(seconds, late):
    running = job(1, JobStatus.IN_PROGRESS)
    assert over_time(running, BORN + timedelta(seconds=seconds), 2.0) is late
    elsewhere = BORN.astimezone(tz=datetime.now().astimezone().tzinfo) + timedelta(seconds=seconds)
    assert over_time(running, elsewhere, 2.0) is late
