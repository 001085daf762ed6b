"""Plain, gzip and zstd give the same bytes; archives that are damaged, cut off or greedy say so."""

import gzip
import random
import tracemalloc

import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from rft.datasets.sources.compression import CHUNK, Broken, unpacked
from tests.unit.datasets.sources.streams import Slow, packed, zstd

TEXT = b"".join(b'{"n": %d}\n' % number for number in range(90_000))
NOISE = random.Random(5).randbytes(300_000)


def whole(data: bytes, size: int = 1 << 20) -> bytes:
    return b"".join(unpacked(Slow(data, size)))


@pytest.mark.parametrize("how", ["plain", "gzip", "zstd"])
@pytest.mark.parametrize("data", [b"", b"x", TEXT, NOISE, b"\0" * 700_000])
def test_packing_and_reads_do_not_matter(how: str, data: bytes) -> None:
    for size in (997, 1 << 20):
        assert whole(packed(data, how), size) == data


@given(st.lists(st.binary(max_size=40), min_size=1), st.sampled_from([gzip.compress, zstd]), st.integers(1, 9))
def test_archives_may_be_put_one_behind_the_other(parts, pack, size) -> None:
    assert whole(b"".join(pack(part) for part in parts), size) == b"".join(parts)


def test_gzip_may_be_padded_with_zeros() -> None:
    assert whole(gzip.compress(b"a", mtime=0) + b"\0" * 700, 7) == b"a"


def test_zstd_frames_of_every_form_are_read() -> None:
    skippable = b"\x53\x2a\x4d\x18" + (600_000).to_bytes(4, "little") + b"?" * 600_000
    sized = zstandard.ZstdCompressor(write_content_size=True).compress(TEXT)
    streamed = zstandard.ZstdCompressor(level=19, write_checksum=False).compressobj()
    unsized = streamed.compress(NOISE) + streamed.flush()
    assert whole(skippable + sized + skippable + unsized + zstd(b"\0" * 500_000)) == TEXT + NOISE + b"\0" * 500_000


@pytest.mark.parametrize("pack", [gzip.compress, zstd])
def test_an_archive_cut_off_anywhere_is_refused(pack) -> None:
    data = pack(NOISE[:200_000] + TEXT[:200_000])
    for end in [*range(4, 40), *range(40, len(data) - 1, 4999), *range(len(data) - 9, len(data))]:
        with pytest.raises(Broken, match="ends too early"):
            whole(data[:end])


@pytest.mark.parametrize("pack", [gzip.compress, zstd])
def test_a_flipped_bit_is_found(pack) -> None:
    data = pack(TEXT[:50_000])
    for place in range(12, len(data), len(data) // 60):
        mutated = bytearray(data)
        mutated[place] ^= 4
        with pytest.raises(Broken, match=r"damaged|too early"):
            whole(bytes(mutated))


@pytest.mark.parametrize(
    "data",
    [
        gzip.compress(b"a\n", mtime=0) + b"trailing rubbish",
        zstd(b"a\n") + b"trailing rubbish",
        b"\x1f\x8b" + b"nonsense" * 9,
        b"\x28\xb5\x2f\xfd" + b"nonsense" * 9,
        b"\x28\xb5\x2f\xfd\x00\x58" + (7 | 200_000 << 3).to_bytes(3, "little") + b"x" * 200_000,
    ],
)
def test_rubbish_is_named_damaged(data: bytes) -> None:
    with pytest.raises(Broken, match=r"damaged .*drop it again"):
        whole(data)


def test_a_zstd_window_beyond_ours_is_refused_before_it_is_allocated() -> None:
    raw = (1 | 1 << 3).to_bytes(3, "little") + b"a"  # the last block: one byte as it is
    assert whole(b"\x28\xb5\x2f\xfd\x00" + bytes([17 << 3]) + raw) == b"a"
    data = b"\x28\xb5\x2f\xfd\x00" + bytes([18 << 3]) + raw  # 2 to the power of 10 + 18
    with pytest.raises(Broken, match="over 128 MiB; pack it with --long=27"):
        whole(data)


def bomb(how: str) -> bytes:
    if how == "gzip":
        return gzip.compress(b"\0" * (200 << 20), 9, mtime=0)
    frame = b"\x28\xb5\x2f\xfd\x00\x58"  # a window of 2 MiB, then blocks that repeat one byte 128 KiB long
    block = (2 | 1 << 17 << 3).to_bytes(3, "little") + b"x"
    return frame + block * 1600 + (1).to_bytes(3, "little")


@pytest.mark.parametrize("how", ["gzip", "zstd"])
def test_a_bomb_is_unpacked_in_small_steps(how: str) -> None:
    data = bomb(how)
    total = largest = 0
    tracemalloc.start()
    for piece in unpacked(Slow(data)):
        total += len(piece)
        largest = max(largest, len(piece))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert total == 200 << 20
    assert largest <= CHUNK
    assert peak < 8 << 20
