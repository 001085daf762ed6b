"""Executions: roles are asked, errors are caught by name, ends stay, tokens and maps work in JSONata."""

import json
import time

import pytest

pytestmark = pytest.mark.xdist_group("emulator")
ECHO = "def handler(e, c): return e"
SEND = {"Effect": "Allow", "Action": "states:SendTaskSuccess"}
RETURN = """
import boto3
def handler(e, c):
    try:
        boto3.client("stepfunctions").send_task_success(taskToken=e, output='{"ok": true}')
    except Exception as error:
        return [error.response["Error"]["Code"]]
    return "returned"
"""


def task(function, **fields):
    return {
        "Type": "Task",
        "Resource": "arn:aws:states:::lambda:invoke",
        "Arguments": {"FunctionName": function, "Payload": "{% $states.input %}"},
        "Output": "{% $states.result.Payload %}",
        **fields,
    }


def waiting(function, **fields):
    payload = {"token": "{% $states.context.Task.Token %}"}
    return {
        **task(function, **fields),
        "Resource": "arn:aws:states:::lambda:invoke.waitForTaskToken",
        "Arguments": {"FunctionName": function, "Payload": payload},
    }


def test_a_machine_calls_only_what_its_role_may(probe):
    allowed, other = probe.function(ECHO), probe.function(ECHO)
    role = probe.may_invoke(allowed)
    done = probe.execute(probe.machine({"A": task(allowed, End=True)}, role, "A"), {"x": 1})
    assert json.loads(done["output"]) == {"x": 1}
    denied = probe.execute(probe.machine({"A": task(other, End=True)}, role, "A"))
    assert (denied["status"], denied["error"]) == ("FAILED", "Lambda.AccessDeniedException")


def test_errors_are_retried_and_caught_by_class_name(probe):
    flaky = probe.function(
        "n = []\nclass Throttled(Exception): ...\nclass Broken(Exception): ...\n"
        "def handler(e, c):\n    n.append(1)\n    if len(n) < 3: raise Throttled('slow')\n    raise Broken('no')"
    )
    retry = {
        "ErrorEquals": ["Throttled"],
        "IntervalSeconds": 1,
        "BackoffRate": 1,
        "MaxAttempts": 3,
        "JitterStrategy": "FULL",
    }
    catch = {"ErrorEquals": ["Broken"], "Assign": {"why": "{% $states.errorOutput.Error %}"}, "Next": "Caught"}
    states = {
        "A": task(flaky, Retry=[retry], Catch=[catch], End=True),
        "Caught": {"Type": "Pass", "Output": "{% $why %}", "End": True},
    }
    done = probe.execute(probe.machine(states, probe.may_invoke(flaky), "A"))
    assert json.loads(done["output"]) == "Broken"


def test_a_token_is_returned_a_raising_function_fails_and_a_timeout_is_an_expression(probe):
    client = probe.aws.client("stepfunctions")
    table = probe.aws.client("ssm")
    keep = probe.function(
        "import boto3\ndef handler(e, c): boto3.client('ssm').put_parameter(Name='/probe/token', Value=e['token'], "
        "Type='String', Overwrite=True)",
        role=probe.role("lambda.amazonaws.com", {"Effect": "Allow", "Action": "ssm:PutParameter", "Resource": "*"}),
    )
    broken = probe.function("def handler(e, c): raise KeyError('x')")
    role = probe.may_invoke(keep, broken)
    machine = probe.machine({"A": waiting(keep, Output="{% $states.result %}", End=True)}, role, "A")
    arn = client.start_execution(stateMachineArn=machine, input="{}")["executionArn"]

    def token():
        names = [p["Name"] for p in table.describe_parameters()["Parameters"]]
        return table.get_parameter(Name="/probe/token")["Parameter"]["Value"] if "/probe/token" in names else None

    held = probe.until(token, bool)
    granted, other = (
        probe.function(RETURN, role=probe.role("lambda.amazonaws.com", {**SEND, "Resource": resource}))
        for resource in (machine, machine + "-other")
    )
    assert probe.invoke(other, held)[0] == "AccessDeniedException", "authorised on the machine that waits"
    assert probe.invoke(granted, held) == "returned"
    done = probe.until(lambda: client.describe_execution(executionArn=arn), lambda d: d["status"] != "RUNNING")
    assert json.loads(done["output"]) == {"ok": True}
    assert probe.invoke(granted, held)[0] == "TaskDoesNotExist", "a late return is authorised, then refused"
    failed = probe.execute(probe.machine({"A": waiting(broken, End=True)}, role, "A"))
    assert failed["error"] == "KeyError"
    late = waiting(keep, TimeoutSeconds="{% 1 %}", End=True)
    assert probe.execute(probe.machine({"A": late}, role, "A"))["error"] == "States.Timeout"


