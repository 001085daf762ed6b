"""How good the preferences of a dataset version are: agreement, and what wins that should not."""

from typing import Final

from rft.datasets.checks.agreement import AgreementProfile
from rft.datasets.checks.preferences import CONFIDENCE, PreferenceProfile, Share
from rft.datasets.rules import Thresholds
from rft.evaluation.statistics import wilson_interval
from rft.interval import Interval
from rft.report import charts, html
from rft.report.charts import Part
from rft.report.words import per_cent

HALF: Final = 0.5
Row = tuple[str, str, str, str]


def preferences(of: PreferenceProfile, thresholds: Thresholds) -> str:
    """Return the measures of preference quality as markup, with what the thresholds tolerate marked."""
    position, length = thresholds.max_position_bias, thresholds.max_length_bias
    ties = Share(pairs=of.pairs, share=wilson_interval(of.ties, of.pairs, CONFIDENCE))
    rows = [
        *(_alpha(of.agreement, thresholds.min_agreement) if of.agreement is not None else []),
        *_share("The answer shown first wins", of.first_wins, HALF - position, HALF + position),
        *_share("The longer answer wins", of.longer_wins, HALF - length, HALF + length),
        *_share("Ties", ties, 0, thresholds.max_ties),
    ]
    note = "The dot is the measure, its line the 95% interval; the coloured field is what the thresholds tolerate."
    looked = "" if of.circles_looked_at == 1 else f"; looked for in {per_cent(of.circles_looked_at)} of the prompts"
    circles = f"{of.circle_pairs:,} pairs, in {of.circles:,} {'group' if of.circles == 1 else 'groups'} of answers"
    facts = [
        ("pairs", f"{of.pairs:,}"),
        ("pairs that contradict each other", (circles if of.circles else "none") + looked),
    ]
    parts = [charts.rows(rows), f'<p class="soft">{note}</p>', html.facts(facts), _annotators(of.agreement)]
    return "\n".join(part for part in parts if part)


def _alpha(of: AgreementProfile, least: float) -> list[Row]:
    if of.alpha is None or of.unanimous is None:
        return []
    alone = Interval(mean=of.alpha, low=of.alpha, high=of.alpha)
    said = (
        f"Krippendorff's alpha of {of.pairs:,} pairs with several votes, on a scale from -1 to 1: 0 is chance, 1 is "
        f"full agreement; {per_cent(of.unanimous)} are unanimous; tolerated: {least:g} and more"
    )
    drawing = charts.interval(alone, f"{of.alpha:.2f}: {said}", low=-1, high=1, band=(least, 1))
    return [("Annotators agree", drawing, f"{of.alpha:.2f}", said)]


def _share(name: str, of: Share | None, low: float, high: float) -> list[Row]:
    if of is None:
        return []
    within = f"{of.share.low:.0%} to {of.share.high:.0%}"
    said = f"of {of.pairs:,} pairs; 95% interval {within}; tolerated: {low:.0%} to {high:.0%}"
    drawing = charts.interval(of.share, f"{name}: {of.share.mean:.0%} {said}", low=0, high=1, band=(low, high))
    return [(name, drawing, per_cent(of.share.mean), said)]


def _annotators(of: AgreementProfile | None) -> str:
    if of is None or not of.most_active:
        return ""
    rows = [
        (
            one.name,
            charts.bar(
                [Part("agreed", one.agreed, "train")], one.compared, f"{one.agreed:,} of {one.compared:,} votes"
            ),
            per_cent(one.agreed / one.compared),
            f"{one.votes:,} votes; of {one.compared:,} that can be compared, {one.agreed:,} are as most others'",
        )
        for one in of.most_active
        if one.compared
    ]
    everyone = "more than 10,000" if of.annotators is None else f"{of.annotators:,}"
    if not rows:
        return ""
    whose = f"{len(rows)} of {everyone}, those with most votes."
    return f'<h3>Annotators beside the others</h3>\n{charts.rows(rows)}\n<p class="soft">{whose}</p>'
