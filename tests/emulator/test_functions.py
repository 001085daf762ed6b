"""Functions fail as on AWS, see their caller's context, and see nothing of the host."""

import base64
import io
import json
import zipfile
from pathlib import Path

import pytest

pytestmark = pytest.mark.xdist_group("emulator")


@pytest.mark.parametrize(
    ("source", "kind"),
    [
        ("class Throttled(Exception): ...\ndef handler(e, c): raise Throttled('slow')", "Throttled"),
        ("import no_such_module\ndef handler(e, c): ...", "Runtime.ImportModuleError"),
        ("def other(e, c): ...", "Runtime.HandlerNotFound"),
        ("def handler(e, c): return object()", "Runtime.MarshalError"),
        ("import os\ndef handler(e, c): os._exit(3)", "Runtime.ExitError"),
    ],
)
def test_errors_have_aws_names(probe, source, kind):
    assert probe.invoke(probe.function(source))["errorType"] == kind


def test_a_timeout_is_named_and_kept(probe):
    function = probe.function("import time\ndef handler(e, c): time.sleep(9)", Timeout=1)
    failed = probe.invoke(function)
    assert failed["errorType"] == "Sandbox.Timedout"
    assert "1.00 seconds" in failed["errorMessage"]


def test_an_error_leaves_the_environment_warm(probe):
    source = "calls = []\ndef handler(e, c):\n    calls.append(e)\n    if e: raise ValueError(e)\n    return len(calls)"
    function = probe.function(source)
    assert probe.invoke(function, "bad")["errorType"] == "ValueError"
    assert probe.invoke(function, "") == 2


def test_the_caller_is_seen_by_alias_and_client_context(probe):
    source = "def handler(e, c):\n    return [c.invoked_function_arn, c.client_context and c.client_context.custom]"
    function = probe.function(source)
    client = probe.aws.client("lambda")
    version = client.publish_version(FunctionName=function)["Version"]
    alias = client.create_alias(FunctionName=function, Name="run-1", FunctionVersion=version)["AliasArn"]
    context = base64.b64encode(json.dumps({"custom": {"phase": "evaluation"}}).encode()).decode()
    assert probe.invoke(alias, ClientContext=context) == [alias, {"phase": "evaluation"}]
    assert probe.invoke(alias) == [alias, None]


def test_functions_share_one_compiled_copy_of_code_and_layers(probe):
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as packed:
        packed.writestr("python/carried.py", "TEXT = 'carried'")
    client = probe.aws.client("lambda")
    layer = client.publish_layer_version(LayerName="probe", Content={"ZipFile": archive.getvalue()})["LayerVersionArn"]
    source = """
import carried, os
def handler(e, c):
    compiled = os.path.exists(carried.__cached__)
    return [carried.TEXT, carried.__file__, compiled, __file__, os.getcwd(), os.environ["LAMBDA_TASK_ROOT"]]
"""
    first, second = (probe.invoke(probe.function(source, Layers=[layer])) for _ in range(2))
    assert first == second
    text, carried, compiled, own, folder, root = first
    assert text == "carried"
    assert "rft-package-" in carried
    assert compiled
    assert folder == root == str(Path(own).parent)


def test_the_host_is_hidden(probe, monkeypatch):
    source = """
import os, sys
def handler(e, c):
    try:
        import msgspec
        found = "site-packages" in msgspec.__file__
    except ImportError:
        found = False
    return [found, "HOST_SECRET" in os.environ, os.environ["AWS_ACCESS_KEY_ID"][:4]]
"""
    monkeypatch.setenv("HOST_SECRET", "x")
    assert probe.invoke(probe.function(source)) == [False, False, "ASIA"]


def test_metric_documents_in_the_log_become_metrics(probe):
    source = """
import json
def handler(e, c):
    directive = {"Namespace": "Probe", "Dimensions": [["run"]], "Metrics": [{"Name": "Reward", "Unit": "None"}]}
    print(json.dumps({"_aws": {"Timestamp": 0, "CloudWatchMetrics": [directive]}, "run": "r1", "Reward": [0.25, 0.75]}))
    print('{"_aws": broken')
"""
    probe.invoke(probe.function(source))
    client = probe.aws.client("cloudwatch")
    found = probe.until(lambda: client.list_metrics(Namespace="Probe")["Metrics"], bool)
    assert found[0]["Dimensions"] == [{"Name": "run", "Value": "r1"}]


def test_calls_on_an_alias_are_authorised_as_such(probe):
    target = probe.function("def handler(e, c): ...")
    grant = {"Effect": "Allow", "Action": ["lambda:CreateAlias", "lambda:GetAlias"], "Resource": target}
    source = f"""
import boto3
def handler(e, c):
    client = boto3.client("lambda")
    client.create_alias(FunctionName="{target}", Name="a", FunctionVersion="$LATEST")
    client.get_alias(FunctionName="{target}", Name="a")
    client.delete_alias(FunctionName="{target}", Name="a")
"""
    failed = probe.invoke(probe.function(source, role=probe.role("lambda.amazonaws.com", grant)))
    assert "DeleteAlias" in failed["errorMessage"], "only what was not granted is refused"


def test_provisioned_concurrency_is_authorised_on_the_alias(probe):
    target = probe.function("def handler(e, c): ...")
    client = probe.aws.client("lambda")
    version = client.publish_version(FunctionName=target)["Version"]
    for name in ("ours", "theirs"):
        client.create_alias(FunctionName=target, Name=name, FunctionVersion=version)
    actions = ["lambda:PutProvisionedConcurrencyConfig", "lambda:DeleteProvisionedConcurrencyConfig"]
    grant = {"Effect": "Allow", "Action": actions, "Resource": f"{target}:ours"}
    source = f"""
import boto3
def handler(e, c):
    client = boto3.client("lambda")
    for name in ("ours", "theirs"):
        which = {{"FunctionName": "{target}", "Qualifier": name}}
        client.put_provisioned_concurrency_config(ProvisionedConcurrentExecutions=1, **which)
        client.delete_provisioned_concurrency_config(**which)
"""
    failed = probe.invoke(probe.function(source, role=probe.role("lambda.amazonaws.com", grant)))
    assert "PutProvisionedConcurrencyConfig" in failed["errorMessage"], "only what was not granted is refused"
    with pytest.raises(client.exceptions.ProvisionedConcurrencyConfigNotFoundException):
        client.get_provisioned_concurrency_config(FunctionName=target, Qualifier="ours")
