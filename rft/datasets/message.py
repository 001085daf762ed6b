"""What a person is told of a dataset version: enough to mend the file without opening anything else."""

from typing import Final

from rft.datasets.codes import Severity
from rft.datasets.findings import Finding, Place
from rft.datasets.sampling import drawn
from rft.schemas import Manifest

SHOWN: Final = 3  # refused records, and warnings, that a message names


def message_of(manifest: Manifest, refused: list[Place]) -> str:
    """Return what was accepted, or why not; ``refused`` are the first records that went, with their reasons."""
    counts = ", ".join(f"{file.records:,} {name}" for name, file in manifest.splits.items())
    said = [f"Line {place.line}: {place.detail}." for place in refused[:SHOWN]]
    if manifest.quarantined > len(said):
        said.append(f"All {manifest.quarantined:,} refused records: {manifest.quarantine_key}.")
    warnings = [finding for finding in manifest.findings if finding.severity is Severity.WARN]
    said += [_warning(finding) for finding in warnings[:SHOWN]]
    if len(warnings) > SHOWN:
        said.append(f"{len(warnings) - SHOWN} more warnings: report.html beside it.")
    if manifest.sampling is not None:
        said.insert(0, drawn(manifest.sampling))
    if manifest.problems:
        return " ".join(["Dataset rejected:", *manifest.problems, *said])
    return " ".join([f"{manifest.records:,} records: {counts}, {manifest.quarantined:,} quarantined.", *said])


def problem(finding: Finding) -> str:
    """Return why a version may not train, as a sentence with the fix."""
    places = f" (first on line {finding.places[0].line})" if finding.places else ""
    return f"{finding.message[:1].upper()}{finding.message[1:]}{places}; {finding.fix} ({finding.code})."


def _warning(finding: Finding) -> str:
    places = f", first on line {finding.places[0].line}" if finding.places else ""
    return f"Warning: {finding.message}{places}; {finding.fix} ({finding.code})."
