import json
from collections import Counter
from pathlib import Path
from typing import Any

from rft.keys import Step
from tests.stacks.assembly import Deployed


def _reports(assembly: Path) -> dict[str, Any]:
    report = json.loads((assembly / "validation-report.json").read_text())
    return {plugin["pluginName"]: plugin for plugin in report["pluginReports"]}


def test_no_finding_is_unacknowledged(assembly: Path) -> None:
    for name, report in _reports(assembly).items():
        assert report["violations"] == [], name
    assert set(_reports(assembly)) == {"AwsSolutions", "CloudFormation Validate"}


def test_the_rules_really_looked_at_every_environment(assembly: Path) -> None:
    seen = Counter(
        construct["constructPath"].split("/")[0]
        for finding in _reports(assembly)["AwsSolutions"]["suppressedViolations"]
        for construct in finding["violatingConstructs"]
    )
    assert set(seen) == {"dev", "local", "prod", "staging"}
    assert all(count > 50 for count in seen.values())


def test_an_environment_is_no_empty_app(deployed: Deployed) -> None:
    kinds = Counter(resource.type for resource in deployed.resources)
    functions = len(Step) + len(deployed.of("AWS::Lambda::Version"))
    assert kinds["AWS::Lambda::Function"] == functions
    assert kinds["AWS::IAM::Role"] == kinds["AWS::Lambda::Function"] + (5 if "network" in deployed.templates else 4)
    assert kinds["AWS::StepFunctions::StateMachine"] == 2
    assert kinds["AWS::S3::Bucket"] == 4
    assert kinds["AWS::KMS::Key"] == 3
    assert kinds["AWS::Events::Rule"] == 5


def test_every_acknowledgement_names_one_finding_and_a_reason(assembly: Path) -> None:
    for finding in _reports(assembly)["AwsSolutions"]["suppressedViolations"]:
        assert len(finding["reason"]) > 20, finding
        if "IAM5" in finding["ruleName"]:
            assert "[" in finding["acknowledgedId"], finding
        path = finding["acknowledgedAt"].split("/")
        assert len(path) > 2, f"{finding['acknowledgedId']} is acknowledged for a whole stack or stage"


def test_no_custom_resources(deployed: Deployed) -> None:
    for resource in deployed.resources:
        assert not resource.type.startswith(("Custom::", "AWS::CloudFormation::CustomResource")), resource
