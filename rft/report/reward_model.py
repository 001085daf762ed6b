"""What a report says of the reward model that a run has trained."""

from rft.schemas import RewardModelPin


def reward_model_rows(found: RewardModelPin | None) -> list[tuple[str, str]]:
    """Return the rows of a reward model; none where the run has trained none."""
    if found is None:
        return []
    right, rule = found.accuracy, max(found.longer_wins, 1 - found.longer_wins)
    which = "longer" if found.longer_wins >= 0.5 else "shorter"
    agrees = f"agrees with people on {right.mean:.1%} [{right.low:.1%}, {right.high:.1%}]"
    against = f"of {found.tested:,} held-out pairs (the {which} answer wins: {rule:.1%})"
    return [
        ("reward model", f"{agrees} {against}; trained on {found.pairs:,} pairs"),
        ("its file", f"{found.key}, SHA-256 {found.sha256}"),
        ("its report", found.report_key),
    ]