def test_ends_stay_as_they_are(probe):
    slow = probe.function("import time\ndef handler(e, c):\n    time.sleep(2)\n    raise ValueError('late')")
    role = probe.may_invoke(slow)
    client = probe.aws.client("stepfunctions")
    machine = probe.machine({"A": task(slow, End=True)}, role, "A")
    arn = client.start_execution(stateMachineArn=machine, input="{}")["executionArn"]
    time.sleep(0.5)
    client.stop_execution(executionArn=arn)
    bounded = probe.machine({"A": task(slow, End=True)}, role, "A", TimeoutSeconds=1)
    assert probe.execute(bounded)["status"] == "TIMED_OUT"
    time.sleep(2)
    assert client.describe_execution(executionArn=arn)["status"] == "ABORTED"


def test_a_distributed_map_reads_lines_by_expression_and_asks_the_role(probe):
    s3 = probe.aws.client("s3")
    s3.create_bucket(Bucket="probe-map")
    s3.put_object(Bucket="probe-map", Key="plan.jsonl", Body=b'{"n": 1}\n{"n": 2}\n{"n": 3}\n')
    adder = probe.function(
        "import boto3\ndef handler(e, c):\n    if e['n'] == e['bad']: raise ValueError('bad')\n"
        "    boto3.client('s3').put_object(Bucket='probe-map', Key=f\"out/{e['run']}/{e['n']}\", Body=b'')",
        role=probe.role("lambda.amazonaws.com", {"Effect": "Allow", "Action": "s3:PutObject", "Resource": "*"}),
    )

    def machine(*statements):
        grant = {"Effect": "Allow", "Action": "lambda:InvokeFunction", "Resource": adder}
        role = probe.role("states.amazonaws.com", grant, *statements)
        states = {
            "Start": {
                "Type": "Pass",
                "Assign": {"run": "{% $states.input.run %}", "bad": "{% $states.input.bad %}"},
                "Next": "Map",
            },
            "Map": {
                "Type": "Map",
                "ItemReader": {
                    "Resource": "arn:aws:states:::s3:getObject",
                    "ReaderConfig": {"InputType": "JSONL"},
                    "Arguments": {"Bucket": "probe-map", "Key": "{% 'plan' & '.jsonl' %}"},
                },
                "ItemSelector": {
                    "run": "{% $run %}",
                    "bad": "{% $bad %}",
                    "n": "{% $states.context.Map.Item.Value.n %}",
                },
                "ItemProcessor": {
                    "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"},
                    "StartAt": "One",
                    "States": {"One": task(adder, End=True)},
                },
                "MaxConcurrency": "{% 2 %}",
                "ToleratedFailurePercentage": 0,
                "Output": {"done": True},
                "End": True,
            },
        }
        return probe.machine(states, role, "Start")

    start = {"Effect": "Allow", "Action": "states:StartExecution", "Resource": "*"}
    read = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::probe-map/*"}
    done = probe.execute(machine(start, read), {"run": "good", "bad": 0})
    assert (done["status"], json.loads(done["output"])) == ("SUCCEEDED", {"done": True})
    keys = [item["Key"] for item in s3.list_objects_v2(Bucket="probe-map", Prefix="out/good")["Contents"]]
    assert keys == ["out/good/1", "out/good/2", "out/good/3"]
    failed = probe.execute(machine(start, read), {"run": "bad", "bad": 2})
    assert failed["error"] == "States.ExceedToleratedFailureThreshold"
    for missing in ([start], [read]):
        assert probe.execute(machine(*missing), {"run": "denied", "bad": 0})["error"] == "States.Permissions"
