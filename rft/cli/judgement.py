"""How a reward model's report looks on a terminal."""

from collections.abc import Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

from rft.reward_model.embedded import Embedded
from rft.reward_model.judging import Feature, Hits, Judgement
from rft.reward_model.making import Report

FEATURES = 8  # of a side


def draw(report: Report, console: Console) -> None:
    """Print a report: the verdict first."""
    if report.refused:
        for reason in report.refused:
            console.print(_line(f"refused: {reason}"))
    else:
        console.print(Text("accepted: the model beats chance and length on pairs that it has not seen"))
    console.print(Text(_file(report)))
    for place in report.places:
        console.print(_line(f"  line {place.line}: {place.detail}"))
    for finding in report.findings:
        console.print(_line(f"{finding.severity}: {finding.message} ({finding.code}); {finding.fix}"))
    if report.training is not None:
        training = report.training
        console.print(
            Text(
                f"trained on {training.pairs:,} pairs ({training.ties:,} ties) of {training.prompts:,} prompts, "
                f"regularisation {training.strength:g}, calibration {training.temperature:.2f}"
            )
        )
    if report.quality is not None and report.quality.first_wins is not None:
        first = report.quality.first_wins
        share = f"{first.share.mean:.1%} of {first.pairs:,} pairs ({first.share.low:.1%} to {first.share.high:.1%})"
        console.print(Text(f"annotators prefer the answer shown first in {share}"))
    if report.embeddings is not None:
        console.print(Text(_embeddings(report.embeddings)))
    if report.held_out is not None:
        _judgement(report.held_out, console)


def _file(report: Report) -> str:
    said = f"{report.seen:,} pairs in the file"
    if report.used < report.seen:
        said += f", of which a sample of {report.used:,} is used"
    return said + (f"; {report.refused_records:,} records refused" if report.refused_records else "")


def _embeddings(of: Embedded) -> str:
    said = f"sees embeddings of {of.model} in {of.dimensions} dimensions, of {of.texts:,} texts"
    if of.without is None or of.gain is None:
        return said
    return (
        f"{said}; without them {of.without.mean:.1%} of the held-out pairs are right "
        f"({of.without.low:.1%} to {of.without.high:.1%}), with them {of.gain.mean:+.1%} "
        f"({of.gain.low:+.1%} to {of.gain.high:+.1%})"
    )


def _judgement(of: Judgement, console: Console) -> None:
    table = Table("held out", "pairs", "right", "95 % interval", box=None, pad_edge=False)
    rows = [*([of.accuracy] if of.accuracy else []), *of.by_agreement, *of.by_category]
    for hits in rows:
        table.add_row(_line(hits.name), f"{hits.pairs:,}", f"{hits.share.mean:.1%}", _interval(hits))
    console.print(table)
    rule = "longer" if of.longer_wins >= 0.5 else "shorter"
    console.print(Text(f"the rule that the {rule} answer wins: {max(of.longer_wins, 1 - of.longer_wins):.1%} right"))
    if of.gain is not None:
        console.print(Text(f"better than that rule by {of.gain.mean:+.1%} ({of.gain.low:+.1%} to {of.gain.high:+.1%})"))
    console.print(
        Text(f"prefers the longer answer in {of.prefers_longer:.0%} of pairs, people in {of.longer_wins:.0%}")
    )
    bins = ", ".join(f"{one.said:.0%}: {one.was.mean:.0%} of {one.pairs:,}" for one in of.calibration)
    console.print(Text(f"sure by ... and right in: {bins} (off by {of.calibration_error:.1%} on average)"))
    console.print(_line(f"measures: {_features(of.measures)}"))
    console.print(_line(f"liked: {_features(of.liked[:FEATURES])}"))
    console.print(_line(f"disliked: {_features(of.disliked[:FEATURES])}"))
    for wrong in of.wrong[:3]:
        console.print(_line(f"wrong at line {wrong.line} (gave it {wrong.said:.0%}): better was {wrong.better!r}"))


def _line(text: str) -> Text:
    """Return text of a file without what would steer the terminal."""
    return Text("".join(character if character.isprintable() else "\ufffd" for character in text))


def _interval(hits: Hits) -> str:
    return f"{hits.share.low:.1%} to {hits.share.high:.1%}"


def _features(features: Sequence[Feature]) -> str:
    return ", ".join(f"{feature.text!r} {feature.weight:+.2f}" for feature in features) or "none"
