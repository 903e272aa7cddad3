"""Bodies that are too large or too slow, senders that hang up, and what nobody has thought of: never a 500."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from huggy_connector.serve.endpoint import LARGE, Patience
from huggy_connector.webhook.protocol.envelope import MAX_BYTES
from huggy_connector.webhook.receiver import Decision, Post
from tests.integration.serve.senders import (
    LONGEST,
    connect,
    post,
    receive_all,
    request_head,
    serving,
    settings_in,
    wait_until,
    webhook_of,
)
from tests.unit.webhook.corpus import CLOSED, COMPANY, TOKEN, body, envelope

SENT = body(envelope(closedChat=[CLOSED]))
IMPATIENT = Patience(head=LONGEST, body=0.2, disk=0.2, stop=LONGEST)


@pytest.mark.parametrize("size", [MAX_BYTES + 1, 5 * 2**20])
def test_a_body_of_more_than_a_mebibyte_is_answered_413(tmp_path: Path, size: int) -> None:
    with serving(settings_in(tmp_path)) as server:
        assert post(server.url, b"x" * size) == (413, "")
        assert post(server.url, SENT) == (200, "")
        assert webhook_of(server).receiver.tally.refusals == {"body is too large": 1}


def test_a_body_of_a_mebibyte_is_read(tmp_path: Path) -> None:
    sent = SENT.ljust(MAX_BYTES)
    with serving(settings_in(tmp_path)) as server:
        assert post(server.url, sent) == (200, "")


def test_a_body_without_end_is_cut_off(tmp_path: Path) -> None:
    with serving(settings_in(tmp_path)) as server, connect(server.url) as connection:
        connection.sendall(b"POST /webhook/4242 HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n")
        chunk = b"10000\r\n%s\r\n" % (b"x" * 65_536)
        sent = 0
        try:
            while sent < 2**30:
                connection.sendall(chunk)
                sent += len(chunk)
        except OSError:  # the server hung up
            pass
        assert sent < 2**27
        assert post(server.url, SENT) == (200, "")
        assert webhook_of(server).receiver.tally.answers[413] == 1


def test_a_body_that_announces_too_much_is_not_awaited(tmp_path: Path) -> None:
    with serving(settings_in(tmp_path)) as server, connect(server.url) as connection:
        connection.sendall(request_head(2**40))
        assert receive_all(connection).startswith(b"HTTP/1.1 413 ")


def test_a_slow_sender_is_cut_off_and_others_do_not_wait(tmp_path: Path) -> None:
    with serving(settings_in(tmp_path), patience=IMPATIENT) as server, connect(server.url) as connection:
        connection.sendall(request_head(1_000) + b'{"tok')
        assert post(server.url, SENT) == (200, "")
        assert receive_all(connection).startswith(b"HTTP/1.1 408 ")
        assert webhook_of(server).receiver.tally.refusals == {"body is too slow": 1}


def test_a_sender_that_hangs_up_leaves_nothing(tmp_path: Path) -> None:
    with serving(settings_in(tmp_path)) as server:
        with connect(server.url) as connection:
            connection.sendall(request_head(len(SENT)) + SENT[:-1])
        wait_until(lambda: not server._server.server_state.tasks)
        assert (webhook_of(server).receiver.tally.events, webhook_of(server).receiver.tally.answers) == (0, {})


def test_what_nobody_has_thought_of_is_a_503_and_its_kind_alone_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_: Post) -> Decision:
        raise ZeroDivisionError(TOKEN)

    notes: list[str] = []
    with serving(settings_in(tmp_path), notes=notes) as server:
        monkeypatch.setattr(webhook_of(server).receiver, "decide", fail)
        answers = [post(server.url, SENT), post(server.url, SENT.ljust(LARGE))]
    assert answers == [(503, ""), (503, "")]
    said = [note for note in notes if "Unexpected" in note]
    assert said[0] == f"Unexpected ZeroDivisionError at a request of {len(SENT):,} bytes: please report it."
    assert TOKEN not in "".join(notes)


def test_a_disk_that_hangs_is_a_503(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def take_and_say_nothing(_: Any, done: Callable[..., None]) -> None:
        del done

    with serving(settings_in(tmp_path), patience=IMPATIENT) as server:
        with monkeypatch.context() as patch:
            patch.setattr(webhook_of(server).inbox, "submit", take_and_say_nothing)
            assert post(server.url, SENT) == (503, "")
        assert post(server.url, SENT) == (200, "")


@pytest.mark.parametrize("path", ["/", "/webhook", "/webhook/", "/webhook/x", f"/webhook/{COMPANY}/a/b", "/other"])
def test_other_addresses_are_not_there(tmp_path: Path, path: str) -> None:
    with serving(settings_in(tmp_path)) as server, connect(server.url) as connection:
        connection.sendall(
            f"POST {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 0\r\n\r\n".encode()
        )
        assert receive_all(connection).split(b" ")[1] == b"404"


def test_a_slash_at_the_end_changes_nothing(tmp_path: Path) -> None:
    with serving(settings_in(tmp_path, webhook_path="secret")) as server:
        assert post(server.url, SENT, secret="secret/") == (200, "")
