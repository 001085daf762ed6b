"""Whatever is dropped: a version in which nothing is lost, or one sentence that says why not. Never a crash."""

import gzip
import io
import json
from pathlib import Path
from typing import Final

import pytest
import zstandard
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rft.datasets.codes import Code, Severity
from rft.datasets.curate import Curated, Surroundings, curate
from rft.datasets.rules import Curation, DataRules, Personal
from rft.errors import DatasetUnreadable
from rft.tasks import Grader, Model, Task

QUIET: Final = {Code.LANGUAGE_BALANCE: Severity.OFF}


def task_of(data: DataRules) -> Task:
    return Task(
        name="sums",
        description="Teaches sums to a model",
        model=Model(base_model="amazon.nova-2-lite-v1:0:256k", baseline_inference_id="us.amazon.nova-2-lite-v1:0"),
        grader=Grader(reward="reward.py:reward"),
        data=data,
    )


PLAIN: Final = task_of(DataRules(checks=QUIET))
BUSY: Final = task_of(  # everything that changes or compares records
    DataRules(
        checks={**QUIET, Code.NEAR_DUPLICATE: Severity.QUARANTINE, Code.EXACT_DUPLICATE: Severity.WARN},
        curation=Curation(template="Q: {prompt}", system="Be brief", category="topic", max_category_share=0.5),
        personal=Personal(action="redact"),
    )
)


def lines(*values: object) -> bytes:
    return b"".join(json.dumps(value).encode() + b"\n" for value in values)


GOOD: Final = {
    "prompts": lines(
        *({"messages": [{"role": "user", "content": f"{n} + 1?"}], "reference_answer": str(n + 1)} for n in range(6))
    ),
    "flat array": json.dumps([{"question": f"{n} + 1?", "answer": n + 1, "topic": n % 2} for n in range(6)]).encode(),
    "csv": b"prompt,completion\r\n" + b"".join(b'"%d, plus\n1?",%d\r\n' % (n, n + 1) for n in range(6)),
    "pairs": lines(*({"prompt": f"{n}?", "chosen": "yes", "rejected": "no", "tie": n == 2} for n in range(6))),
    "transcripts": lines(
        *(
            {"chosen": f"\n\nHuman: {n}?\n\nAssistant: yes", "rejected": f"\n\nHuman: {n}?\n\nAssistant: no"}
            for n in range(6)
        )
    ),
    "judgements": lines(
        *(
            {"instruction": f"{n}?", "response1": "a", "response2": "b", "annotator1": 1, "annotator2": n % 3}
            for n in range(6)
        )
    ),
    "rankings": lines(*({"prompt": f"{n}?", "answers": ["a", "b", "c"], "ranks": [1, 2, 3]} for n in range(4))),
    "ratings": lines(*({"prompt": f"{n}?", "response": "ann@gmail.com", "rating": 1 + n % 5} for n in range(6))),
    "logs": lines(
        *(
            {
                "schemaType": "ModelInvocationLog",
                "requestId": f"r{n}",
                "input": {"inputBodyJson": {"messages": [{"role": "user", "content": [{"text": f"{n}?"}]}]}},
                "output": {
                    "outputBodyJson": {"output": {"message": {"role": "assistant", "content": [{"text": "yes"}]}}}
                },
            }
            for n in range(4)
        )
    ),
}
_NO_MESSAGES: Final[list[object]] = [None, 1, "a", [], {}, {"role": {}}]
HOSTILE: Final = {
    "nothing": b"",
    "only white space": b" \r\n\t\n" * 50,
    "only a mark": b"\xef\xbb\xbf",
    "NUL": b'{"messages": "\0"}\n',
    "UTF-16": '{"prompt": "a"}\n'.encode("utf-16"),
    "deep": b"[" * 100_000,
    "deep objects": b'{"a":' * 50_000 + b"1" + b"}" * 50_000 + b"\n",
    "a huge number": b'{"prompt": "a", "answer": ' + b"9" * 100_000 + b"}\n",
    "an infinite number": b'{"prompt": "a", "answer": 1e999}\n{"prompt": "a", "answer": NaN}\n',
    "half a character": b'{"prompt": "\\ud800"}\n{"prompt": "\xed\xa0\x80"}\n',
    "one key twice": b'{"prompt": "a", "prompt": "b"}\n',
    "old line ends": b'{"prompt": "a"}\r{"prompt": "b"}\r',
    "a quote without end": b'prompt,b\n"' + b"a,\n" * 1000,
    "an array without end": b'[{"prompt": "a"},' * 10,
    "a very long line": b'{"prompt": "' + b"a" * (3 << 20) + b'"}\n{"prompt": "b"}\n',
    "very many keys": lines({str(n): n for n in range(20_000)}, {"prompt": "a"}),
    "control characters": lines({"prompt": "".join(map(chr, range(32)))}, {"prompt": "a\u202eb\u0000"}),
    "names that are ours": lines({"prompt": "a", "id": [], "votes": 1, "messages": {}, "original": {"original": 2}}),
    "messages that are none": lines(*({"messages": [value]} for value in _NO_MESSAGES)),
    "text that hurts patterns": lines(
        {"prompt": "a", "completion": "I'm sorry, but as an AI " + "a, " * 50_000},
        {"prompt": "answer is " * 20_000, "completion": "9"},
        {"prompt": "1-" * 100_000 + "@" * 1000, "completion": "+" * 100_000},
    ),
    "packed rubbish": gzip.compress(b"\x00\x01\x02" * 1000, mtime=0),
    "a bomb": zstandard.compress(b"a" * (64 << 20)),
    "prose": b"Dear Sir,\nthank you, and so on.\n",
}


