"""Drive the local Bedrock with boto3 alone; nothing of the project is imported.

Start the embedded AWS (``rft local up``), take its variables (``eval "$(rft local env)"``), let one run validate its
data, and pass the role, the grader and the training file that you find in the console or with ``rft show RUN --json``::

    python examples/drive_local_bedrock.py --role ARN --grader ARN --data s3://BUCKET/KEY --output s3://BUCKET/PREFIX/

On AWS the same calls cost money and take hours; the script therefore refuses to run without AWS_ENDPOINT_URL.
"""

import argparse
import os
import sys
import time
import uuid
from collections.abc import Callable
from typing import Any

import boto3
from botocore.exceptions import ClientError

BASE = "amazon.nova-2-lite-v1:0:256k"  # trains, does not answer
BASELINE = "us.amazon.nova-2-lite-v1:0"  # answers, does not train
QUESTION: Any = [{"role": "user", "content": [{"text": "What is 17 plus 25?"}]}]
SECONDS = 120.0


def main() -> None:
    """Create, stop, list, deploy, update, provision, ask, and remove it all again."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("role", "grader", "data", "output"):
        parser.add_argument(f"--{name}", required=True)
    arguments = parser.parse_args()
    if not os.environ.get("AWS_ENDPOINT_URL"):
        sys.exit("AWS_ENDPOINT_URL is not set: this script is for the embedded AWS; see `rft local env`")
    bedrock, runtime = boto3.client("bedrock"), boto3.client("bedrock-runtime")
    mark = uuid.uuid4().hex[:8]

    stopped = create(bedrock, arguments, f"stop-{mark}", epochs=50)
    bedrock.stop_model_customization_job(jobIdentifier=stopped)
    say("stopped", wait(lambda: job_status(bedrock, stopped), {"Stopped", "Completed"}))

    models = []
    for name in (f"first-{mark}", f"second-{mark}"):
        job = create(bedrock, arguments, name, epochs=1)
        say(name, wait(lambda job=job: job_status(bedrock, job), {"Completed", "Failed"}))  # type: ignore[misc]
        models.append(bedrock.get_model_customization_job(jobIdentifier=job)["outputModelArn"])
    found = bedrock.list_model_customization_jobs(nameContains=mark, statusEquals="Completed")
    say("completed jobs", len(found["modelCustomizationJobSummaries"]))

    deployment = bedrock.create_custom_model_deployment(modelDeploymentName=f"deployed-{mark}", modelArn=models[0])
    arn = deployment["customModelDeploymentArn"]
    say("deployment", wait(lambda: deployment_of(bedrock, arn)["status"], {"Active", "Failed"}))
    bedrock.update_custom_model_deployment(customModelDeploymentIdentifier=arn, modelArn=models[1])
    done = {"UpdateCompleted", "UpdateFailed"}
    say("update in place", wait(lambda: deployment_of(bedrock, arn)["updateDetails"]["updateStatus"], done))

    bought = bedrock.create_provisioned_model_throughput(
        provisionedModelName=f"provisioned-{mark}", modelId=models[1], modelUnits=1
    )["provisionedModelArn"]
    say("throughput", wait(lambda: throughput_status(bedrock, bought), {"InService", "Failed"}))

    for who, model in (("baseline says", BASELINE), ("deployment says", arn), ("throughput says", bought)):
        say(who, ask(runtime, model))
    try:
        runtime.converse(modelId=BASE, messages=QUESTION)
    except ClientError as error:
        say("training-only id", error.response["Error"]["Code"])

    bedrock.delete_provisioned_model_throughput(provisionedModelId=bought)
    bedrock.delete_custom_model_deployment(customModelDeploymentIdentifier=arn)
    for model in models:
        bedrock.delete_custom_model(modelIdentifier=model)
    say("custom models left", len(bedrock.list_custom_models(nameContains=mark)["modelSummaries"]))


def create(bedrock: Any, arguments: argparse.Namespace, name: str, *, epochs: int) -> str:
    """Create a job and return its ARN."""
    grader = {"lambdaGrader": {"lambdaArn": arguments.grader}}
    job: str = bedrock.create_model_customization_job(
        jobName=name,
        customModelName=name,
        roleArn=arguments.role,
        baseModelIdentifier=BASE,
        customizationType="REINFORCEMENT_FINE_TUNING",
        jobTags=[{"key": "example", "value": "drive"}],
        trainingDataConfig={"s3Uri": arguments.data},
        outputDataConfig={"s3Uri": arguments.output},
        customizationConfig={
            "rftConfig": {
                "graderConfig": grader,
                "hyperParameters": {"epochCount": epochs, "batchSize": 64, "trainingSamplePerPrompt": 4},
            }
        },
    )["jobArn"]
    say(name, job)
    say("its tags", bedrock.list_tags_for_resource(resourceARN=job)["tags"])
    return job


def job_status(bedrock: Any, arn: str) -> str:
    """Return a job's status."""
    return str(bedrock.get_model_customization_job(jobIdentifier=arn)["status"])


def deployment_of(bedrock: Any, arn: str) -> Any:
    """Describe a deployment."""
    return bedrock.get_custom_model_deployment(customModelDeploymentIdentifier=arn)


def throughput_status(bedrock: Any, arn: str) -> str:
    """Return the status of provisioned throughput."""
    return str(bedrock.get_provisioned_model_throughput(provisionedModelId=arn)["status"])


def ask(runtime: Any, model: str) -> str:
    """Ask a model and return its answer."""
    answer = runtime.converse(modelId=model, messages=QUESTION, inferenceConfig={"temperature": 0.0})
    return str(answer["output"]["message"]["content"][0]["text"])


def wait(look: Callable[[], str], ends: set[str]) -> str:
    """Return what ``look`` sees at last.

    Raises:
        TimeoutError: none of the ends came in two minutes.

    """
    end = time.monotonic() + SECONDS
    while (seen := look()) not in ends:
        if time.monotonic() > end:
            raise TimeoutError(f"still {seen}")
        time.sleep(0.2)
    return seen


def say(what: str, seen: Any) -> None:
    """Print one line of the transcript."""
    print(f"{what:20} {seen}")


if __name__ == "__main__":
    main()
