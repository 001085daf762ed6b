"""The run's own alias on its task's grader, and the environments that are kept warm behind it."""

from rft.aws import clients
from rft.aws.refusals import AwsRefusal, not_found


def keep_warm(function_name: str, alias: str, environments: int) -> None:
    """Have Lambda keep so many environments running behind an alias. It takes minutes; calls need not wait."""
    clients.functions().put_provisioned_concurrency_config(
        FunctionName=function_name, Qualifier=alias, ProvisionedConcurrentExecutions=environments
    )


def delete_alias(function_name: str, alias: str) -> bool:
    """Delete an alias, and what is kept warm behind it, which is billed; return False if there was none."""
    client = clients.functions()
    try:
        client.get_alias(FunctionName=function_name, Name=alias)
        client.delete_provisioned_concurrency_config(FunctionName=function_name, Qualifier=alias)
        client.delete_alias(FunctionName=function_name, Name=alias)
    except AwsRefusal as refusal:
        if not_found(refusal):
            return False
        raise
    return True
