"""How verdicts look on a terminal."""

from collections.abc import Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

from rft.calibration.verdicts import Measure, ProbeVerdict, Report, Verdict

COLOURS = {Verdict.PASSED: "green", Verdict.WARNED: "yellow", Verdict.FAILED: "red"}


def draw(report: Report, console: Console) -> None:
    """Print a calibration: the verdict first, then measures, probes and fixes."""
    left = f"; {report.left_out:,} have no good answer to compare with" if report.left_out else ""
    console.print(
        Text.assemble(
            (str(report.verdict), f"bold {COLOURS[report.verdict]}"),
            f": the grader of {report.task} on {report.answers:,} answers to {report.records:,} records{left}",
        )
    )
    console.print(_measures(report.measures))
    console.print(_probes(report.probes))
    fixes = [(one.verdict, one.name, one.fix) for one in report.measures if one.fix]
    fixes += [(one.verdict, f"probe {one.probe}", one.fix) for one in report.probes if one.fix]
    for verdict, name, fix in fixes:
        console.print(plain(f"{verdict}: {name}: {fix}"), soft_wrap=True)


def plain(text: str) -> Text:
    """Return text of a file without what would steer the terminal."""
    return Text("".join(character if character.isprintable() else "\ufffd" for character in text))


def verdict_text(verdict: Verdict) -> Text:
    """Return a verdict in its colour."""
    return Text(verdict, style=COLOURS[verdict])


def _measures(measures: Sequence[Measure]) -> Table:
    table = Table("", "measure", "found", "records", box=None, pad_edge=False)
    for one in measures:
        table.add_row(verdict_text(one.verdict), one.name, plain(one.said), plain(", ".join(one.records)))
    return table


def _probes(probes: Sequence[ProbeVerdict]) -> Table:
    table = Table(
        "",
        "probe",
        "score",
        "honest",
        "beats it",
        "as good",
        "most on",
        "its score",
        "honest",
        box=None,
        pad_edge=False,
    )
    for one in probes:
        table.add_row(
            verdict_text(one.verdict),
            str(one.probe),
            f"{one.mean:.3f}",
            f"{one.honest:.3f}",
            f"{one.outscored:,} of {one.records:,}",
            f"{one.matched:,}",
            plain(one.worst),
            f"{one.worst_score:.3f}",
            f"{one.worst_honest:.3f}",
        )
    return table
