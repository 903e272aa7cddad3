"""A connection does not wait for ever for the head of a request."""

from __future__ import annotations

from pathlib import Path

import pytest

from huggy_connector.serve.endpoint import Patience
from tests.integration.serve.senders import LONGEST, connect, post, receive_all, request_head, serving, settings_in
from tests.unit.webhook.corpus import CLOSED, body, envelope

SENT = body(envelope(closedChat=[CLOSED]))
IMPATIENT = Patience(head=0.3, body=LONGEST, disk=LONGEST, stop=LONGEST)


@pytest.mark.parametrize("begun", [b"", b"POST /webhook/4242 HTTP/1.1\r\nHost: x\r\n"])
def test_a_head_that_does_not_come_ends_the_connection(tmp_path: Path, begun: bytes) -> None:
    with serving(settings_in(tmp_path), patience=IMPATIENT) as server, connect(server.url) as connection:
        connection.sendall(begun)
        assert receive_all(connection) == b""
        assert post(server.url, SENT) == (200, "")


def test_the_head_of_a_second_request_is_not_awaited_for_ever_either(tmp_path: Path) -> None:
    with serving(settings_in(tmp_path), patience=IMPATIENT) as server, connect(server.url) as connection:
        connection.sendall(request_head(len(SENT)) + SENT)
        assert connection.recv(1_000).startswith(b"HTTP/1.1 200 OK")
        connection.sendall(b"POST /webhook")
        assert receive_all(connection) == b""


def test_a_request_that_is_longer_under_way_than_a_head_may_be_is_answered(tmp_path: Path) -> None:
    with serving(settings_in(tmp_path), patience=IMPATIENT) as server, connect(server.url) as connection:
        connection.sendall(request_head(len(SENT)))
        with connect(server.url) as other:
            assert receive_all(other) == b""  # this one was given up meanwhile
        connection.sendall(SENT)
        assert connection.recv(1_000).startswith(b"HTTP/1.1 200 OK")
