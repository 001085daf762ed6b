"""What is a leftover and what is not, case by case."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from rft.keys import JobStatus, Role, RunStatus, Serving, Tag
from rft.schemas import Champion, Deployment, Job, Run, Source, Supervised
from rft.serving.leftovers import Found, Kind, Remedy, expires_at, leftovers

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
SOON, PAST = (NOW + timedelta(hours=1)).isoformat(), (NOW - timedelta(hours=1)).isoformat()
WISH = Deployment(name="champion", arn="d", requested_at=PAST)
CHAMPION = Champion(
    task="sums",
    run_id="old",
    model_arn="model:old",
    serving_arn="t",
    deployment_arn="d",
    mode=Serving.PROVISIONED,
    dataset_version="v",
    promoted_at=PAST,
)


def run(run_id: str = "r", status: RunStatus = RunStatus.RUNNING, **sections: Any) -> Run:
    source = Source(bucket="b", key="k", version_id="v", size=1)
    made = Run(
        run_id=run_id,
        task="sums",
        environment="dev",
        attempt=1,
        source=source,
        status=status,
        started_at=PAST,
        updated_at=PAST,
    )
    for name, value in sections.items():
        setattr(made, name, value)
    return made


def found(kind: Kind, arn: str, *, role: Role = Role.CHAMPION, model: str = "model:old", **changes: Any) -> Found:
    tags = {Tag.ENVIRONMENT: "dev", Tag.TASK: "sums", Tag.RUN: "r", Tag.ROLE: role, **changes.pop("tags", {})}
    created = changes.pop("created_at", NOW - timedelta(minutes=5))
    return Found(
        kind=kind,
        arn=arn,
        name=arn,
        model_arn=model,
        created_at=created,
        tags={str(key): str(value) for key, value in tags.items()},
        **changes,
    )


def judge(one: Found, *runs: Run, champion: Champion | None = CHAMPION) -> Remedy | None:
    champions = {"sums": champion} if champion else {}
    known = {other.run_id: other for other in runs}
    verdict = leftovers([one], environment="dev", runs=known, champions=champions, now=NOW, max_hours=2.0)
    return verdict[0].remedy if verdict else None


DEAD, LIVING = run(status=RunStatus.ABORTED), run()
PROMOTING = run("other", promotion=WISH)
IMITATING = run(
    "other",
    supervised=Supervised(
        job=Job(name="j", arn="j", content_hash="h", status=JobStatus.IN_PROGRESS, submitted_at=PAST),
        demonstrations=100,
        left_out=0,
        since=PAST,
    ),
)
THROUGHPUT = found(Kind.THROUGHPUT, "t", tags={Tag.EXPIRES_AT: SOON})


@pytest.mark.parametrize(
    ("one", "runs", "champion", "remedy"),
    [
        (found(Kind.DEPLOYMENT, "c", role=Role.CANDIDATE), [LIVING], CHAMPION, None),
        (found(Kind.DEPLOYMENT, "c", role=Role.CANDIDATE), [DEAD], CHAMPION, Remedy.REMOVE),
        (found(Kind.DEPLOYMENT, "c", role=Role.CANDIDATE), [], CHAMPION, Remedy.REMOVE),
        (found(Kind.DEPLOYMENT, "c", tags={Tag.ENVIRONMENT: "prod"}), [], None, None),
        (found(Kind.DEPLOYMENT, "d"), [DEAD], CHAMPION, None),
        (found(Kind.DEPLOYMENT, "d"), [DEAD], None, Remedy.REMOVE),
        (found(Kind.DEPLOYMENT, "d"), [PROMOTING], None, None),
        (found(Kind.DEPLOYMENT, "d", model="model:new"), [DEAD], CHAMPION, Remedy.PUT_BACK),
        (found(Kind.DEPLOYMENT, "d", model="model:new"), [PROMOTING], CHAMPION, None),
        (THROUGHPUT, [DEAD], CHAMPION, None),
        (found(Kind.THROUGHPUT, "t", tags={Tag.EXPIRES_AT: PAST}), [DEAD], CHAMPION, Remedy.EXPIRE),
        (found(Kind.THROUGHPUT, "t", tags={Tag.EXPIRES_AT: PAST}), [LIVING], CHAMPION, Remedy.EXPIRE),
        (found(Kind.THROUGHPUT, "t"), [DEAD], CHAMPION, None),
        (found(Kind.THROUGHPUT, "t", created_at=NOW - timedelta(hours=3)), [DEAD], CHAMPION, Remedy.EXPIRE),
        (found(Kind.THROUGHPUT, "t2", tags={Tag.EXPIRES_AT: SOON}), [DEAD], CHAMPION, Remedy.REMOVE),
        (found(Kind.THROUGHPUT, "t2", tags={Tag.EXPIRES_AT: SOON}), [LIVING], CHAMPION, None),
        (found(Kind.THROUGHPUT, "t2", tags={Tag.EXPIRES_AT: SOON}), [DEAD, PROMOTING], CHAMPION, None),
        (
            found(Kind.THROUGHPUT, "t", tags={Tag.EXPIRES_AT: PAST}, committed_until=NOW + timedelta(days=9)),
            [DEAD],
            CHAMPION,
            None,
        ),
        (
            found(Kind.THROUGHPUT, "t", model="model:new", tags={Tag.EXPIRES_AT: SOON}),
            [DEAD],
            CHAMPION,
            Remedy.PUT_BACK,
        ),
        (found(Kind.JOB, "j"), [DEAD], CHAMPION, Remedy.REMOVE),
        (found(Kind.JOB, "j"), [LIVING], CHAMPION, None),
        (found(Kind.JOB, "j"), [DEAD, IMITATING], CHAMPION, None),
        (found(Kind.JOB, "k"), [DEAD, IMITATING], CHAMPION, Remedy.REMOVE),
    ],
)
def test_each_case(one: Found, runs: list[Run], champion: Champion | None, remedy: Remedy | None) -> None:
    assert judge(one, *runs, champion=champion) is remedy


def test_what_bills_by_the_hour_comes_first() -> None:
    mess = [
        found(Kind.DEPLOYMENT, "c", role=Role.CANDIDATE),
        found(Kind.JOB, "j"),
        found(Kind.THROUGHPUT, "t2", tags={Tag.EXPIRES_AT: SOON}),
    ]
    judged = leftovers(mess, environment="dev", runs={"r": DEAD}, champions={}, now=NOW, max_hours=1)
    assert [one.found.kind for one in judged] == [Kind.THROUGHPUT, Kind.JOB, Kind.DEPLOYMENT]
    assert "ended as ABORTED" in judged[1].why


def test_a_commitment_outlasts_the_tag() -> None:
    end = NOW + timedelta(days=3)
    assert expires_at(found(Kind.THROUGHPUT, "t", tags={Tag.EXPIRES_AT: SOON}, committed_until=end), 1) == end
