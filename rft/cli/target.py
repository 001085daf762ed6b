"""Which environment a command talks to: an environment file, and the AWS behind it or the embedded AWS."""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from rft import names
from rft.aws.operator import caller_account
from rft.aws.store import RunStore
from rft.cli.exits import NoAws
from rft.settings import Settings, load_settings
from rft.tasks import Task, load_tasks

ROOT = Path(__file__).resolve().parent.parent.parent
VARIABLE = "RFT_ENVIRONMENT"
LOCAL = "local"
DEFAULT = "dev"

FindEmbedded = Callable[[], Mapping[str, str] | None]


def no_embedded() -> None:
    """Find no embedded AWS: the command line without the room ``local/``."""


@dataclass(frozen=True, kw_only=True)
class Target:
    """An environment that answers."""

    settings: Settings
    root: Path
    embedded: bool

    @property
    def store(self) -> RunStore:
        """The runs table."""
        return RunStore(names.table_name(self.settings.prefix), run_days=self.settings.retention.run_days)

    @property
    def intake_bucket(self) -> str:
        """Where files are dropped."""
        return self.bucket("intake")

    @property
    def deploy_command(self) -> str:
        """What brings the environment up."""
        return deploy_command(self.settings)

    def bucket(self, role: str) -> str:
        """Return the name of a bucket by its role, see ``rft.names.bucket_name``."""
        settings = self.settings
        return names.bucket_name(settings.prefix, role, settings.account, settings.region)

    def tasks(self) -> dict[str, Task]:
        """Return the tasks of this checkout."""
        return load_tasks(self.root / "tasks")


def is_embedded(settings: Settings) -> bool:
    """Return whether an environment file is for the embedded AWS, whose functions run on the host."""
    return settings.functions.platform == "host"


def deploy_command(settings: Settings) -> str:
    """Return what brings an environment up."""
    if is_embedded(settings):
        return "rft local up"
    return f"npx cdk deploy -c environment={settings.name} '{settings.name}/*'"


def destroy_command(settings: Settings) -> str:
    """Return what removes an environment's stacks."""
    if is_embedded(settings):
        return "rft local down"
    return f"npx cdk destroy -c environment={settings.name} '{settings.name}/*'"


def choose_settings(name: str | None, *, root: Path, find_embedded: FindEmbedded) -> Settings:
    """Return the settings of the named environment; else of ``RFT_ENVIRONMENT``, of a local one that is up, of dev.

    Raises:
        SettingsInvalid: no such environment, or a wrong value in its file.

    """
    chosen = name or os.environ.get(VARIABLE) or (LOCAL if find_embedded() is not None else DEFAULT)
    return load_settings(root / "environments" / f"{chosen}.toml")


def taken_by_default(settings: Settings, name: str | None) -> bool:
    """Return whether ``choose_settings`` came to these because nothing was named and no embedded AWS is up."""
    return not (name or os.environ.get(VARIABLE)) and settings.name == DEFAULT


def connect(settings: Settings, *, root: Path, find_embedded: FindEmbedded) -> Target:
    """Point this process's AWS clients at an environment.

    On AWS the default credential chain is used, and its account must be the one in the settings.

    Raises:
        NoAws: the embedded AWS is not up, or the credentials belong to another account.

    """
    if is_embedded(settings):
        environment = find_embedded()
        if environment is None:
            raise NoAws("no embedded AWS is up; start it with `rft local up`")
        use_only(environment)
        return Target(settings=settings, root=root, embedded=True)
    os.environ |= {"AWS_REGION": settings.region, "AWS_DEFAULT_REGION": settings.region}
    account = caller_account()
    if account != settings.account:
        raise NoAws(
            f"the credentials belong to account {account}, but environments/{settings.name}.toml names "
            f"{settings.account}; sign in to that account, or correct the file"
        )
    return Target(settings=settings, root=root, embedded=False)


def use_only(environment: Mapping[str, str]) -> None:
    """Replace this process's AWS variables, so that no profile or endpoint of the user's shell gets in between."""
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        del os.environ[name]
    os.environ |= {name: value for name, value in environment.items() if name.startswith("AWS_")}
