"""Build the folder of a Lambda layer with the functions' dependencies, without Docker: ``build/layers/<layer>``.

A layer is named by its platform, one for graders by ``grader-`` and its platform. ``aarch64`` takes wheels for Lambda's
newest Python on arm64; ``host`` takes those of this interpreter, for the embedded AWS. The same requirements give the
same files on every machine, so a layer changes only when a pin does.
"""

import compileall
import py_compile
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
REQUIREMENTS = {"": ROOT / "requirements-lambda.txt", "grader-": ROOT / "requirements-grader.txt"}
LAYERS = ROOT / "build" / "layers"
PYTHON = "3.14"  # that of stacks.constructs.function.RUNTIME, a test compares them
GLIBC = ("manylinux2014_aarch64", "manylinux_2_28_aarch64")  # Lambda's runtime has glibc 2.34
WHEELS = {
    "host": [],
    "aarch64": ["--implementation", "cp", "--python-version", PYTHON, "--abi", f"cp{PYTHON.replace('.', '')}"]
    + ["--abi", "abi3", "--abi", "none"]
    + [argument for tag in GLIBC for argument in ("--platform", tag)],
}
# botocore describes every AWS service in 25 MB of JSON; functions unpack what they call.
SERVICES = {
    "bedrock",
    "bedrock-runtime",
    "cloudwatch",
    "comprehend",
    "dynamodb",
    "lambda",
    "s3",
    "service-quotas",
    "sns",
    "ssm",
    "stepfunctions",
    "sts",
}
# pip's notes differ from machine to machine, and scripts name this machine's interpreter.
NOTES = ("INSTALLER", "RECORD", "REQUESTED", "direct_url.json")


def build(layer: str, *, requirements: Path | None = None, layers: Path = LAYERS) -> Path:
    """Install the requirements, exactly as pinned and nothing else, into ``<layers>/<layer>/python``.

    ``requirements`` are those of the layer's name unless given.

    Raises:
        KeyError: no such layer.
        subprocess.CalledProcessError: pip failed; it has said why.

    """
    platform = layer.removeprefix("grader-")
    wheels = WHEELS[platform]
    requirements = requirements or REQUIREMENTS[layer.removesuffix(platform)]
    layers.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=layers, prefix=".new-") as scratch:
        target = Path(scratch) / "layer" / "python"
        command = [
            sys.executable,
            "-m",
            "pip",
            "install",
            "--quiet",
            "--quiet",
            "--disable-pip-version-check",
            "--no-compile",
        ]
        command += ["--no-deps", "--only-binary", ":all:", "--target", str(target), *wheels]
        subprocess.run([*command, "--requirement", str(requirements)], check=True)
        shutil.rmtree(target / "bin", ignore_errors=True)
        for note in NOTES:
            for path in target.glob(f"*.dist-info/{note}"):
                path.unlink()
        _slim(target)
        if platform == "host":
            _compile(target)
        place = layers / layer
        shutil.rmtree(place, ignore_errors=True)
        target.parent.rename(place)
    return place


def _slim(target: Path) -> None:
    for folder in target.glob("botocore/data/*/"):
        if folder.name not in SERVICES:
            shutil.rmtree(folder)


def _compile(target: Path) -> None:
    """Compile for this interpreter, so that a cold start does not; valid whatever times an archive writes."""
    mode = py_compile.PycInvalidationMode.UNCHECKED_HASH
    if not compileall.compile_dir(target, quiet=1, stripdir=str(target), invalidation_mode=mode):
        raise RuntimeError(f"{target}: a dependency does not compile")


if __name__ == "__main__":
    known = [name + platform for name in REQUIREMENTS for platform in WHEELS]
    if len(sys.argv) != 2 or sys.argv[1] not in known:
        sys.exit(f"usage: build_layer.py {'|'.join(known)}")
    build(sys.argv[1])
