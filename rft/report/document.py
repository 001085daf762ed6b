"""The content of a report, once, for every form that it is rendered to."""

from msgspec import Struct

from rft.clock import parse
from rft.interval import Interval
from rft.keys import DATASET_REPORT, RunStatus, dataset_key
from rft.report.calibration import calibration_rows, golden_rows
from rft.report.ending import interval_words
from rft.report.reward_model import reward_model_rows
from rft.report.supervised import supervised_rows
from rft.schemas import Quarantined, Run
from rft.tasks import Task

SHOWN_LINES = 5


class Section(Struct, frozen=True, kw_only=True):
    """A table of names and values."""

    title: str
    rows: list[tuple[str, str]]


class Document(Struct, frozen=True, kw_only=True):
    """A report: title, the message, sections, and the mean rewards for the drawing."""

    title: str
    status: RunStatus
    message: str
    sections: list[Section]
    rewards: dict[str, Interval]


def document_of(run: Run, task: Task | None, refused: list[Quarantined]) -> Document:
    """Return the report of a run that has its final status; ``refused`` are the first quarantined lines."""
    sections = [
        _overview(run),
        _data(run),
        _quarantine(refused),
        _training(run, task),
        _evaluation(run),
        _serving(run),
        _money(run),
        Section(title="Removed", rows=[(str(place), what) for place, what in enumerate(run.cleaned, 1)]),
    ]
    return Document(
        title=f"{run.task}: {run.status}",
        status=run.status,
        message=run.message,
        sections=[section for section in sections if section.rows],
        rewards=dict(run.evaluation.models) if run.evaluation else {},
    )


def _overview(run: Run) -> Section:
    rows = [
        ("run", run.run_id),
        ("environment", run.environment),
        ("dropped file", f"s3://{run.source.bucket}/{run.source.key} (version {run.source.version_id})"),
        ("started", run.started_at),
    ]
    if run.ended_at:
        seconds = (parse(run.ended_at) - parse(run.started_at)).total_seconds()
        rows.append(("ended", f"{run.ended_at} ({_duration(seconds)})"))
    if run.retry_of:
        rows.append(("retry of", run.retry_of))
    if run.died_in:
        rows.append(("died in", run.died_in))
    return Section(title="Run", rows=rows)


def _data(run: Run) -> Section:
    if run.dataset is None:
        return Section(title="Data", rows=[])
    rows = [("dataset version", run.dataset.version)]
    rows += [(f"{name} records", f"{split.records:,}") for name, split in run.dataset.splits.items()]
    rows.append(("quarantined lines", f"{run.dataset.quarantined:,}"))
    if run.dataset.quarantined:
        rows.append(("quarantine file", f"s3://{run.dataset.bucket}/{run.dataset.quarantine_key}"))
    key = dataset_key(run.task, run.dataset.version, DATASET_REPORT)
    rows.append(("report on the data", f"s3://{run.dataset.bucket}/{key}"))
    return Section(title="Data", rows=rows)


def _quarantine(refused: list[Quarantined]) -> Section:
    rows = [(f"line {line.line}", f"{line.reason} ({line.code})") for line in refused[:SHOWN_LINES]]
    return Section(title="First quarantined lines", rows=rows)


def _training(run: Run, task: Task | None) -> Section:
    rows = []
    if task is not None and run.grader is not None:
        rows.append(("base model", task.model.base_model))
        rows += [(name, str(value)) for name, value in task.hyperparameters.request().items()]
    if run.grader is not None:
        rows.append(("grader", f"{run.grader.function_name} version {run.grader.version}"))
        rows += reward_model_rows(run.grader.reward_model)
    rows += golden_rows(run.golden)
    if run.calibration is not None:
        rows += calibration_rows(run.calibration)
    rows += supervised_rows(run.supervised)
    if run.job is not None:
        rows.append(("job", f"{run.job.name}: {run.job.status}{' (reused)' if run.job.reused else ''}"))
        if run.job.model_arn:
            rows.append(("model", run.job.model_arn))
    return Section(title="Training", rows=rows)


def _evaluation(run: Run) -> Section:
    rows = []
    if run.evaluation is not None:
        rows.append(("held-out records", f"{run.evaluation.records:,}"))
        if run.evaluation.grader:
            rows.append(("scores compare with", f"those of grader {run.evaluation.grader} only"))
        for model, interval in run.evaluation.models.items():
            rows.append((f"mean reward, {model}", interval_words(interval)))
        for model, interval in run.evaluation.gains.items():
            share = f"{run.evaluation.confidence:.0%} interval"
            rows.append((f"gain over {model}", f"{interval_words(interval, signed=True)}, {share}"))
        if run.evaluation.audited_gain:
            rows.append(("gain by the independent grader", interval_words(run.evaluation.audited_gain, signed=True)))
    if run.decision is not None:
        rows.append(("decision", "promote" if run.decision.promote else "reject"))
        rows += [("reason", reason) for reason in run.decision.reasons]
    return Section(title="Evaluation", rows=rows)


def _serving(run: Run) -> Section:
    rows = []
    if run.champion is not None:
        rows += [("modelId for Converse", run.champion.serving_arn), ("serves", str(run.champion.mode))]
        if run.champion.deployment_arn != run.champion.serving_arn:
            rows.append(("fallback on demand", run.champion.deployment_arn))
        if run.throughput is not None:
            rows.append(("provisioned until", run.throughput.expires_at))
    if run.previous_champion is not None:
        rows.append(("champion before", f"{run.previous_champion.model_arn} of {run.previous_champion.run_id}"))
    return Section(title="Serving", rows=rows)


def _money(run: Run) -> Section:
    if run.forecast is None:
        return Section(title="Forecast", rows=[])
    rows = [(item, f"{usd:,.2f} USD") for item, usd in run.forecast.items.items()]
    return Section(title="Forecast", rows=[*rows, ("at most, in all", f"{run.forecast.total_usd:,.2f} USD")])


def _duration(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {rest} s" if minutes else f"{rest} s"
