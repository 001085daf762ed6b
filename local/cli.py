"""``rft local``: an embedded AWS on this machine that stays up between commands."""

import shlex
import time
from typing import Annotated, Any

import msgspec
import typer

from local import background
from local.background import HOME, Running
from local.deploy import At, bootstrap, deploy
from local.embedded import client_environment
from rft.cli.exits import Exit

Json = Annotated[bool, typer.Option("--json", help="Print JSON for scripts, see docs/cli.md.")]
local_app = typer.Typer(help="The embedded AWS on this machine.", no_args_is_help=True, rich_markup_mode=None)


@local_app.command()
def up(
    port: Annotated[int | None, typer.Option(min=1, max=65535, help="Port of all services; default: any free.")] = None,
    deployed: Annotated[bool, typer.Option("--deploy/--no-deploy", help="Deploy the stacks as well.")] = True,
    json: Json = False,
) -> None:
    """Start the embedded AWS and deploy the stacks onto it; safe to repeat, also to deploy what changed."""
    started = time.monotonic()
    fresh = background.status() is None
    running = background.up(port=port)
    _say(json, f"embedded AWS {'started' if fresh else 'was up'}: {running.url}")
    if deployed:
        aws = At(client_environment(running.url))
        log = HOME / "deploy.log"
        log.unlink(missing_ok=True)
        bootstrap(aws, log=log)
        deploy(aws, log=log, on_stack=lambda stack: _say(json, f"{time.monotonic() - started:6.1f} s  {stack}"))
    _answer(json, running, deployed=deployed)


@local_app.command()
def down(json: Json = False) -> None:
    """End the embedded AWS; what it held is gone."""
    ended = background.down()
    if json:
        typer.echo(_text({"ended": ended}))
    else:
        typer.echo("embedded AWS ended" if ended else "no embedded AWS was up")


@local_app.command()
def status(json: Json = False) -> None:
    """Say whether an embedded AWS is up. Exit code 3 if none is."""
    running = background.status()
    if running is None:
        typer.echo(_text({"up": False}) if json else "no embedded AWS is up; start it with `rft local up`")
        raise typer.Exit(Exit.NO_AWS)
    if json:
        typer.echo(_text({"up": True, **_about(running)}))
    else:
        minutes = (time.time() - running.since) / 60
        typer.echo(f"embedded AWS up for {minutes:.0f} min: {running.url}, processes {_pids(running)}")


@local_app.command()
def env(json: Json = False) -> None:
    """Print the variables with which the AWS CLI, the CDK CLI and SDKs talk to it: eval "$(rft local env)"."""
    running = background.status()
    if running is None:
        typer.echo("no embedded AWS is up; start it with `rft local up`", err=True)
        raise typer.Exit(Exit.NO_AWS)
    variables = {name: value for name, value in client_environment(running.url).items() if name.startswith("AWS_")}
    if json:
        typer.echo(_text(variables))
    else:
        for name, value in variables.items():
            typer.echo(f"export {name}={shlex.quote(value)}")


def _answer(json: bool, running: Running, *, deployed: bool) -> None:
    if json:
        typer.echo(_text({"up": True, "deployed": deployed, **_about(running)}))
    else:
        typer.echo("next: rft drop FILE --task TASK --watch" if deployed else 'next: eval "$(rft local env)"')


def _about(running: Running) -> dict[str, Any]:
    return {"url": running.url, "bedrock_url": running.bedrock_url, "processes": running.pids, "since": running.since}


def _pids(running: Running) -> str:
    return ", ".join(str(pid) for pid in running.pids)


def _say(json: bool, line: str) -> None:
    if not json:
        typer.echo(line)


def _text(value: dict[str, Any]) -> str:
    return msgspec.json.format(msgspec.json.encode(value), indent=2).decode()
