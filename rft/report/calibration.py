"""What the run report and the command line say of a run's calibration and of its grader's golden samples."""

from rft.golden.comparing import GoldenCheck
from rft.schemas import Calibration


def calibration_rows(found: Calibration) -> list[tuple[str, str]]:
    """Return names and values, the verdict first; what warned or failed stands below it with its fix."""
    verdict = f"{found.verdict}; " if found.verdict else ""
    said = f"{verdict}baseline {found.mean:.3f}, spread {found.spread:.3f}"
    if found.pass_rate is not None and found.mixed is not None:
        said += (
            f"; {found.pass_rate:.0%} of {found.rollouts:,} rollouts pass, {found.mixed:.0%} of {found.prompts:,} "
            "prompts have mixed outcomes"
        )
    rows = [("calibration", said)] + [("calibration found", note) for note in found.notes]
    if found.rehearsal:
        rows.append(("rehearsal", found.rehearsal))
    if found.report_key:
        rows.append(("calibration report", found.report_key))
    return rows


def golden_rows(found: GoldenCheck | None) -> list[tuple[str, str]]:
    """Return a name and a value, or nothing where the task has no golden samples."""
    if found is None:
        return []
    moved = ", ".join(f"{one.id} {one.recorded:g} to {one.now:g}" for one in found.moved)
    said = f"moved: {moved}" if moved else "inside their tolerances" if found.inside else "the mean moved too far"
    return [("golden samples", f"{found.samples:,}, the furthest moved by {found.drift:g}; {said}")]
