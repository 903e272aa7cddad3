"""Bodies as the web server hands them over, part by part."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest
from starlette.types import Receive

from huggy_connector.serve.request_body import MAX_DISCARDED, BodyCutOff, SenderGone, read_body


def parts(*bodies: bytes, is_whole: bool = True) -> list[dict[str, Any]]:
    last = len(bodies) - 1
    return [
        {"type": "http.request", "body": each, "more_body": place < last or not is_whole}
        for place, each in enumerate(bodies)
    ]


def read(messages: Sequence[dict[str, Any]], *, announced: bytes | None = None, seconds: float = 60.0) -> bytes:
    async def run() -> bytes:
        waiting = list(messages)

        async def receive() -> dict[str, Any]:
            if waiting:
                return waiting.pop(0)
            await asyncio.Event().wait()
            raise AssertionError

        given: Receive = receive
        headers = [] if announced is None else [(b"content-length", announced)]
        return await read_body({"headers": headers}, given, max_bytes=10, seconds=seconds)

    return asyncio.run(run())


def test_a_body_is_all_of_its_parts() -> None:
    assert (read(parts(b"abc")), read(parts(b"ab", b"", b"cd")), read(parts(b""))) == (b"abc", b"abcd", b"")


@pytest.mark.parametrize(
    ("messages", "announced", "part"),
    [
        (parts(b"x" * 11), None, b""),
        (parts(b"x" * 10, b"y"), b"11", b"x" * 10),
        (parts(b"x" * 6, *[b"y" * (MAX_DISCARDED // 2)] * 3, is_whole=False), None, b"x" * 6),
        ([], b"%d" % (MAX_DISCARDED + 1), b""),
    ],
)
def test_more_than_the_most_is_413_and_only_the_most_is_kept(
    messages: list[dict[str, Any]], announced: bytes | None, part: bytes
) -> None:
    with pytest.raises(BodyCutOff) as cut:
        read(messages, announced=announced)
    assert (cut.value.status, cut.value.reason, cut.value.part) == (413, "body is too large", part)


def test_a_body_that_does_not_come_in_time_is_408() -> None:
    with pytest.raises(BodyCutOff) as cut:
        read(parts(b"ab", is_whole=False), seconds=0.01)
    assert (cut.value.status, cut.value.part) == (408, b"ab")


def test_a_sender_that_hung_up_needs_no_answer() -> None:
    with pytest.raises(SenderGone):
        read([*parts(b"ab", is_whole=False), {"type": "http.disconnect"}])


@pytest.mark.parametrize("announced", [b"x", b"", b"-1"])
def test_a_length_that_is_no_number_says_nothing(announced: bytes) -> None:
    assert read(parts(b"ab"), announced=announced) == b"ab"
