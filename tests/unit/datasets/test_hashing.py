"""Hashing beside the work: the same hash and file as by hand, and a full disk is told."""

import hashlib
import io
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rft.datasets import hashing
from rft.datasets.hashing import Hashing


@given(pieces=st.lists(st.binary(max_size=9), max_size=60), piece=st.integers(1, 20))
def test_hash_and_file_are_those_of_all_bytes_in_their_order(pieces: list[bytes], piece: int) -> None:
    with pytest.MonkeyPatch.context() as patch, Hashing() as work:
        patch.setattr(hashing, "PIECE", piece)
        target = io.BytesIO()
        plain, written = work.sha256(), work.sha256(target)
        for one in pieces:
            plain.update(one)
            written.update(one)
        written.settle()
        assert target.getvalue() == b"".join(pieces)
        assert plain.hexdigest() == written.hexdigest() == hashlib.sha256(b"".join(pieces)).hexdigest()


def test_what_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with Hashing() as work, (tmp_path / "file").open("rb") as target:  # takes nothing, as a full disk
        written = work.sha256(target)
        written.update(b"a")
        with pytest.raises(OSError, match="write"):
            written.settle()
