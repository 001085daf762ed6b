"""What the run report and the command line say of a run's calibration."""

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
