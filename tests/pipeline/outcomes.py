"""How a run that does not end well looks: what people are told, and that nothing of it is left."""

from rft.keys import RunStatus
from tests.pipeline.pipeline import Pipeline


def failed(pipeline: Pipeline, body: bytes, *words: str, task: str = "arithmetic"):
    """Drop a file, expect a failed run whose message and notification say these words, and nothing left."""
    run = pipeline.drop_and_finish(body, task=task)
    assert run.status is RunStatus.FAILED, (run.status, run.message)
    assert_told(pipeline, run, *words)
    assert_clean(pipeline, run)
    return run


def assert_told(pipeline: Pipeline, run, *words: str) -> None:
    """The message on the record and the notification both say these words."""
    told = pipeline.message_about(run.run_id)
    for word in words:
        assert word in run.message, run.message
        assert word in told, told


def assert_clean(pipeline: Pipeline, run) -> None:
    """Nothing of the run bills or stays, and the dropped file is kept."""
    assert pipeline.left_of(run) == []
    source = run.source
    assert pipeline.aws.client("s3").head_object(Bucket=source.bucket, Key=source.key, VersionId=source.version_id)
    assert all(pipeline.store.slot_owner(number) != run.run_id for number in range(2))


def outcomes(pipeline: Pipeline, run) -> set[str]:
    """Return the metrics that Step Functions has emitted for the training workflow."""
    machine = run.execution_arn.rpartition(":")[0].replace(":execution:", ":stateMachine:")
    metrics = pipeline.aws.client("cloudwatch").list_metrics(
        Namespace="AWS/States", Dimensions=[{"Name": "StateMachineArn", "Value": machine}]
    )
    return {metric["MetricName"] for metric in metrics["Metrics"]}
