"""With which status and message a run ends."""

from msgspec import Struct

from rft.interval import Interval
from rft.keys import Role, RunStatus
from rft.report.causes import read_cause
from rft.report.supervised import supervised_words
from rft.schemas import EvaluationResult, Run

BY_EXECUTION = {"ABORTED": RunStatus.ABORTED, "TIMED_OUT": RunStatus.TIMED_OUT}
NO_ERROR = ("", "none")


class Ending(Struct, frozen=True, kw_only=True):
    """How a run ends. The message is for a person: what happened, and the fix where there is one."""

    status: RunStatus
    message: str


def ending_of(run: Run, *, error: str = "", cause: str = "") -> Ending:
    """Return how a run ends: as it ended before, by its error, or by what its record holds."""
    if run.final:
        return Ending(status=run.status, message=run.message)
    if error not in NO_ERROR:
        return _failed(run, error, cause)
    if run.champion is not None:
        return Ending(status=RunStatus.PROMOTED, message=_promoted(run))
    if run.decision is None:
        return Ending(status=RunStatus.DATA_REJECTED, message=run.message or "Dataset rejected.")
    if not run.decision.promote:
        stays = "the champion stays" if run.previous_champion else "nothing is promoted"
        return Ending(
            status=RunStatus.GATE_REJECTED,
            message=f"The gate said no: {_reasons(run)}; {stays}.{supervised_words(run.supervised)}",
        )
    return _failed(run, "FAILED", "the gate said yes, but the candidate was not promoted")


def gain_words(result: EvaluationResult, model: str = Role.BASELINE) -> str:
    """Return mean rewards and the paired gain of the candidate over a model, with the interval."""
    gain = result.gains[model]
    return (
        f"reward {result.models[model].mean:.3f} to {result.models[Role.CANDIDATE].mean:.3f}, gain "
        f"{interval_words(gain, signed=True)} on {result.records} held-out records"
    )


def interval_words(interval: Interval, *, signed: bool = False) -> str:
    """Return a mean with its interval, e.g. ``+0.243 [+0.210, +0.276]``."""
    form = "+.3f" if signed else ".3f"
    return f"{interval.mean:{form}} [{interval.low:{form}}, {interval.high:{form}}]"


def _promoted(run: Run) -> str:
    gain = f": {gain_words(run.evaluation)}" if run.evaluation else ""
    where = run.champion.serving_arn if run.champion else ""
    return f"Promoted{gain}. It serves as {where}.{supervised_words(run.supervised)}"


def _reasons(run: Run) -> str:
    return "; ".join(run.decision.reasons) if run.decision else ""


def _failed(run: Run, error: str, text: str) -> Ending:
    status = BY_EXECUTION.get(error, RunStatus.FAILED)
    cause = read_cause(error, text, noted=run.message)
    where = f" in {run.died_in}" if run.died_in else ""
    sentences = [f"{_verb(status, cause.name)}{where}: {cause.message.rstrip('.')}."]
    if cause.fix:
        sentences.append(f"{cause.fix[0].upper()}{cause.fix[1:]}.")
    if run.champion is not None:
        sentences.append("The candidate had been promoted before, and serves.")
    if "rft retry" not in cause.message:
        sentences.append(f"`rft retry {run.run_id}` starts again and reuses what was finished.")
    return Ending(status=status, message=" ".join(sentences))


def _verb(status: RunStatus, name: str) -> str:
    words = {RunStatus.ABORTED: "Aborted", RunStatus.TIMED_OUT: "Timed out"}
    return words.get(status) or (name if name != "FAILED" else "Failed")
