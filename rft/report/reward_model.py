"""What a report says of the reward model that a run has trained."""

from rft.interval import Interval
from rft.schemas import RewardModelPin


def reward_model_rows(found: RewardModelPin | None) -> list[tuple[str, str]]:
    """Return the rows of a reward model; none where the run has trained none."""
    if found is None:
        return []
    rule = max(found.longer_wins, 1 - found.longer_wins)
    which = "longer" if found.longer_wins >= 0.5 else "shorter"
    agrees = f"agrees with people on {_share(found.accuracy)}"
    against = f"of {found.tested:,} held-out pairs (the {which} answer wins: {rule:.1%})"
    better = f", better than that by {_points(found.gain)}" if found.gain else ""
    rows = [("reward model", f"{agrees} {against}{better}; trained on {found.pairs:,} pairs")]
    if found.embeddings:
        alone = found.without_embeddings
        rows.append(("its embeddings", f"{found.embeddings}{f'; without them {_share(alone)} right' if alone else ''}"))
    if found.first_wins:
        rows.append(("its annotators", f"prefer the answer shown first in {_share(found.first_wins)}"))
    if found.reused_from:
        rows.append(("trained by", found.reused_from))
    return [*rows, ("its file", f"{found.key}, SHA-256 {found.sha256}"), ("its report", found.report_key)]


def _share(share: Interval) -> str:
    return f"{share.mean:.1%} [{share.low:.1%}, {share.high:.1%}]"


def _points(gain: Interval) -> str:
    return f"{gain.mean:+.1%} [{gain.low:+.1%}, {gain.high:+.1%}]"
