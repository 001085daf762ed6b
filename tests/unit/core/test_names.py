"""Names are functions of content and fit the limits of the services that carry them."""

import re
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from rft import names

TASKS = st.from_regex(r"[a-z](-?[a-z0-9]){1,11}", fullmatch=True)
PREFIXES = st.from_regex(r"[a-z](-?[a-z0-9]){1,7}", fullmatch=True)
HASHES = st.from_regex(r"[0-9a-f]{12}", fullmatch=True)


@given(task=TASKS, key=st.text(), version=st.text(), attempt=st.integers(1, 99))
def test_a_run_name_fits_step_functions_and_depends_on_key_and_version_only(task, key, version, attempt):
    name = names.run_name(task, key, version, attempt=attempt)
    assert re.fullmatch(r"[A-Za-z0-9_-]{1,80}", name)
    assert name == names.run_name(task, key, version, attempt=attempt)
    assert name != names.run_name(task, key, version + "x", attempt=attempt)
    assert name != names.run_name(task, key, version, attempt=attempt + 1)


@given(prefix=PREFIXES, task=TASKS, content=HASHES, attempt=st.integers(1, 99))
def test_job_names_keep_bedrocks_patterns_for_jobs_and_models(prefix, task, content, attempt):
    name = names.job_name(prefix, task, content, attempt)
    assert re.fullmatch(r"[a-zA-Z0-9](-*[a-zA-Z0-9+\-.])*", name)  # jobName
    assert re.fullmatch(r"([0-9a-zA-Z][_-]?){1,63}", name)  # customModelName, which takes the same value
    assert len(name) <= 63


def test_the_content_hash_changes_with_everything_that_determines_a_job():
    base: dict[str, Any] = {
        "dataset_version": "d1",
        "base_model": "m1",
        "hyperparameters": {"epochCount": 1, "learningRate": 1e-5},
        "grader": "g1",
    }
    changed = [
        base | {"dataset_version": "d2"},
        base | {"base_model": "m2"},
        base | {"hyperparameters": {"epochCount": 2, "learningRate": 1e-5}},
        base | {"grader": "g2"},
    ]
    hashes = {names.content_hash(**values) for values in [base, *changed]}
    assert len(hashes) == 5
    reordered = base | {"hyperparameters": {"learningRate": 1e-5, "epochCount": 1}}
    assert names.content_hash(**reordered) == names.content_hash(**base)
