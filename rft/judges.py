"""Who a task's grader asks beside its rules: judges, guardrails, an embedding model, by id. Stacks grant no others."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rft.graders import components_of

if TYPE_CHECKING:
    from rft.tasks import Task

JUDGE, GUARDRAIL = "judge", "guardrail"  # kinds of components


def judge_models(task: Task) -> list[str]:
    """Return the ids of the models that judge answers, each once: of its components, or as ``[grader] judges`` says."""
    named = [model for one in components_of(task, JUDGE) for model in one["models"]]
    return sorted({*named, *task.grader.judges})


def judge_names(task: Task) -> list[str]:
    """Return the names of the judges that a task's reward lists: what they count has metrics ``<name>_<count>``.

    Not those of a reward in Python, which returns the judge's score alone, nor the independent grader's, whose metrics
    have a phase of their own.
    """
    listed = (task.reward or {}).get("components", [])
    return [one.get("name", JUDGE) for one in listed if one.get("kind") == JUDGE]


def guardrail_ids(task: Task) -> list[str]:
    """Return the ids of the guardrails that see answers, each once: of its components or ``[grader] guardrails``."""
    return sorted({*(one["guardrail_id"] for one in components_of(task, GUARDRAIL)), *task.grader.guardrails})


def embedding_models(task: Task) -> list[str]:
    """Return the ids of the models whose embeddings a task's reward model asks: one, or none."""
    return [task.reward_model.embeddings] if task.reward_model.embeddings else []


def judges_answers(task: Task) -> bool:
    """Return whether models or guardrails judge a task's answers."""
    return bool(judge_models(task) or guardrail_ids(task))


def asks_bedrock(task: Task) -> bool:
    """Return whether a task's grader calls Bedrock at all."""
    return judges_answers(task) or bool(embedding_models(task))
