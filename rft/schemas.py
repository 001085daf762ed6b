"""What a run leaves behind: the run record, the manifest of a dataset version, scores and the evaluation's result.

These are the project's long-lived formats. A field is added with a default or not at all.
"""

from msgspec import Struct, field

from rft.datasets.findings import Finding
from rft.datasets.logs.source import LogSource
from rft.datasets.profile import Profile
from rft.datasets.rules import DataRules
from rft.datasets.sampling import Sampling
from rft.golden.comparing import GoldenCheck
from rft.interval import Interval
from rft.keys import JobStatus, RunStatus, Serving
from rft.names import digest


class Record(Struct, frozen=True):
    """Base of immutable values; unknown fields of newer versions are ignored on reading."""


class Source(Record, frozen=True, kw_only=True):
    """The dropped object; it stays where it is."""

    bucket: str
    key: str
    version_id: str
    size: int  # bytes


class SplitFile(Record, frozen=True, kw_only=True):
    """One split of a dataset version."""

    key: str
    records: int
    bytes: int
    sha256: str


class Quarantined(Record, frozen=True, kw_only=True):
    """A record that was not accepted. The quarantine file holds these, one JSON object a line."""

    record: int  # which record of the file, counted from 1
    line: int  # in which it begins, counted from 1
    code: str  # stable, e.g. bad-json
    reason: str  # for a person: what is wrong and how to mend it
    original: str  # the record's bytes as they came, in base64


class Manifest(Record, frozen=True, kw_only=True):
    """What a dataset version is made of. Equal bytes, settings and code give an equal manifest, but for its parent.

    ``examples`` = records of all splits + ``quarantined``, always. A record is an example, but a ranking is all its
    pairs; a record that cannot be read counts as one.
    """

    task: str
    version: str  # content address: hash of the splits and the quarantine
    parent_version: str | None  # the task's version before this one
    source_sha256: str  # of the dropped file, as it is packed, or of the sample of logs
    source_bytes: int
    records: int  # of the dropped file, without empty lines at its end
    examples: int
    splits: dict[str, SplitFile]
    quarantined: int
    quarantined_by: dict[str, int]  # check code -> examples, the most first
    quarantine_key: str
    report_key: str  # the page for people
    problems: list[str]  # why the version may not train; empty if it may
    findings: list[Finding]  # of all checks that found something, the gravest first
    profile: Profile
    rules: DataRules  # [data] of task.toml: shape, curation, thresholds, severities
    shares: dict[str, float]  # [splits] of task.toml
    code_version: str
    sampling: Sampling | None = None  # how the records were drawn, where they come from invocation logs
    schema_version: int = 2


class Dataset(Record, frozen=True, kw_only=True):
    """A run's dataset version."""

    bucket: str
    version: str
    manifest_key: str
    splits: dict[str, SplitFile]
    quarantined: int
    quarantine_key: str


class LogPlan(Record, frozen=True, kw_only=True):
    """Which invocation logs a run draws its data from, in how many parts."""

    source: LogSource
    listing_key: str  # of the objects, a line each; in the artefacts bucket
    batches: int


class RewardModelPin(Record, frozen=True, kw_only=True):
    """The reward model that a run has trained on its preferences, as its grader uses it."""

    key: str  # of its file, in the artefacts bucket
    report_key: str
    sha256: str  # of the file
    pairs: int  # trained on
    tested: int  # held-out pairs without ties
    accuracy: Interval  # share of them on which it agrees with people, 95 % Wilson interval
    longer_wins: float  # share of them whose longer answer people prefer
    gain: Interval | None = None  # accuracy over that of the better rule of length, paired
    first_wins: Interval | None = None  # share of all pairs whose answer that was shown first people prefer
    dataset_version: str = ""
    embeddings: str | None = None  # the model whose embeddings it asks
    without_embeddings: Interval | None = None  # accuracy of one trained on n-grams alone
    reused_from: str | None = None  # the run that trained it


class GraderPin(Record, frozen=True, kw_only=True):
    """The grader that a run uses: a published version behind an alias of the run's own."""

    function_name: str
    version: str
    code_sha256: str
    alias: str
    alias_arn: str
    reward_model: RewardModelPin | None = None  # None: the task's grader does not ask one that the run trains
    golden: str = ""  # fingerprint of the golden samples whose recorded scores it gives; empty where there are none
    asks: bool = False  # models or guardrails of Bedrock have a say in its scores
    judges: list[str] = []  # names of the judges that its reward lists, see rft.judges.judge_names

    @property
    def content(self) -> str:
        """What determines its scores: the code, the reward model if there is one, and what whom it asks answered."""
        model = [] if self.reward_model is None else [self.reward_model.sha256]
        return " ".join([self.code_sha256, *model, *([self.golden] if self.asks and self.golden else [])])

    @property
    def meaning(self) -> str:
        """12 hexadecimal digits: scores of graders that share them may be compared, others not.

        Where there are golden samples, they say it, for a run whose grader scores them otherwise is refused; else
        ``content`` does.
        """
        return self.golden or digest(self.content)


class Calibration(Record, frozen=True, kw_only=True):
    """What the grader said of the baseline's answers, before anything is paid."""

    prompts: int
    mean: float
    spread: float  # standard deviation
    deterministic: bool
    rollouts: int = 0  # of all prompts
    pass_rate: float | None = None
    mixed: float | None = None  # share of prompts whose rollouts score differently: the ones that teach
    verdict: str = ""  # pass, warn or fail
    notes: list[str] = []  # what fails and what warns, with the fixes
    report_key: str | None = None  # the whole report, in the artefacts bucket
    rehearsal: str = ""  # pass, warn or fail; empty where there was none


