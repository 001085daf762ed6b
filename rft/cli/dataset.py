"""The commands ``rft dataset ...``."""

from typing import Final

import typer

from rft.cli.difference import differ
from rft.cli.erase import erase_person

dataset: Final = typer.Typer(name="dataset", help="What becomes of dataset versions.", no_args_is_help=True)
dataset.command("erase")(erase_person)
dataset.command("diff")(differ)
