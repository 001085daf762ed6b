"""What a report and a message say of the supervised job that came before the reinforcement job."""

from rft.schemas import Supervised


def supervised_rows(found: Supervised | None) -> list[tuple[str, str]]:
    """Return the rows of a supervised job; none where the run had none."""
    if found is None:
        return []
    job = found.job
    left_out = f" ({found.left_out:,} records show none that may be used)" if found.left_out else ""
    rows = [
        ("supervised job", f"{job.name}: {job.status}{' (reused)' if job.reused else ''}"),
        ("its demonstrations", f"{found.demonstrations:,}{left_out}"),
    ]
    if job.model_arn:
        rows.append(("its model", job.model_arn))
    if found.refused:
        rows.append(("not used as base", f"Bedrock refused it: {found.refused}"))
    return rows


def supervised_words(found: Supervised | None) -> str:
    """Return the sentence on the supervised job in the message of a run that ended well, with a blank before it."""
    if found is None:
        return ""
    if found.refused:
        return f" It began from the task's base model: Bedrock did not take the supervised one ({found.refused})."
    return f" It began from a model that imitates {found.demonstrations:,} demonstrations."
