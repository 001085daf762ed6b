"""The command ``rft`` as ``make setup`` installs it: the commands of ``rft.cli`` plus those of the embedded AWS.

The arrow goes from here to ``rft``: the domain's command line knows nothing of an embedded AWS but how to ask for one.
"""

import sys

from local import background
from local.cli import local_app
from local.demo import demo
from local.deploy import DeployError
from local.embedded import EmbeddedAwsError, client_environment
from rft.cli.main import app
from rft.cli.session import Session, run

app.add_typer(local_app, name="local")
app.command("demo")(demo)


def find_embedded() -> dict[str, str] | None:
    """Return the environment of the embedded AWS that ``rft local up`` started, or None."""
    running = background.status()
    return client_environment(running.url) if running else None


def main() -> int:
    """Run the command line; return its exit code."""
    session = Session(find_embedded=find_embedded)
    return run(app, sys.argv[1:], session, also_no_aws=(EmbeddedAwsError, DeployError))


if __name__ == "__main__":
    sys.exit(main())
