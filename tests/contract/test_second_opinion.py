"""The second opinion on personal data: requests against botocore's service model, and what is made of the answers."""

from typing import Any

import pytest
from botocore.exceptions import ClientError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from local.bedrock.shapes import answer_violations, violations
from rft.aws.second_opinion import COMPREHEND_BYTES, GUARDRAIL_CHARACTERS, Sample, Sampled, comprehend, second_opinion
from rft.datasets.codes import Code, Severity
from rft.datasets.findings import Place
from rft.datasets.rules import DataRules, Personal
from rft.errors import PreflightFailed

COMPREHEND = DataRules(personal=Personal(second_opinion="comprehend"))
GUARDRAIL = DataRules(personal=Personal(second_opinion="guardrail", guardrail_id="abc123", guardrail_version="2"))
RECORDS = [Sampled(3, "I am Ann Lee", False), Sampled(8, "12 + 30", False), Sampled(9, "Ann Lee, a@b.example", True)]

USAGE = {
    "topicPolicyUnits": 0,
    "contentPolicyUnits": 0,
    "wordPolicyUnits": 0,
    "sensitiveInformationPolicyUnits": 1,
    "sensitiveInformationPolicyFreeUnits": 0,
    "contextualGroundingPolicyUnits": 0,
}


class Managed:
    """Both services: they see a name wherever "Ann" stands."""

    def __init__(self) -> None:
        self.requests: list[dict[str, Any]] = []
        self.refusal: str | None = None
        self.score = 0.99

    def answer(self, client: Any, operation: str, params: dict[str, Any]) -> dict[str, Any]:
        service = client.meta.service_model.service_name
        assert not violations(service, operation, params)
        self.requests.append(params)
        if self.refusal:
            raise ClientError({"Error": {"Code": self.refusal, "Message": "not for you"}}, operation)
        made = getattr(self, operation)(params)
        assert not answer_violations(service, operation, made)
        return made

    def DetectPiiEntities(self, params: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        assert len(params["Text"].encode()) <= COMPREHEND_BYTES
        seen = [("DATE_TIME", 0.99)] + ([("NAME", self.score)] if "Ann" in params["Text"] else [])
        return {"Entities": [{"Type": kind, "Score": score, "BeginOffset": 0, "EndOffset": 3} for kind, score in seen]}

    def ApplyGuardrail(self, params: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        text = params["content"][0]["text"]["text"]
        assert len(text) <= GUARDRAIL_CHARACTERS
        policy: dict[str, Any] = {
            "piiEntities": [{"match": "x", "type": "EMAIL", "action": "NONE", "detected": False}],
            "regexes": [],
        }
        if "Ann" in text:
            policy["piiEntities"].append({"match": "Ann", "type": "NAME", "action": "ANONYMIZED", "detected": True})
            policy["regexes"].append({"name": "staff", "match": "Ann", "action": "BLOCKED"})
        return {
            "usage": USAGE,
            "action": "NONE",
            "outputs": [],
            "assessments": [{}, {"sensitiveInformationPolicy": policy}],
        }


@pytest.fixture
def managed(monkeypatch: pytest.MonkeyPatch) -> Managed:
    service = Managed()
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.setattr(
        "botocore.client.BaseClient._make_api_call",
        lambda client, operation, params: service.answer(client, operation, params),
    )
    return service


def test_comprehend_is_counted_where_ours_saw_nothing(managed: Managed) -> None:
    finding = second_opinion(RECORDS, COMPREHEND)
    assert finding is not None
    assert (finding.code, finding.severity, finding.count, finding.of) == (Code.SECOND_OPINION, Severity.WARN, 1, 3)
    assert finding.places == [Place(3, "NAME")]
    assert "Ann" not in finding.message
    assert {request["LanguageCode"] for request in managed.requests} == {"en"}


def test_a_guardrail_is_asked_as_input_in_its_version(managed: Managed) -> None:
    finding = second_opinion(RECORDS, GUARDRAIL)
    assert finding is not None
    assert finding.places == [Place(3, "NAME, staff")]
    assert managed.requests[0] == {
        "guardrailIdentifier": "abc123",
        "guardrailVersion": "2",
        "source": "INPUT",
        "content": [{"text": {"text": "I am Ann Lee"}}],
    }


def test_agreement_is_no_finding_and_none_asks_nobody(managed: Managed) -> None:
    assert second_opinion(RECORDS[1:], COMPREHEND) is None
    managed.requests.clear()
    assert second_opinion(RECORDS, DataRules()) is None
    assert managed.requests == []


def test_unsure_opinions_do_not_count(managed: Managed) -> None:
    managed.score = 0.5
    assert second_opinion(RECORDS, COMPREHEND) is None


@pytest.mark.parametrize("language", ["es", "de", "en"])
def test_comprehend_is_asked_in_a_language_that_it_knows(managed: Managed, language: str) -> None:
    comprehend(["Hola"], language=language)
    assert managed.requests[0]["LanguageCode"] == ("es" if language == "es" else "en")


@pytest.mark.parametrize("rules", [COMPREHEND, GUARDRAIL])
def test_a_refusal_says_what_to_do(managed: Managed, rules: DataRules) -> None:
    managed.refusal = "AccessDeniedException"
    with pytest.raises(PreflightFailed, match=r"not for you; allow it, or set personal\.second_opinion"):
        second_opinion(RECORDS, rules)


def test_a_guardrail_without_a_name_is_not_asked(managed: Managed) -> None:
    with pytest.raises(PreflightFailed, match="guardrail_id"):
        second_opinion(RECORDS, DataRules(personal=Personal(second_opinion="guardrail")))
    assert managed.requests == []


@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(st.text(max_size=8), st.integers(0, 60_000), st.sampled_from([COMPREHEND, GUARDRAIL]))
def test_texts_of_any_length_and_letters_are_sent_whole(
    managed: Managed, piece: str, times: int, rules: DataRules
) -> None:
    managed.requests.clear()
    text = piece * times
    second_opinion([Sampled(1, text, False)], rules)
    sent = "".join(one["Text"] if "Text" in one else one["content"][0]["text"]["text"] for one in managed.requests)
    assert "".join(sent.split()) == "".join(text.encode(errors="replace").decode().split())


def test_lone_surrogates_are_replaced(managed: Managed) -> None:
    comprehend(["a\ud800b", " ", ""])
    assert [request["Text"] for request in managed.requests] == ["a?b"]


@given(st.permutations(range(40)), st.integers(1, 45))
def test_the_sample_depends_on_the_records_and_not_on_their_order(order: list[int], size: int) -> None:
    one, other = Sample(size), Sample(size)
    for line in range(40):
        one.offer(line, b"%d" % (line % 30), lambda line=line: str(line), ours=False)  # type: ignore[misc]
    for line in order:
        other.offer(line, b"%d" % (line % 30), lambda line=line: str(line), ours=False)  # type: ignore[misc]
    assert one.records() == other.records()
    assert len(one.records()) == min(size, 40)
    assert [record.line for record in one.records()] == sorted(record.line for record in one.records())
