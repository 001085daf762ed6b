"""No grant may go unnoticed: without any single one, a documented permission, a reviewed role or a call is refused.

The three are the rows of ``tests/stacks/test_permissions.py``, ``tests/stacks/agreed_roles.json`` and the calls of
this folder's scenarios. None of them is derived from ``stacks/grants.py``.
"""

import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from functools import cache
from typing import NamedTuple

from msgspec.structs import replace

from rft.keys import Step
from rft.settings import load_settings
from rft.tasks import load_tasks
from stacks.arns import Arns
from stacks.grants import GRANTS, Target
from stacks.targets import Scope, Targets
from tests.contract.permissions import actions_of, suffices, targets_of
from tests.contract.scenarios import calls
from tests.stacks.assembly import LOG_BUCKET, LOG_KEY, ROOT
from tests.stacks.policy import Policies, Request, Statement, allowed
from tests.stacks.test_grants import shortened
from tests.stacks.test_permissions import ROWS, Row, context_of, places

SETTINGS = replace(load_settings(ROOT / "environments" / "dev.toml"), log_buckets=[LOG_BUCKET], log_key_arns=[LOG_KEY])
KEYS = {
    name: f"arn:aws:kms:{SETTINGS.region}:{SETTINGS.account}:key/{name}" for name in ("data", "model", "operations")
}


class One(NamedTuple):
    """One action of one step on one target."""

    step: Step
    action: str
    on: Target


ALL = sorted(
    {One(step, action, grant.on) for step, grants in GRANTS.items() for grant in grants for action in grant.actions}
)


@cache
def _targets() -> Targets:
    """Return what targets stand for in one environment, its keys' ARNs invented."""
    return Targets(
        arns=Arns(settings=SETTINGS),
        tasks=load_tasks(ROOT / "tasks"),
        data_key_arn=KEYS["data"],
        model_key_arn=KEYS["model"],
        operations_key_arn=KEYS["operations"],
    )


@cache
def _scope(on: Target) -> Scope:
    return _targets().scope(on)


def _without(one: One) -> list[One]:
    return [other for other in ALL if other.step == one.step and other != one]


def _refuses_a_row(one: One, rows: Iterable[Row]) -> bool:
    """Return whether a documented permission of the step is denied without this grant, and granted with it."""
    where = places(environment=SETTINGS.name, account=SETTINGS.account, region=SETTINGS.region, keys=KEYS)
    for row in rows:
        if (row.principal, row.action) != (one.step, one.action):
            continue
        request = Request(
            principal=f"arn:aws:iam::{SETTINGS.account}:role/{one.step}",
            action=row.action,
            resource=row.resource.format(**where),
            context=context_of(row, account=SETTINGS.account, region=SETTINGS.region),
        )
        less = _statements(_without(one))
        if allowed(request, Policies(identity=[*less, *_statements([one])])) and not allowed(
            request, Policies(identity=less)
        ):
            return True
    return False


def _statements(grants: Sequence[One]) -> list[Statement]:
    return [
        {
            "Effect": "Allow",
            "Action": [grant.action],
            "Resource": list(_scope(grant.on).resources),
            "Condition": dict(_scope(grant.on).conditions),
        }
        for grant in grants
    ]


def _leaves_a_gap_in_a_reviewed_role(one: One, agreed: dict[str, dict[str, list[str]]]) -> bool:
    """Return whether a reviewed role names this permission and nothing else of the step gives it."""
    role = agreed.get(one.step.replace("_", "-"))
    if role is None:
        return False
    own, others = _short([one]), _short(_without(one))
    return any(
        action in role.get(resource, []) and action not in others.get(resource, set())
        for resource, actions in own.items()
        for action in actions
    )


def _short(grants: Sequence[One]) -> dict[str, set[str]]:
    given = {
        (grant.action, resource, json.dumps(dict(_scope(grant.on).conditions)))
        for grant in grants
        for resource in _scope(grant.on).resources
    }
    return shortened(given, environment=SETTINGS.name, account=SETTINGS.account, region=SETTINGS.region, keys=KEYS)


@cache
def _called() -> dict[tuple[str, str], set[frozenset[Target]]]:
    """Return, for step and action, the targets of each call; none where the request does not tell."""
    found = defaultdict(set)
    for call in calls():
        for action in actions_of(call.service, call.operation, call.params):
            found[call.step, action].add(frozenset(targets_of(action, call.params)))
    return found


def _refuses_a_call(one: One) -> bool:
    left = {other.on for other in _without(one) if other.action == one.action}
    return any(not suffices(left, wanted) for wanted in _called()[one.step, one.action])


def unnoticed(rows: Iterable[Row]) -> list[One]:
    """Return the grants that could be removed without a test failing."""
    agreed = json.loads((ROOT / "tests" / "stacks" / "agreed_roles.json").read_text())
    rows = list(rows)
    return [
        one
        for one in ALL
        if not (_refuses_a_row(one, rows) or _leaves_a_gap_in_a_reviewed_role(one, agreed) or _refuses_a_call(one))
    ]


def test_removing_any_one_grant_makes_a_test_fail() -> None:
    found = [f"{step}: {action} on {on}" for step, action, on in unnoticed(ROWS)]
    assert not found, "nothing notices when these grants are removed: " + "; ".join(found)


def test_a_grant_that_nothing_asks_for_is_named() -> None:
    rows = [row for row in ROWS if row.via != "sns"]
    assert {(step, action) for step, action, _ in unnoticed(rows)} == {
        (step, action)
        for step in (Step.STARTER, Step.REPORT, Step.CHECK_GRADERS)
        for action in ("kms:Decrypt", "kms:GenerateDataKey")
    }
