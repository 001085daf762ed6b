"""The catalogue of checks: whole, documented, and what a task may change of it."""

import re
from pathlib import Path

import pytest

from rft.datasets.codes import CHECKS, FIXED, Code, Severity
from rft.datasets.rules import Curation, DataRules

DOCS = Path(__file__).parents[3] / "docs" / "checks.md"
ROW = re.compile(r"^\| `([a-z-]+)`(\\\*)? \| (\w+) \| (.+?) \| (.+?) \| (.+?) \|$", re.MULTILINE)


def test_every_code_is_documented_as_the_catalogue_has_it() -> None:
    rows = {row[0]: row[1:] for row in ROW.findall(DOCS.read_text())}
    assert set(rows) == set(Code) == set(CHECKS)
    for code, (star, severity, title, fix, more) in rows.items():
        check = CHECKS[Code(code)]
        assert (severity, title, fix) == (check.severity, check.title, check.fix), code
        assert bool(star) == (code in FIXED), code
        assert more.endswith((".", "look at."))


@pytest.mark.parametrize("code", sorted(FIXED))
def test_what_is_no_record_cannot_be_let_in(code: Code) -> None:
    for severity in Severity:
        if severity in (CHECKS[code].severity, Severity.REJECT):
            assert DataRules(checks={code: severity}).severity(code) is severity
        else:
            with pytest.raises(ValueError, match=f"checks.{code} is '{severity}', but can only be"):
                DataRules(checks={code: severity})


def test_a_template_has_a_place_for_the_prompt() -> None:
    assert Curation(template="Q: {prompt}").template == "Q: {prompt}"
    with pytest.raises(ValueError, match=r"does not hold \{prompt\}"):
        Curation(template="Answer this: {question}")
