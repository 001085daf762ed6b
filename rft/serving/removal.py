"""The end of an environment: what its runs made and CloudFormation therefore does not know.

Without it provisioned throughput would bill, and models and deployments would stay, after ``cdk destroy``.
"""

from collections.abc import Callable
from functools import partial
from typing import Final

from msgspec import Struct, field

from rft import names
from rft.aws import clients, executions, objects
from rft.aws.refusals import AwsRefusal, mutating, not_found, reason
from rft.clock import now
from rft.errors import RftError, StillMutating
from rft.keys import Tag
from rft.serving import champion as champions
from rft.serving.cleanup import describe
from rft.serving.inventory import inventory, remove
from rft.serving.leftovers import Found, Kind
from rft.serving.retirement import StoredModel
from rft.serving.retiring import stored_models
from rft.settings import Settings

BUCKETS: Final = ("intake", "datasets", "artefacts", "access-logs")  # S3 goes on writing into the last


class Remnant(Struct, frozen=True):
    """Something that runs made, in words, and how it goes."""

    what: str
    remove: Callable[[], object]


class Removal(Struct, kw_only=True):
    """What was removed and what was not, in words."""

    removed: list[str] = field(default_factory=list)
    waiting: list[str] = field(default_factory=list)  # still mutating: call again
    failures: list[str] = field(default_factory=list)


def remnants(settings: Settings) -> list[Remnant]:
    """Return what runs of the environment made, in the order in which it has to go.

    Executions come first, because they make more; then what bills by the hour; models after what serves them. Buckets
    are among it only if the settings let the data go with the stacks. What carries another environment's tag, or none,
    stays.
    """
    ours = [found for found in inventory(settings.prefix) if found.tags.get(Tag.ENVIRONMENT) == settings.name]
    order = [Kind.THROUGHPUT, Kind.JOB, Kind.DEPLOYMENT]
    ours.sort(key=lambda found: order.index(found.kind))
    machine = names.machine_name(settings.prefix, "training")
    machine_arn = f"arn:aws:states:{settings.region}:{settings.account}:stateMachine:{machine}"
    return [
        *(
            Remnant(f"execution {arn.rsplit(':', 1)[1]}", partial(executions.stop, arn, "rft remove"))
            for arn in executions.running(machine_arn)
        ),
        *(Remnant(_words(found), partial(remove, found)) for found in ours),
        *(Remnant(f"model {model.name}", partial(_delete_model, model)) for model in stored_models(settings)),
        *(
            Remnant(f"parameter {name}", partial(champions.forget, name))
            for name in champions.names_of_all(settings.prefix)
        ),
        *(_contents(bucket) for bucket in full_buckets(settings) if settings.retention.remove_data_with_stacks),
    ]


def full_buckets(settings: Settings) -> list[str]:
    """Return the names of the environment's buckets that hold something."""
    every = (names.bucket_name(settings.prefix, role, settings.account, settings.region) for role in BUCKETS)
    return [bucket for bucket in every if not objects.is_empty(bucket)]


def remove_all(doomed: list[Remnant]) -> Removal:
    """Remove what ``remnants`` found; one that fails keeps no other from going. Safe to repeat."""
    result = Removal()
    for remnant in doomed:
        try:
            remnant.remove()
        except StillMutating as error:
            result.waiting.append(f"{remnant.what}: {error}")
        except (AwsRefusal, RftError) as error:
            result.failures.append(f"{remnant.what}: {describe(error)}")
        else:
            result.removed.append(remnant.what)
    return result


def _words(found: Found) -> str:
    words = f"{found.kind} {found.name}"
    if found.committed_until and found.committed_until > now():
        return f"{words} (committed until {found.committed_until:%Y-%m-%d}: Bedrock deletes it only then)"
    return words


def _contents(bucket: str) -> Remnant:
    return Remnant(f"all versions of all objects in {bucket}", partial(objects.empty, bucket))


def _delete_model(model: StoredModel) -> None:
    try:
        clients.bedrock().delete_custom_model(modelIdentifier=model.arn)
    except AwsRefusal as refusal:
        if mutating(refusal):
            raise StillMutating(f"something still serves it: {reason(refusal)}") from refusal
        if not not_found(refusal):
            raise
