"""`huggy serve` as its user runs it: what it says where it cannot begin."""

from __future__ import annotations

import socket
from pathlib import Path

from huggy_connector.clock import SYSTEM_CLOCK
from huggy_connector.webhook import Inbox
from tests.integration.cli.conftest import Huggy


def test_a_port_that_is_taken_is_one_sentence_and_2(huggy: Huggy) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = str(other.getsockname()[1])
        run = huggy("serve", "--port", port)
    assert (run.code, run.err) == (
        2,
        f"huggy: Port {port} is taken: choose another with --port, or stop what listens there.\n",
    )


def test_an_inbox_that_another_receiver_has_is_one_sentence_and_1(huggy: Huggy, tmp_path: Path) -> None:
    with Inbox.open(tmp_path / "state" / "inbox", now=SYSTEM_CLOCK.now):
        run = huggy("serve", "--port", "0")
    assert (run.code, run.sentence.startswith("huggy: Another receiver has the inbox")) == (1, True)


def test_three_tokens_are_one_sentence_and_2(huggy: Huggy) -> None:
    run = huggy("serve", "--port", "0", HUGGY_WEBHOOK_TOKEN="a,b,c")
    assert (run.code, run.err) == (
        2,
        "huggy: HUGGY_WEBHOOK_TOKEN has more than two tokens: keep the new and the last one.\n",
    )
