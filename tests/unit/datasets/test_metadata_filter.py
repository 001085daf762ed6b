"""Request-metadata filters pick what Bedrock would pick, and are refused where Bedrock refuses them."""

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rft.datasets.metadata_filter import matches, read_filter

SUPPORT = {"equals": {"team": "support"}}
NO_TEST = {"notEquals": {"stage": "test"}}


@pytest.mark.parametrize(
    ("wanted", "metadata", "expected"),
    [
        (SUPPORT, {"team": "support", "stage": "test"}, True),
        (SUPPORT, {"team": "Support"}, False),
        (SUPPORT, {}, False),
        (SUPPORT, None, False),
        (NO_TEST, {"stage": "test"}, False),
        (NO_TEST, {"stage": "prod"}, True),
        (NO_TEST, None, True),
        ({"andAll": [SUPPORT, NO_TEST]}, {"team": "support", "stage": "prod"}, True),
        ({"andAll": [SUPPORT, NO_TEST]}, {"team": "support", "stage": "test"}, False),
        ({"orAll": [SUPPORT, NO_TEST]}, {"team": "support", "stage": "test"}, True),
        ({"orAll": [SUPPORT, NO_TEST]}, {"team": "sales", "stage": "test"}, False),
        ({"orAll": [{**SUPPORT, **NO_TEST}]}, {"team": "support", "stage": "test"}, False),
        ({"equals": {"note": ""}}, {"note": ""}, True),
        ({"equals": {"note": ""}}, {}, False),
    ],
)
def test_wanted_entries(wanted: dict[str, Any], metadata: dict[str, str] | None, *, expected: bool) -> None:
    assert matches(read_filter(wanted), metadata) is expected


@pytest.mark.parametrize(
    ("wanted", "part"),
    [
        ({}, "exactly one of"),
        ({**SUPPORT, **NO_TEST}, "exactly one of"),
        ({"equals": {}}, "$.equals"),
        ({"equals": {"a": "1", "b": "2"}}, "$.equals"),
        ({"equals": {"a": 1}}, "$.equals"),
        ({"equals": {"": "1"}}, "$.equals"),
        ({"equals": {"a": "é"}}, "$.equals"),
        ({"equals": {"a": "x" * 257}}, "$.equals"),
        ({"andAll": []}, "$.andAll"),
        ({"orAll": [SUPPORT] * 17}, "$.orAll"),
        ({"orAll": [{}]}, "write equals or notEquals"),
        ({"andAll": [{"orAll": [SUPPORT]}]}, "orAll"),
        ({"not_equals": {"a": "1"}}, "not_equals"),
        ("team = support", "Expected `object`"),
    ],
)
def test_what_bedrock_refuses_is_refused(wanted: Any, part: str) -> None:
    with pytest.raises(ValueError, match="the metadata filter cannot be used") as refusal:
        read_filter(wanted)
    assert part in str(refusal.value)


pairs = st.dictionaries(st.sampled_from("abc"), st.sampled_from("xy"), min_size=1, max_size=1)
bases = st.fixed_dictionaries({"equals": pairs}) | st.fixed_dictionaries({"notEquals": pairs})


@given(parts=st.lists(bases, min_size=1, max_size=16), metadata=st.dictionaries(st.sampled_from("abc"), st.just("x")))
def test_lists_mean_what_their_parts_mean(parts: list[dict[str, Any]], metadata: dict[str, str]) -> None:
    each = [matches(read_filter(part), metadata) for part in parts]
    assert matches(read_filter({"andAll": parts}), metadata) is all(each)
    assert matches(read_filter({"orAll": parts}), metadata) is any(each)
    assert msgspec.to_builtins(read_filter({"orAll": parts})) == {"orAll": parts}
