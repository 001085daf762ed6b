"""What ValidateData may ask besides, where a task wants a managed detector's opinion on personal data."""

from collections.abc import Iterable

from rft.tasks import Task
from stacks.grants import Grant, Target

COMPREHEND = Grant(
    actions=("comprehend:DetectPiiEntities",), on=Target.ANY, reason="Comprehend's detectors have no resource"
)
GUARDRAIL = Grant(actions=("bedrock:ApplyGuardrail",), on=Target.GUARDRAILS)


def opinion_grants(tasks: Iterable[Task]) -> tuple[Grant, ...]:
    """Return the grants that the tasks' second opinions need: none where no task asks for one."""
    asked = {task.data.personal.second_opinion for task in tasks}
    return tuple(grant for name, grant in (("comprehend", COMPREHEND), ("guardrail", GUARDRAIL)) if name in asked)


def guardrails(tasks: Iterable[Task]) -> list[str]:
    """Return the ids of the guardrails that tasks ask, each once."""
    rules = [task.data.personal for task in tasks]
    return sorted({one.guardrail_id for one in rules if one.second_opinion == "guardrail" and one.guardrail_id})