def judged(data: bytes, task: Task, work: Path) -> Curated | str:
    """Curate a file; check that nothing was lost, or that the reason is a sentence."""
    work.mkdir(exist_ok=True)
    try:
        curated = curate(io.BytesIO(data), task=task, work=work, around=Surroundings(code_version="1"))
    except DatasetUnreadable as error:
        assert 10 < len(str(error)) < 600, error  # noqa: PT017 # either end is right
        return str(error)
    manifest = curated.manifest
    kept = 0
    for file in manifest.splits.values():
        written = curated.files[file.key].read_bytes()
        assert written.count(b"\n") == file.records
        assert all(json.loads(line)["messages"] for line in written.splitlines())
        kept += file.records
    assert manifest.examples == kept + manifest.quarantined
    assert manifest.examples >= manifest.records or manifest.profile.shape == "rankings"
    assert len(curated.message) < 4_000
    return curated


@pytest.mark.parametrize("task", [PLAIN, BUSY], ids=["plain", "busy"])
@pytest.mark.parametrize("name", GOOD)
def test_good_files_stay_whole(name: str, task: Task, tmp_path: Path) -> None:
    curated = judged(GOOD[name], task, tmp_path)
    assert isinstance(curated, Curated)
    fine = {Code.NEAR_DUPLICATE, Code.REBALANCED, Code.SPLIT_LEAK}
    assert set(curated.manifest.quarantined_by) <= fine, curated.message


@pytest.mark.timeout(60)
@pytest.mark.parametrize("task", [PLAIN, BUSY], ids=["plain", "busy"])
@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_files_are_answered(name: str, task: Task, tmp_path: Path) -> None:
    judged(HOSTILE[name], task, tmp_path)


def mutated(data: bytes, changes: list[tuple[str, int, bytes]]) -> bytes:
    for kind, place, piece in changes:
        place %= len(data) + 1
        if kind == "cut":
            data = data[:place]
        elif kind == "drop":
            data = data[:place] + data[place + 1 + len(piece) :]
        elif kind == "double":
            data = data[:place] + data[max(0, place - 20) :]
        else:
            data = data[:place] + piece + data[place + (len(piece) if kind == "overwrite" else 0) :]
    return data


CHANGES: Final = st.lists(
    st.tuples(
        st.sampled_from(["cut", "drop", "double", "insert", "overwrite"]),
        st.integers(0, 10_000),
        st.sampled_from(
            [b'"', b"{", b"}", b"[", b"]", b",", b":", b"\\", b"\n", b"\r", b"\0", b"\xff", b"null", b"1e9"]
        )
        | st.binary(max_size=4),
    ),
    max_size=4,
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow], max_examples=250)
@given(
    name=st.sampled_from(sorted(GOOD)),
    changes=CHANGES,
    pack=st.sampled_from([None, "gzip", "zstd"]),
    after=CHANGES,
    task=st.sampled_from([PLAIN, BUSY]),
)
def test_spoiled_files_are_answered(
    tmp_path: Path,
    name: str,
    changes: list[tuple[str, int, bytes]],
    pack: str | None,
    after: list[tuple[str, int, bytes]],
    task: Task,
) -> None:
    data = mutated(GOOD[name], changes)
    if pack is not None:
        packed = gzip.compress(data, mtime=0) if pack == "gzip" else zstandard.compress(data)
        data = mutated(packed, after[:1])
    judged(data, task, tmp_path)
