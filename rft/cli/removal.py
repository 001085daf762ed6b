"""The command ``rft remove``: before the stacks go, what runs made has to go."""

from typing import Annotated

import typer

from rft.cli.exits import Exit
from rft.cli.session import Session
from rft.cli.shapes import RemovalView, as_json
from rft.cli.target import destroy_command
from rft.serving.removal import Removal, full_buckets, remnants, remove_all


def remove(
    context: typer.Context,
    environment: Annotated[str, typer.Option("--env", metavar="NAME", help="Environment; has no default here.")],
    yes: Annotated[bool, typer.Option("--yes", help="Do it; without it, only say what would go.")] = False,
    json: Annotated[bool, typer.Option("--json", help="Print JSON for scripts, see docs/cli.md.")] = False,
) -> None:
    """Remove what an environment's runs made and `cdk destroy` does not know: throughput, deployments, models."""
    session: Session = context.obj
    settings = session.target(environment).settings
    doomed = remnants(settings)
    done = remove_all(doomed) if yes else Removal()
    view = RemovalView(
        found=[remnant.what for remnant in doomed],
        removed=done.removed,
        waiting=done.waiting,
        failures=done.failures,
        kept=[] if settings.retention.remove_data_with_stacks else full_buckets(settings),
        then=destroy_command(settings),
    )
    typer.echo(as_json(view) if json else "\n".join(_lines(view, yes=yes)))
    if done.waiting or done.failures:
        raise typer.Exit(Exit.NOT_PROMOTED)


def _lines(view: RemovalView, *, yes: bool) -> list[str]:
    lines = [f"removed {what}" for what in view.removed] if yes else [f"would remove {what}" for what in view.found]
    lines += [f"waits: {what}" for what in view.waiting] + [f"failed: {what}" for what in view.failures]
    lines += [f"keeps {bucket}: retention.remove_data_with_stacks is false" for bucket in view.kept]
    if view.waiting or view.failures:
        return [*lines, "not all is gone: call again in a few minutes, before you remove the stacks"]
    if view.found and not yes:
        return [*lines, "nothing was removed; add --yes to do it"]
    return [*lines, f"nothing {'is left' if yes else 'to remove'} in Bedrock; now remove the stacks: {view.then}"]
