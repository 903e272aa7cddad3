"""How much of an answer is read, and for how long."""

import gzip
import threading
import zlib
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from huggy_connector.api.response_limits import CHUNK, BodyReader, TooLarge, TooSlow, UndecodableBody

MEGABYTE = 2**20


def cut(body: bytes, size: int = 1_000) -> Iterator[bytes]:
    for start in range(0, len(body), size):
        yield body[start : start + size]


@given(body=st.binary(max_size=5_000), size=st.integers(1, 700))
@pytest.mark.parametrize(
    ("encoding", "pack"),
    [("", bytes), ("identity", bytes), ("gzip", gzip.compress), ("X-GZIP", gzip.compress), ("deflate", zlib.compress)],
)
def test_a_body_is_read_whole_in_any_compression_and_any_pieces(
    encoding: str, pack: object, body: bytes, size: int
) -> None:
    assert callable(pack)
    assert BodyReader().read(cut(pack(body), size), encoding=encoding) == body


@given(members=st.lists(st.binary(max_size=2_000), min_size=1, max_size=4), size=st.integers(1, 700))
@pytest.mark.parametrize("behind", [b"", b"\0\0", b"more"])
def test_gzip_is_read_to_its_last_member_and_no_further(behind: bytes, members: list[bytes], size: int) -> None:
    packed = b"".join(map(gzip.compress, members)) + behind
    assert BodyReader().read(cut(packed, size), encoding="gzip") == b"".join(members)


@pytest.mark.parametrize("encoding", ["gzip, gzip", "br", "zstd", "compress", "gzip;q=1", "\x00"])
def test_an_unexpected_compression_is_refused(encoding: str) -> None:
    with pytest.raises(UndecodableBody):
        BodyReader().read([b"[]"], encoding=encoding)


@pytest.mark.parametrize(
    "body",
    [b"", b"[]", gzip.compress(b"[1, 2, 3]", mtime=0)[:-9], b"\x1f\x8b" + b"\x00" * 30],
    ids=["empty", "not packed", "cut off", "garbled"],
)
def test_a_compressed_body_that_is_cut_off_or_garbled_is_refused(body: bytes) -> None:
    with pytest.raises(UndecodableBody):
        BodyReader().read([body], encoding="gzip")


@pytest.mark.slow
def test_a_decompression_bomb_is_refused_at_the_limit() -> None:
    packed = zlib.compressobj(9, wbits=31)
    bomb = b"".join(packed.compress(b" " * MEGABYTE) for _ in range(200)) + packed.flush()
    read: list[int] = []

    def pieces() -> Iterator[bytes]:
        for piece in cut(bomb, 4_096):
            read.append(len(piece))
            yield piece

    with pytest.raises(TooLarge):
        BodyReader(max_bytes=16 * CHUNK).read(pieces(), encoding="gzip")
    assert sum(read) < len(bomb) / 8


def test_an_endless_body_is_refused_at_the_limit() -> None:
    def endless() -> Iterator[bytes]:
        while True:
            yield b"[" * 65_536

    with pytest.raises(TooLarge):
        BodyReader(max_bytes=MEGABYTE).read(endless(), encoding="")


def test_endless_bytes_after_a_compressed_body_are_refused_at_the_limit() -> None:
    def pieces() -> Iterator[bytes]:
        yield gzip.compress(b"[]")
        while True:
            yield b"more" * 1_000

    with pytest.raises(TooLarge):
        BodyReader(max_bytes=CHUNK).read(pieces(), encoding="gzip")


def test_a_slow_body_is_refused_and_a_fast_one_is_not() -> None:
    assert BodyReader(slow_after=0.0).read([b"x" * 100_000], encoding="") == b"x" * 100_000
    waiting = threading.Event()

    def trickle() -> Iterator[bytes]:
        while True:
            waiting.wait(0.01)
            yield b"x"

    with pytest.raises(TooSlow):
        BodyReader(slow_after=0.0).read(trickle(), encoding="")
