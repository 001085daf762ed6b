"""Golden samples through a deployed grader."""

from rft.aws.grader import invoke_grader
from rft.aws.tasks import packaged_folder
from rft.golden.comparing import GoldenCheck, compare
from rft.golden.samples import GOLDEN_FILE, read_golden
from rft.golden.scoring import score_golden
from rft.keys import Phase
from rft.tasks import Task


def check_golden(task: Task, grader_arn: str) -> GoldenCheck | None:
    """Return what a version of a task's grader makes of its golden samples; None where the task has none.

    Raises:
        GraderBroken: the grader raised, timed out or broke Bedrock's contract; the message quotes it.

    """
    if task.golden is None:
        return None
    samples = read_golden(packaged_folder(task.name) / GOLDEN_FILE)
    scores = score_golden(samples, lambda event: invoke_grader(grader_arn, event, Phase.GOLDEN), apart=False)
    return compare(samples, scores, task.golden)
