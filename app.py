"""The CDK application: settings become one stage per environment. It asks nothing of AWS, git or the clock.

``cdk synth`` makes every environment; ``-c environment=dev`` makes one.
"""

from pathlib import Path

import aws_cdk as cdk
from cdk_nag import AwsSolutionsChecks

from rft.errors import TaskInvalid
from rft.settings import load_settings
from rft.tasks import load_tasks
from stacks.constructs.packaging import Sources
from stacks.stage import EnvironmentStage

ROOT = Path(__file__).resolve().parent


def build(app: cdk.App, *, root: Path = ROOT, environments: Path | None = None) -> list[EnvironmentStage]:
    """Add a stage for every environment file, or for the one that the context value ``environment`` names.

    Raises:
        SettingsInvalid: a wrong environment file; the message names file, key and fix.
        TaskInvalid: a wrong task folder, or none at all.
        PackagingError: something to package is missing; the message names the fix.

    """
    folder = environments or root / "environments"
    chosen = app.node.try_get_context("environment")
    names = [chosen] if chosen else sorted(path.stem for path in folder.glob("*.toml"))
    sources = Sources(root=root)
    tasks = load_tasks(root / "tasks")
    if not tasks:
        raise TaskInvalid(f"{root / 'tasks'}: holds no task; a task is a folder with task.toml and reward.py")
    stages = [
        EnvironmentStage(app, settings=load_settings(folder / f"{name}.toml"), tasks=tasks, sources=sources)
        for name in names
    ]
    cdk.Validations.of(app).add_plugins(AwsSolutionsChecks(app))
    return stages


if __name__ == "__main__":
    application = cdk.App()
    build(application)
    application.synth()
