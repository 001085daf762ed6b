"""``rft erase``: a person asks to be forgotten."""

from typing import Annotated

import typer
from msgspec import Struct

from rft.aws.erasure import Held, Trained, erase, held, person_of, trained_on
from rft.aws.operator import read_parameter
from rft.cli.exits import UnusableCall
from rft.cli.session import Session
from rft.cli.shapes import as_json
from rft.keys import RUNS
from rft.names import champion_parameter


class Erased(Struct, frozen=True, kw_only=True):
    """What ``rft dataset erase --json`` prints."""

    done: bool  # False: only looked
    objects: list[Held]
    versions: list[str]  # dataset versions that named the person
    models: list[Trained]  # trained on these
    champion: str | None  # the model that serves the task, if it is among them


def erase_person(
    context: typer.Context,
    values: Annotated[list[str], typer.Argument(metavar="VALUE...", help="Name, e-mail address, number, record id.")],
    task: Annotated[str, typer.Option("--task", metavar="TASK", help="Whose data is looked through.")],
    environment: Annotated[str, typer.Option("--env", metavar="NAME", help="Environment; has no default here.")],
    yes: Annotated[bool, typer.Option("--yes", help="Do it; without it, only say what would go.")] = False,
    json: Annotated[bool, typer.Option("--json", help="Print JSON for scripts, see docs/cli.md.")] = False,
) -> None:
    """Take a person out of a task's dataset versions, drops and runs, and say which models were trained on them."""
    session: Session = context.obj
    target = session.target(environment)
    if task not in target.tasks():
        raise UnusableCall(f"no task {task}; known tasks: {', '.join(target.tasks()) or 'none'}")
    settings = target.settings
    try:
        person = person_of(settings, task, values)
    except ValueError as error:
        raise UnusableCall(str(error)) from None
    found = list(held(settings, task, person))
    if yes:
        for one in found:
            erase(one, person)
    versions = sorted({one.dataset_version for one in found if one.dataset_version is not None})
    models = trained_on(target.store, task, set(versions))
    serving = read_parameter(champion_parameter(settings.prefix, task)) or ""
    champion = next((one.model_arn for one in models if one.model_arn in serving), None)
    said = Erased(done=yes, objects=found, versions=versions, models=models, champion=champion)
    typer.echo(as_json(said) if json else "\n".join(_lines(said)))


def _lines(said: Erased) -> list[str]:
    if not said.objects:
        return ["nothing names this person"]
    verb = "erased" if said.done else "would erase"
    lines = []
    for one in said.objects:
        what = f"{one.records} records" if one.key.endswith(".jsonl") and one.dataset_version else "named"
        whole = "the run's file, whole" if one.key.startswith(RUNS) else "the dropped file, whole"
        lines.append(f"{verb} {one.key}: {what if one.dataset_version else whole}")
    lines += [f"trained on them: {model.model_arn} (run {model.run_id})" for model in said.models]
    if said.champion:
        lines.append(f"{said.champion} is the champion: drop the data again without the person to replace it")
    return lines if said.done else [*lines, "nothing was erased; add --yes to do it"]
