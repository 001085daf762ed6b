"""What the demo deploys is what AWS gets: dev and local differ, with equal settings, by a committed list only."""

import json
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

from tests.stacks.assembly import ROOT, Deployed, synthesise


def _equal_settings(folder: Path) -> None:
    """Write dev's settings twice, once under local's identity and packaging."""
    text = (ROOT / "environments" / "dev.toml").read_text().replace("enabled = false", "enabled = true")
    local = tomllib.loads((ROOT / "environments" / "local.toml").read_text())
    (folder / "dev.toml").write_text(text)
    for key in ("name", "prefix", "account"):
        text = re.sub(rf'^{key} = "[^"]*"', f'{key} = "{local[key]}"', text, flags=re.MULTILINE)
    (folder / "local.toml").write_text(f'{text}\n[functions]\nplatform = "{local["functions"]["platform"]}"\n')


@pytest.fixture(scope="module")
def twins(tmp_path_factory: pytest.TempPathFactory) -> tuple[Deployed, Deployed]:
    settings = tmp_path_factory.mktemp("equal-settings")
    _equal_settings(settings)
    out = tmp_path_factory.mktemp("twins") / "cdk.out"
    done = synthesise(out, environments=settings)
    assert done.returncode == 0, done.stderr[-4000:]
    return Deployed(out, "dev"), Deployed(out, "local")


def _normal(deployed: Deployed) -> dict[str, Any]:
    """Return the templates by stack, with everything that spells the environment replaced by words.

    Logical ids become construct paths, because some ids hold a hash of the environment's name.
    """
    name = deployed.environment
    texts = {}
    for stack, template in deployed.templates.items():
        text = json.dumps(template)
        for logical_id, resource in template["Resources"].items():
            path = resource.get("Metadata", {}).get("aws:cdk:path", logical_id)
            text = text.replace(f'"{logical_id}"', json.dumps(path))
        text = text.replace(f"rft-{name}", "<prefix>").replace(deployed.account, "<account>")
        text = re.sub(rf"{name}(?=(network|training|operations)\w+)(\w+?)[0-9A-F]{{8}}", r"<environment>\2", text)
        texts[stack] = re.sub(rf'(?<![a-z-]){name}(?=[/:\\\\"$ ])', "<environment>", text)
    return {stack: json.loads(text) for stack, text in texts.items()}


def _flat(value: Any, path: tuple[str, ...] = ()) -> dict[tuple[str, ...], Any]:
    if isinstance(value, dict):
        return {key: leaf for name, inner in value.items() for key, leaf in _flat(inner, (*path, name)).items()}
    if isinstance(value, list):
        return {key: leaf for i, inner in enumerate(value) for key, leaf in _flat(inner, (*path, str(i))).items()}
    return {path: value}


def _differences(dev: Deployed, local: Deployed) -> set[tuple[str, str, str]]:
    """Return (stack, resource type, property) of everything that differs."""
    found = set()
    left, right = _flat(_normal(dev)), _flat(_normal(local))
    for path in left.keys() | right.keys():
        if left.get(path) != right.get(path):
            stack, section, name, *rest = path
            kind = left.get((stack, section, name, "Type"), "only in one") if section == "Resources" else section
            found.add((stack, kind, ".".join(rest)))
    return found


def test_dev_and_local_differ_by_the_committed_list_only(twins: tuple[Deployed, Deployed]) -> None:
    committed = tomllib.loads((ROOT / "tests" / "stacks" / "differences.toml").read_text())["difference"]
    for difference in committed:
        assert len(difference["reason"]) > 30
    expected = {(d["stack"], d["type"], d["property"]) for d in committed}
    assert _differences(*twins) == expected


def test_the_comparison_looks_at_whole_templates(twins: tuple[Deployed, Deployed]) -> None:
    dev, local = twins
    assert set(dev.templates) == set(local.templates) == {"security", "network", "data", "training", "operations"}
    assert len(_flat(_normal(dev))) > 3000
    local.templates["data"]["Resources"][next(iter(local.templates["data"]["Resources"]))]["DeletionPolicy"] = (
        "Snapshot"
    )
    assert any(stack == "data" and "DeletionPolicy" in name for stack, _, name in _differences(dev, local))
