"""What the pipeline tests do with a deployed environment: drop, wait, look, break."""

import io
import json
import time
import urllib.request
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec

from local.embedded import ACCOUNT, REGION, EmbeddedAws
from rft import names
from rft.aws import clients
from rft.aws.store import RunStore
from rft.keys import Step, Tag
from rft.schemas import Champion, Run

ROOT = Path(__file__).parents[2]
PREFIX = "rft-local"
SAMPLE = (ROOT / "tasks/arithmetic/data/arithmetic.jsonl").read_bytes().splitlines(keepends=True)
WAIT = 180.0  # seconds; a run takes 10 to 30 on two busy cores, and a module's first one 120 on two overloaded ones


def records(start: int = 0, count: int = 360) -> bytes:
    """Return records of the arithmetic sample: enough to train and to judge on, few enough to be quick."""
    return b"".join(SAMPLE[start : start + count])


class Pipeline:
    """A deployed environment and the hands of a test in it."""

    def __init__(self, aws: EmbeddedAws) -> None:
        self.aws = aws
        for client in vars(clients).values():
            if hasattr(client, "cache_clear"):  # made for the embedded AWS of another module
                client.cache_clear()
        self.store = RunStore(names.table_name(PREFIX), run_days=1)
        self._dropped = 0
        self._queue = self._subscribe()

    def bucket(self, role: str) -> str:
        """Return a bucket's name."""
        return names.bucket_name(PREFIX, role, ACCOUNT, REGION)

    def drop(self, body: bytes, *, task: str = "arithmetic", name: str | None = None) -> str:
        """Put a file into the intake bucket and return the run that it starts."""
        self._dropped += 1
        key = f"incoming/{task}/{name or f'records-{self._dropped}.jsonl'}"
        answer = self.aws.client("s3").put_object(Bucket=self.bucket("intake"), Key=key, Body=body)
        return names.run_name(task, key, answer["VersionId"])

    def run(self, run_id: str) -> Any:
        """Return a run record, or None while there is none. (Any: tests read sections without asking for them.)"""
        found = [run for run in self.store.newest(200) if run.run_id == run_id]
        return found[0] if found else None

    def finish(self, run_id: str) -> Any:
        """Wait until a run has ended and been reported."""
        return self.until(run_id, lambda run: run.final and run.notified)

    def until(self, run_id: str, wanted: Callable[[Run], bool]) -> Any:
        """Wait until a run is as wanted."""
        end = time.monotonic() + WAIT
        run = None
        while time.monotonic() < end:
            run = self.run(run_id)
            if run is not None and wanted(run):
                return run
            time.sleep(0.1)
        raise AssertionError(f"{run_id} did not get there: {run}")

    def drop_and_finish(self, body: bytes, **options: Any) -> Any:
        """Drop a file and wait for the end of its run."""
        return self.finish(self.drop(body, **options))

    def fault(self, kind: str, **details: Any) -> None:
        """Inject a fault into the local Bedrock."""
        self.aws.bedrock_admin("PUT", "/_local/faults", [{"kind": kind, **details}])

    def options(self, **changes: Any) -> None:
        """Change options of the local Bedrock."""
        self.aws.bedrock_admin("PUT", "/_local/options", changes)

    def billing(self) -> dict[str, list[dict[str, Any]]]:
        """Return what Bedrock bills and holds now: names, ARNs, states and tags."""
        found: dict[str, list[dict[str, Any]]] = self.aws.bedrock_admin("GET", "/_local/billing")
        return found

    def left_of(self, run: Run) -> list[str]:
        """Return what of a run, by name or by tag, bills by the hour or is deployed; the champion's does not count."""
        billing, champion = self.billing(), self.champion(run.task)
        serving = (champion.serving_arn, champion.deployment_arn) if champion else ()
        own = [names.candidate_deployment_name(PREFIX, run.run_id), *([run.job.name] if run.job else [])]
        return [
            item["name"]
            for item in billing["hourly"] + billing["deployments"]
            if (item["tags"].get(Tag.RUN) == run.run_id or item["name"] in own) and item["arn"] not in serving
        ]

    def message_about(self, run_id: str) -> str:
        """Return the notification of a run's end."""
        client = self.aws.client("sqs")
        end = time.monotonic() + 15
        while time.monotonic() < end:
            if run_id in self._messages:
                return self._messages[run_id]
            answer = client.receive_message(QueueUrl=self._queue, MaxNumberOfMessages=10, WaitTimeSeconds=1)
            for message in answer.get("Messages", []):
                body = json.loads(message["Body"])["Message"]
                client.delete_message(QueueUrl=self._queue, ReceiptHandle=message["ReceiptHandle"])
                for run in self.store.newest(200):
                    if run.run_id in body or run.message in body:
                        self._messages[run.run_id] = body
        raise AssertionError(f"nobody was told of {run_id}")

    def champion(self, task: str = "arithmetic") -> Champion | None:
        """Return the champion of a task."""
        client = self.aws.client("ssm")
        try:
            value = client.get_parameter(Name=names.champion_parameter(PREFIX, task))["Parameter"]["Value"]
        except client.exceptions.ParameterNotFound:
            return None
        return msgspec.json.decode(value, type=Champion)

    def history(self, run: Run) -> list[str]:
        """Return the states that a run's execution entered."""
        pages = self.aws.client("stepfunctions").get_paginator("get_execution_history")
        events = [e for page in pages.paginate(executionArn=run.execution_arn) for e in page["events"]]
        return [e["stateEnteredEventDetails"]["name"] for e in events if "stateEnteredEventDetails" in e]

    def change_settings(self, change: Callable[[dict[str, Any]], None]) -> None:
        """Change the settings of all step functions, as a deployment with another environment file would."""
        client = self.aws.client("lambda")
        for step in Step:
            name = names.function_name(PREFIX, step)
            variables = client.get_function_configuration(FunctionName=name)["Environment"]["Variables"]
            settings = json.loads(variables["RFT_SETTINGS"])
            change(settings)
            variables["RFT_SETTINGS"] = json.dumps(settings)
            client.update_function_configuration(FunctionName=name, Environment={"Variables": variables})

    def change_task(self, table: str, *, task: str = "arithmetic") -> None:
        """Add a table to a task.toml in all step functions, as a deployment with a changed task folder would."""
        path = f"tasks/{task}/task.toml"
        added = (ROOT / path).read_text() + table
        for step in Step:
            self.change_file(names.function_name(PREFIX, step), path, added.encode())

    def change_grader(self, source: str, *, task: str = "arithmetic") -> None:
        """Publish a grader with another reward.py, as a deployment with a changed task folder would."""
        client = self.aws.client("lambda")
        grader = names.grader_name(PREFIX, task)
        self.change_file(grader, f"tasks/{task}/reward.py", source.encode())
        version = client.publish_version(FunctionName=grader)["FunctionArn"]
        for step in (Step.PREPARE_GRADER, Step.CHECK_GRADERS):
            name = names.function_name(PREFIX, step)
            variables = client.get_function_configuration(FunctionName=name)["Environment"]["Variables"]
            versions = {**json.loads(variables["RFT_GRADER_VERSIONS"]), task: version}
            variables["RFT_GRADER_VERSIONS"] = json.dumps(versions)
            client.update_function_configuration(FunctionName=name, Environment={"Variables": variables})

    def change_golden(self, samples: bytes, *, task: str = "arithmetic") -> None:
        """Give the steps that score golden samples another file of them, as a deployment would."""
        for step in (Step.CALIBRATE, Step.CHECK_GRADERS):
            self.change_file(names.function_name(PREFIX, step), f"tasks/{task}/golden.jsonl", samples)

    def change_file(self, function: str, path: str, content: bytes) -> None:
        """Put another content of a file into a function's package."""
        client = self.aws.client("lambda")
        with urllib.request.urlopen(client.get_function(FunctionName=function)["Code"]["Location"]) as answer:
            old = zipfile.ZipFile(io.BytesIO(answer.read()))
        new = io.BytesIO()
        with zipfile.ZipFile(new, "w") as archive:
            for name in old.namelist():
                archive.writestr(name, content if name == path else old.read(name))
        client.update_function_code(FunctionName=function, ZipFile=new.getvalue())

    def _subscribe(self) -> str:
        self._messages: dict[str, str] = {}
        sqs, sns = self.aws.client("sqs"), self.aws.client("sns")
        url: str = sqs.create_queue(QueueName="told")["QueueUrl"]
        arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        topic = f"arn:aws:sns:{REGION}:{ACCOUNT}:{names.topic_name(PREFIX)}"
        statement = {
            "Effect": "Allow",
            "Principal": {"Service": "sns.amazonaws.com"},
            "Action": "sqs:SendMessage",
            "Resource": arn,
            "Condition": {"ArnEquals": {"aws:SourceArn": topic}},
        }
        policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy})
        sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)
        return url
