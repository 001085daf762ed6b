"""The end of a run that went well, whatever the gate said: the candidate's deployment, the alias and old models go."""

from collections.abc import Iterable

from msgspec.structs import replace

from rft.aws import clients
from rft.aws.refusals import AwsRefusal, mutating, not_found
from rft.keys import Tag
from rft.schemas import Run
from rft.serving import champion as champions
from rft.serving import deployments, throughput
from rft.serving.cleanup import delete_aliases, delete_candidate
from rft.serving.progress import Progress
from rft.serving.retirement import StoredModel, models_to_delete
from rft.serving.tags import read_tags
from rft.settings import Settings


def retire(progress: Progress) -> list[str]:
    """Remove what the run does not need any more; return it in words.

    Raises:
        StillMutating: the candidate's deployment cannot be deleted yet.

    """
    removed = [*delete_candidate(progress), *delete_aliases(progress), *_delete_models(progress)]
    if removed:
        progress.note(cleaned=[*progress.run.cleaned, *removed])
    return removed


def stored_models(settings: Settings, task: str | None = None) -> list[StoredModel]:
    """Return the environment's models by their tags: those of one task, or all."""
    wanted = {str(Tag.ENVIRONMENT): settings.name} | ({str(Tag.TASK): task} if task else {})
    name = f"{settings.prefix}-{task or ''}"
    found = []
    for page in clients.bedrock().get_paginator("list_custom_models").paginate(nameContains=name, isOwned=True):
        for item in page.get("modelSummaries", []):
            tags = read_tags(item["modelArn"])
            if all(tags.get(key) == value for key, value in wanted.items()):
                found.append(
                    StoredModel(
                        arn=item["modelArn"],
                        name=item["modelName"],
                        created_at=item["creationTime"],
                        supervised=item.get("customizationType") == "FINE_TUNING",
                        base_arn=item.get("baseModelArn", ""),
                    )
                )
    return found


def _delete_models(progress: Progress) -> list[str]:
    champion = champions.read(progress.settings.prefix, progress.run.task)
    runs = [run for run in progress.store.all() if run.task == progress.run.task]
    bases = _bases(runs)
    stored = stored_models(progress.settings, progress.run.task)
    surplus = models_to_delete(
        [replace(model, base_arn=bases.get(model.arn, model.base_arn)) for model in stored],
        keep=progress.settings.workflow.keep_models,
        champion=champion.model_arn if champion else None,
        in_use=_in_use(runs),
    )
    removed = []
    for model in surplus:
        try:
            clients.bedrock().delete_custom_model(modelIdentifier=model.arn)
        except AwsRefusal as refusal:
            if not (not_found(refusal) or mutating(refusal)):
                raise
        else:
            removed.append(f"model {model.name}")
    return removed


def _in_use(runs: Iterable[Run]) -> set[str]:
    """Return ARNs and names of models that a deployment, throughput or living run of the task needs."""
    used = {one.model_arn for one in deployments.list_all()}
    for one in throughput.list_all():
        used |= {one.model_arn, one.desired_model_arn}
    for run in runs:
        if not run.final:
            for job in (run.job, run.supervised.job if run.supervised else None):
                used |= {job.name, job.model_arn or job.name} if job else set()
    return used


def _bases(runs: Iterable[Run]) -> dict[str, str]:
    """Return the supervised model behind each model, as run records have it: Bedrock may name the foundation model."""
    return {
        run.job.model_arn: run.supervised.job.model_arn
        for run in runs
        if run.job and run.job.model_arn and run.supervised and run.supervised.job.model_arn
        if not run.supervised.refused
    }
