"""From the model ids that tasks name to the ARNs that policies need."""

from collections.abc import Iterable

from rft.inference_ids import profile_of
from rft.judges import embedding_models, judge_models
from rft.tasks import Task
from stacks.arns import Arns


def base_models(tasks: Iterable[Task], arns: Arns) -> list[str]:
    """Return the ARNs of the models to train."""
    return _unique(_model(task.model.base_model, arns) for task in tasks)


def judges(tasks: Iterable[Task], arns: Arns) -> list[str]:
    """Return the ARNs of the foundation models that judge, here, whatever profiles lead to them."""
    named = [model for task in tasks for model in judge_models(task)]
    return _unique(_model(found.model if (found := profile_of(model)) else model, arns) for model in named)


def judge_profiles(tasks: Iterable[Task], arns: Arns) -> list[str]:
    """Return the ARNs of the inference profiles through which tasks ask judges."""
    named = [model for task in tasks for model in judge_models(task) if profile_of(model)]
    return _unique(_profile(identifier, arns) for identifier in named)


def embeddings(tasks: Iterable[Task], arns: Arns) -> list[str]:
    """Return the ARNs of the models whose embeddings tasks' reward models ask."""
    return _unique(_model(model, arns) for task in tasks for model in embedding_models(task))


def baselines(tasks: Iterable[Task], arns: Arns) -> list[str]:
    """Return what InvokeModel on the untouched models needs."""
    return answering((task.model.baseline_inference_id for task in tasks), arns)


def answering(identifiers: Iterable[str], arns: Arns) -> list[str]:
    """Return what InvokeModel on models needs: the id itself and, behind a profile, its models.

    A call through an inference profile is authorised on the profile and on the model in every Region that it may
    reach; those outside the environment's residency Regions stay denied.
    """
    found: list[str] = []
    for identifier in identifiers:
        if profile := profile_of(identifier):
            found.append(_profile(identifier, arns))
            regions = arns.settings.security.residency_regions
            found += [arns.foundation_model(profile.model, region=region) for region in regions]
        else:
            found.append(_model(identifier, arns))
    return _unique(found)


def _model(identifier: str, arns: Arns) -> str:
    return identifier if identifier.startswith("arn:") else arns.foundation_model(identifier)


def _profile(identifier: str, arns: Arns) -> str:
    return identifier if identifier.startswith("arn:") else arns.of("bedrock", f"inference-profile/{identifier}")


def _unique(values: Iterable[str]) -> list[str]:
    return sorted(set(values))
