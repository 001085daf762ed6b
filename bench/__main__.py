"""``python -m bench``: everything measured, as tables or with ``--json`` for scripts."""

import argparse
import sys
from collections.abc import Sequence

import msgspec
from msgspec import Struct
from rich.console import Console
from rich.table import Table

from bench import data, grader, imports, load, pipeline, reward_model, synthesis
from bench.load import Load
from bench.pipeline import Pipeline
from bench.reward_model import RewardModelTimes
from bench.timing import Ratio, Times

PARTS = ("synthesis", "imports", "grader", "load", "data", "pipeline", "reward-model")


class Results(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What was measured; a part that was not asked for is missing."""

    ratios: list[Ratio]
    load: Load | None = None
    pipeline: Pipeline | None = None
    reward_model: RewardModelTimes | None = None


def main(arguments: Sequence[str]) -> int:
    """Measure and print; return the exit code."""
    parser = argparse.ArgumentParser(prog="bench", description=__doc__)
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"of {', '.join(PARTS)}; default: all")
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument(
        "--repeats", type=int, default=5, help="measurements of each thing (pipeline: at most 3, reward-model: 1)"
    )
    options = parser.parse_args(arguments)
    if unknown := set(options.parts) - set(PARTS):
        parser.error(f"no part {', '.join(sorted(unknown))}")
    results = measure(options.parts or PARTS, repeats=options.repeats)
    if options.json:
        print(msgspec.json.format(msgspec.json.encode(results), indent=2).decode())
    else:
        show(results, Console(width=None if sys.stdout.isatty() else 140))
    return 0


def measure(parts: Sequence[str], *, repeats: int) -> Results:
    """Measure the named parts."""
    ratios: list[Ratio] = []
    if "synthesis" in parts:
        ratios.append(synthesis.measure(repeats=repeats))
    if "imports" in parts:
        ratios += imports.measure(repeats=repeats)
    if "grader" in parts:
        ratios.append(grader.measure(repeats=repeats))
    if "data" in parts:
        ratios += data.measure(repeats=repeats)
    step = load.measure(repeats=repeats) if "load" in parts else None
    runs = pipeline.measure(repeats=min(repeats, 3)) if "pipeline" in parts else None
    model = reward_model.measure(repeats=1) if "reward-model" in parts else None
    return Results(ratios=ratios, load=step, pipeline=runs, reward_model=model)


def show(results: Results, console: Console) -> None:
    """Print tables."""
    if results.ratios:
        table = Table(title="Ratios (minimum and median of whole measurements)", title_justify="left")
        for name in ("what", "against", "ratio, minima", "ratio, medians", "seconds", "against, seconds"):
            table.add_column(name, justify="left" if name in ("what", "against") else "right")
        for ratio in results.ratios:
            table.add_row(
                ratio.subject,
                ratio.against,
                f"{ratio.of_minima:.1f}",
                f"{ratio.of_medians:.1f}",
                _seconds(ratio.subject_seconds),
                _seconds(ratio.against_seconds),
            )
        console.print(table)
    if results.load:
        show_load(results.load, console)
    if results.pipeline:
        show_pipeline(results.pipeline, console)
    if results.reward_model:
        show_reward_model(results.reward_model, console)


def show_load(of: Load, console: Console) -> None:
    """Print what a training step's rollouts showed."""
    title = f"Deployed grader, {of.rollouts:,} rollouts, {of.per_call} a call, {of.at_once} calls at once"
    table = Table(title=title, title_justify="left")
    table.add_column("what")
    table.add_column("found", justify="right")
    table.add_row("rollouts a second", f"{of.rollouts_a_second:,.0f}")
    table.add_row("a call, median", f"{of.seconds_of_a_call * 1e3:.0f} ms")
    table.add_row(f"of it billed, at {of.memory_mb} MB", f"{of.billed_seconds_of_a_call * 1e3:.1f} ms")
    table.add_row("1,000 rollouts", f"{of.usd_per_1000:.6f} USD")
    console.print(table)


def show_pipeline(runs: Pipeline, console: Console) -> None:
    """Print what whole runs showed."""
    table = Table(title=f"Drop to job launch: {_seconds(runs.drop_to_launch)} s", title_justify="left")
    table.add_column("state")
    table.add_column("share", justify="right")
    for state, share in runs.shares.items():
        if share >= 0.0005:
            table.add_row(state, f"{share:.1%}")
    console.print(table)
    cost = runs.orchestration
    table = Table(title="Orchestration of one run (without Bedrock)", title_justify="left")
    for name in ("what", "amount", "USD"):
        table.add_column(name, justify="left" if name == "what" else "right")
    table.add_row("state transitions", f"{cost.transitions}", f"{cost.transitions_usd:.5f}")
    amount = f"{cost.gb_seconds:.1f} GB-s in {cost.invocations} calls"
    table.add_row("functions, graders included", amount, f"{cost.functions_usd:.5f}")
    console.print(table)


def show_reward_model(of: RewardModelTimes, console: Console) -> None:
    """Print what a reward model takes."""
    table = Table(title=f"Reward model, answers of {of.mean_characters:.0f} characters", title_justify="left")
    table.add_column("what")
    table.add_column("fastest", justify="right")
    table.add_row(f"training on {of.pairs:,} pairs", f"{of.training.minimum:.1f} s")
    table.add_row("of it, one core", f"{of.training_cpu.minimum:.1f} s")
    table.add_row("loading its file", f"{of.loading.minimum * 1e3:.1f} ms")
    table.add_row("scoring an answer", f"{of.scoring.minimum * 1e6:.0f} µs")
    console.print(table)


def _seconds(times: Times) -> str:
    return f"{times.minimum:.3f} / {times.median:.3f}"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
