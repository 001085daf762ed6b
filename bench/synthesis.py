"""Synthesis of one environment against an empty CDK application in Python: what our stacks add to what jsii takes."""

import json
import os
import sys
import tempfile
from pathlib import Path

from bench.timing import Ratio, in_turns, process
from rft.cli.target import ROOT

EMPTY = """
import aws_cdk as cdk

app = cdk.App()
cdk.Stack(app, "empty")
app.synth()
"""


def measure(*, repeats: int) -> Ratio:
    """Time both applications as whole processes; neither the CDK CLI nor a deployment is in it."""
    context = json.loads((ROOT / "cdk.json").read_text())["context"] | {"environment": "dev"}
    with tempfile.TemporaryDirectory(prefix="rft-bench-") as folder:
        empty = Path(folder) / "empty.py"
        empty.write_text(EMPTY)

        def told(out: str, context: dict[str, object]) -> dict[str, str]:
            return {**os.environ, "CDK_OUTDIR": f"{folder}/{out}", "CDK_CONTEXT_JSON": json.dumps(context)}

        calls = {
            "ours": process([sys.executable, ROOT / "app.py"], cwd=ROOT, environment=told("ours", context)),
            "empty": process([sys.executable, empty], cwd=ROOT, environment=told("empty", {})),
        }
        times = in_turns(calls, repeats)
    return Ratio(
        subject="synthesis of dev, five stacks",
        against="synthesis of one empty stack",
        subject_seconds=times["ours"],
        against_seconds=times["empty"],
    )
