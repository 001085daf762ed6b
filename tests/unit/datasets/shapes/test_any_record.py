"""Whatever a record is: an example in the promised form that has all of it, or a refusal with a reason."""

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rft.datasets.items import Example, Refused, Shape
from rft.datasets.rules import Columns, DataRules, Scale
from rft.datasets.shapes import converter, detect
from rft.datasets.shapes.fields import (
    ANSWER_LISTS,
    ANSWERED,
    CHOSEN,
    CONTEXT,
    MESSAGES,
    OURS,
    PAIRS,
    PROMPT,
    RATING,
    REFERENCE,
    REJECTED,
    SYSTEM,
    VOTE,
)
from rft.errors import DatasetUnreadable
from tests.unit.datasets.shapes.helpers import lost

NAMES = sorted(
    {*PROMPT, *CONTEXT, *SYSTEM, *REFERENCE, *CHOSEN, *REJECTED, *VOTE, *ANSWERED, *RATING, *ANSWER_LISTS, *MESSAGES}
    | {*OURS, "original", "ranks", "scores", "annotator1", "annotator_2", "annotations", "meta", "meta.topic"}
    | {name for pair in PAIRS[:4] for name in pair}
)
LOG_NAMES = ("schemaType", "input", "output", "inputBodyJson", "outputBodyJson", "errorCode", "requestId", "results")
words = st.sampled_from(("a", "b", "tie", "1", "4", "", " ", "\r\n", "Human: x\n\nAssistant: y", "ModelInvocationLog"))
scalars = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.integers(0, 5)
    | st.floats(allow_nan=False)
    | st.text(max_size=4)
    | words
)
roles = st.sampled_from(("system", "developer", "user", "assistant", "tool", "human", "gpt"))
message = st.fixed_dictionaries(
    {"role": roles, "content": words | st.lists(st.fixed_dictionaries({"text": words}))}
) | (st.fixed_dictionaries({"from": roles, "value": words}))
keys = st.sampled_from((*NAMES, *LOG_NAMES, "role", "content", "text", "rank", "score", "annotator", "vote", "type"))
anything = st.recursive(
    scalars | st.lists(message, max_size=4),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(keys, inner, max_size=3),
    max_leaves=8,
)
records = st.dictionaries(st.sampled_from(NAMES) | keys | st.text(max_size=5), anything, max_size=6)
likely = st.tuples(
    st.dictionaries(st.sampled_from(("id", *SYSTEM, *CONTEXT, "tie", "original", "meta")), scalars, max_size=3),
    st.fixed_dictionaries({"prompt": words | st.lists(message, max_size=3)}) | st.just({}),
    st.fixed_dictionaries({"chosen": words | st.lists(message, max_size=3), "rejected": words})
    | st.fixed_dictionaries({"response1": scalars, "response2": scalars, "annotator1": scalars, "label2": scalars})
    | st.fixed_dictionaries({"answers": st.lists(anything, max_size=3), "ranking": anything})
    | st.fixed_dictionaries({"output": scalars, "rating": scalars})
    | st.fixed_dictionaries({"completion": scalars})
    | st.fixed_dictionaries({"messages": st.lists(message, max_size=3)}),
).map(lambda parts: {**parts[0], **parts[1], **parts[2]})
rules = st.sampled_from(
    (
        DataRules(),
        DataRules(columns=Columns(prompt="meta.topic", id="score"), scale=Scale(low=-1e300, high=1e300)),
        DataRules(columns=Columns(reference_answer="meta", system="context", votes=["meta.vote"], answers=["a", "b"])),
        DataRules(columns=Columns(answer="output", rating="score", answers=["answer", "output", "response"])),
    )
)


@pytest.mark.parametrize("shape", Shape)
@given(value=records | likely, rules=rules)
def test_a_record_is_kept_whole_or_refused(shape: Shape, value: dict[str, Any], rules: DataRules) -> None:
    before = msgspec.json.encode(value)
    try:
        examples = converter(shape, rules)(value, None)
    except Refused as refusal:
        assert 0 < len(refusal.reason.strip()) < 400  # noqa: PT017 # either end is right
        return
    assert examples
    assert msgspec.convert(msgspec.to_builtins(examples), list[Example]) == examples
    for example in examples:
        *system, last = [(message["role"], message["content"]) for message in example.messages]
        assert last[0] == "user"
        assert last[1].strip()
        assert [role in ("system", "developer") for role, _ in system] in ([], [True])
        assert example.whole is None
        assert example.id is None or 0 < len(example.id) <= 270
    assert lost(value, examples) == []
    assert msgspec.json.encode(value) == before


@given(values=st.lists(records | likely, max_size=4), rules=rules)
def test_a_file_has_a_shape_or_is_unreadable(values: list[dict[str, Any]], rules: DataRules) -> None:
    try:
        assert detect(values, rules) in Shape
    except DatasetUnreadable as error:
        assert "[data.columns]" in str(error)  # noqa: PT017 # either end is right
