"""Task tokens of Step Functions: how a waiting execution is woken."""

import json

from rft.aws import clients
from rft.keys import JobStatus


def wake(token: str, status: JobStatus) -> bool:
    """Give a task token back with a job's status; return False if nobody waits for it any more.

    A token grows stale when its state has timed out, its execution has ended, or it was given back before.
    """
    client = clients.stepfunctions()
    try:
        client.send_task_success(taskToken=token, output=json.dumps({"status": status}))
    except (client.exceptions.TaskTimedOut, client.exceptions.TaskDoesNotExist, client.exceptions.InvalidToken):
        return False
    return True