class Forecast(Record, frozen=True, kw_only=True):
    """What a run may cost at most, in USD, by item."""

    items: dict[str, float]
    total_usd: float


class Job(Record, frozen=True, kw_only=True):
    """The Bedrock model customization job of a run."""

    name: str
    arn: str
    content_hash: str
    status: JobStatus
    submitted_at: str  # ISO 8601, UTC
    reused: bool = False  # another run launched it
    ended_at: str | None = None
    model_arn: str | None = None
    stop_loss: str = ""  # why the workflow stopped it early


class Supervised(Record, frozen=True, kw_only=True):
    """The supervised job that comes before the reinforcement job, whose base its model is."""

    job: Job
    demonstrations: int  # that it learns from
    left_out: int  # records of the train split that show none, or hold a word that Bedrock reserves
    since: str  # when the run launched or joined the job; ISO 8601, UTC
    refused: str = ""  # Bedrock's words, where it took no custom model as base and the run went on without


class Deployment(Record, frozen=True, kw_only=True):
    """A custom-model deployment that a run asked for."""

    name: str
    arn: str  # empty until Bedrock took the request
    requested_at: str
    active: bool = False


class Throughput(Record, frozen=True, kw_only=True):
    """Provisioned throughput that a run asked for; billed by the hour until deleted."""

    name: str
    arn: str  # empty until Bedrock took the request
    requested_at: str
    expires_at: str
    in_service: bool = False


class Champion(Record, frozen=True, kw_only=True):
    """The model that serves a task now; the value of its SSM parameter."""

    task: str
    run_id: str
    model_arn: str
    serving_arn: str  # what to pass to Converse as modelId
    deployment_arn: str  # on demand, kept as the fallback of provisioned throughput
    mode: Serving
    dataset_version: str
    promoted_at: str
    grader: str = ""  # meaning of the scores that it was chosen by; empty before there were any


class Score(Record, frozen=True, kw_only=True):
    """One held-out record, answered and scored once by each model."""

    id: str
    scores: dict[str, float]  # baseline, candidate and, where there is one, champion
    audited: dict[str, float] = {}  # baseline and candidate with the independent grader, where there is one
    seconds: float  # of all Converse calls for this record
    grader: str = ""  # meaning of the scores, see GraderPin


class EvaluationResult(Record, frozen=True, kw_only=True):
    """The comparison on the held-out split."""

    records: int
    confidence: float
    models: dict[str, Interval]  # mean reward by model
    gains: dict[str, Interval]  # paired difference candidate minus the named model
    audited_gain: Interval | None = None  # candidate minus baseline with the independent grader, where there is one
    grader: str = ""  # meaning of all scores, see GraderPin


class Decision(Record, frozen=True, kw_only=True):
    """What the gate decided, with its reasons in words."""

    promote: bool
    reasons: list[str]


class Run(Struct, kw_only=True):
    """One execution of the training workflow, from a drop to a decision. Sections fill as states succeed."""

    run_id: str
    task: str
    environment: str
    attempt: int
    source: Source
    status: RunStatus
    started_at: str
    updated_at: str
    state: str = ""  # the last state entered
    died_in: str | None = None  # the state that a run was in when clean-up began
    message: str = ""  # for a person: how it ended, and the fix where there is one
    execution_arn: str = ""
    retry_of: str | None = None
    ended_at: str | None = None
    logs: LogPlan | None = None
    dataset: Dataset | None = None
    grader: GraderPin | None = None
    golden: GoldenCheck | None = None
    calibration: Calibration | None = None
    forecast: Forecast | None = None
    waiting_since: str | None = None  # for a training slot
    slot: int | None = None
    task_token: str | None = None
    supervised: Supervised | None = None
    job: Job | None = None  # by reinforcement; set when a supervised job before it has completed
    candidate: Deployment | None = None
    evaluation_batches: int | None = None
    previous_champion: Champion | None = None  # who served when the evaluation was planned: the candidate's opponent
    evaluation: EvaluationResult | None = None
    decision: Decision | None = None
    promotion: Deployment | None = None  # the champion's deployment, from when this run first wanted to change it
    throughput: Throughput | None = None
    champion: Champion | None = None
    cleaned: list[str] = field(default_factory=list)  # what clean-up removed, in words
    notified: bool = False
    schema_version: int = 1

    @property
    def final(self) -> bool:
        """Whether the run has ended."""
        return self.status is not RunStatus.RUNNING

    @property
    def current_job(self) -> Job | None:
        """The job that trains, or trained last: the supervised one until there is one by reinforcement."""
        return self.job or (self.supervised.job if self.supervised else None)


class RunManifest(Record, frozen=True, kw_only=True):
    """All that determined a run and what came of it: enough to say, years later, where a model comes from."""

    run_id: str
    task: str
    environment: str
    attempt: int
    retry_of: str | None
    status: RunStatus
    started_at: str
    ended_at: str | None
    source: Source
    dataset_version: str | None
    splits: dict[str, str]  # split -> SHA-256 of its file
    grader: GraderPin | None
    base_model: str | None
    baseline_inference_id: str | None
    hyperparameters: dict[str, int | float | str]
    job: Job | None
    evaluation: EvaluationResult | None
    previous_champion: Champion | None
    decision: Decision | None
    champion: Champion | None
    forecast: Forecast | None
    golden: GoldenCheck | None = None
    supervised: Supervised | None = None
    schema_version: int = 1
