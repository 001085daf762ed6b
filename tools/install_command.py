"""Install the command ``rft`` into the virtual environment that runs this: two small files, no build, no network."""

import shlex
import sys
import sysconfig
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def install(scripts: Path, packages: Path) -> Path:
    """Write ``rft`` into ``scripts`` and a path file into ``packages``; return the command's path.

    The command is a shell script, because an interpreter line may be neither long nor hold spaces.
    """
    (packages / "bedrock-rft.pth").write_text(f"{ROOT}\n")
    command = scripts / "rft"
    # The environment's programs come first: Node stands there on machines that have none of their own.
    command.write_text(
        f'#!/bin/sh\nPATH={shlex.quote(str(scripts))}:"$PATH" exec {shlex.quote(str(scripts / "python"))}'
        ' -m local.command "$@"\n'
    )
    command.chmod(0o755)
    return command


if __name__ == "__main__":
    if sys.prefix == sys.base_prefix:
        sys.exit("Run this with the project's virtual environment: .venv/bin/python tools/install_command.py")
    print(install(Path(sys.prefix) / "bin", Path(sysconfig.get_path("purelib"))))
