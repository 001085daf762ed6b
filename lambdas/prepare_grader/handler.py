"""Pin the grader: an alias of the run's own on the published version."""

from typing import Any

from rft.aws import clients
from rft.aws.step import Call, step
from rft.errors import GraderBroken
from rft.keys import State
from rft.schemas import GraderPin, Run


@step(State.PREPARE_GRADER)
def handler(run: Run, call: Call) -> dict[str, Any]:
    """Create the alias, or point it to the version that the stacks published last."""
    version_arn = call.here.grader_versions.get(run.task)
    if version_arn is None:
        raise GraderBroken(f"no grader of {run.task} is deployed; deploy the training stack again")
    name, version = version_arn.split(":")[6:8]
    arn = _alias(name, version, run.run_id)
    code = clients.functions().get_function_configuration(FunctionName=version_arn)["CodeSha256"]
    pin = GraderPin(function_name=name, version=version, code_sha256=code, alias=run.run_id, alias_arn=arn)
    call.store.update(run.run_id, grader=pin)
    return {"version": version}


def _alias(name: str, version: str, alias: str) -> str:
    client = clients.functions()
    try:
        return client.create_alias(FunctionName=name, Name=alias, FunctionVersion=version)["AliasArn"]
    except client.exceptions.ResourceConflictException:
        return client.update_alias(FunctionName=name, Name=alias, FunctionVersion=version)["AliasArn"]
