"""The run's own alias on its task's grader."""

from rft.aws import clients
from rft.aws.refusals import AwsRefusal, not_found


def delete_alias(function_name: str, alias: str) -> bool:
    """Delete an alias; return False if there was none."""
    client = clients.functions()
    try:
        client.get_alias(FunctionName=function_name, Name=alias)
        client.delete_alias(FunctionName=function_name, Name=alias)
    except AwsRefusal as refusal:
        if not_found(refusal):
            return False
        raise
    return True
