"""The server over real HTTP: what was answered 200 is in the inbox, whatever ends it."""

from __future__ import annotations

import asyncio
import itertools
import json
import shutil
import signal
import socket
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from huggy_connector.errors import ConfigurationError, InboxBusy
from huggy_connector.landing import Landing
from huggy_connector.privacy import SuppressionList
from huggy_connector.serve import HuggyServer
from huggy_connector.webhook import InboxReader
from tests.integration.serve.senders import (
    LONGEST,
    ask,
    connect,
    huggy_serve,
    post,
    receive_all,
    request_head,
    serving,
    settings_in,
    wait_until,
    webhook_of,
)
from tests.sizes import FULL
from tests.unit.webhook.corpus import ACCEPTED, CLOSED, COMPANY, CUSTOMER, TOKEN, body, envelope, handshake

KILLS = 20 if FULL else 3


def numbered(number: int) -> bytes:
    """An envelope with two items, the second of which came before."""
    return body(envelope(closedChat=[CLOSED | {"id": number}, CLOSED | {"id": max(1, number - 1)}]))


def ids(inbox: Path) -> list[int]:
    with InboxReader.open(inbox) as reader:
        return [item.row["item_id"] for item in reader.items(COMPANY, after={})]


def test_every_body_of_the_corpus_is_taken_whole(tmp_path: Path) -> None:
    settings = settings_in(tmp_path)
    with serving(settings) as server:
        answers = [post(server.url, sent) for sent, _ in ACCEPTED]
    with InboxReader.open(settings.inbox_folder) as reader:
        kept = reader.depth(COMPANY, after={})
    assert (set(answers), kept) == ({(200, "")}, sum(items for _, items in ACCEPTED))


def test_the_handshake_is_answered_with_the_bare_token_as_text(tmp_path: Path) -> None:
    with serving(settings_in(tmp_path)) as server:
        said = ask(server.url, f"/webhook/{COMPANY}", handshake())
        wrong = ask(server.url, f"/webhook/{COMPANY}", handshake("f" * 32))
    assert (said.status, said.text, said.headers["content-type"]) == (200, TOKEN, "text/plain; charset=utf-8")
    assert (wrong.status, wrong.text) == (401, "")


def test_killed_again_and_again_under_load_all_that_was_answered_200_is_there(tmp_path: Path) -> None:
    numbers, answered = itertools.count(1), list[int]()
    for _ in range(KILLS):
        before = len(answered)
        with huggy_serve(tmp_path) as (process, url):
            is_over = threading.Event()

            def send(url: str = url, is_over: threading.Event = is_over) -> None:
                while not is_over.is_set():
                    number = next(numbers)
                    try:
                        if post(url, numbered(number))[0] == 200:
                            answered.append(number)
                    except (OSError, EOFError):
                        return

            with ThreadPoolExecutor(8) as senders:
                running = [senders.submit(send) for _ in range(8)]
                try:
                    wait_until(lambda before=before: len(answered) >= before + 100)
                finally:
                    process.send_signal(signal.SIGKILL)
                    is_over.set()
            assert [each.result() for each in running] == [None] * 8
            process.wait()
    found = ids(tmp_path / "state" / "inbox")
    assert set(answered) - set(found) == set()
    assert len(found) >= 2 * len(answered)


def test_told_to_stop_it_ends_well_with_all_that_it_answered(tmp_path: Path) -> None:
    with huggy_serve(tmp_path) as (process, url):
        assert post(url, numbered(1)) == (200, "")
        process.send_signal(signal.SIGTERM)
        assert process.stderr is not None
        said = process.stderr.read()
        assert (process.wait(timeout=LONGEST), said) == (0, "Stopped. 2 events were accepted, and are in the inbox.\n")
    with InboxReader.open(tmp_path / "state" / "inbox") as reader:
        assert [span.kind for span in reader.spans(since=None)] == ["up"]
    assert ids(tmp_path / "state" / "inbox") == [1, 1]


def test_a_body_that_is_under_way_as_it_stops_is_answered_503(tmp_path: Path) -> None:
    settings = settings_in(tmp_path)
    sent = numbered(1)
    with serving(settings) as server, connect(server.url) as connection:
        connection.sendall(request_head(len(sent)) + sent[:10])
        assert post(server.url, numbered(2)) == (200, "")
        server.stop()
        connection.sendall(sent[10:])
        answer = receive_all(connection)
    assert (answer.split(b"\r\n")[0], b"retry-after: 5" in answer) == (b"HTTP/1.1 503 Service Unavailable", True)
    assert ids(settings.inbox_folder) == [2, 1]


def test_five_hundred_connections_at_once_are_all_answered(tmp_path: Path) -> None:
    settings = settings_in(tmp_path)

    async def send(url: str, number: int) -> bytes:
        sent = numbered(number)
        reader, writer = await asyncio.open_connection(*url.removeprefix("http://").split(":"))
        writer.write(
            f"POST /webhook/{COMPANY} HTTP/1.1\r\nHost: x\r\nContent-Length: {len(sent)}\r\n\r\n".encode() + sent
        )
        line = await reader.readline()
        writer.close()
        return line

    async def send_all(url: str) -> list[bytes]:
        return await asyncio.gather(*(send(url, number) for number in range(1, 501)))

    with serving(settings) as server:
        lines = asyncio.run(send_all(server.url))
    assert lines == [b"HTTP/1.1 200 OK\r\n"] * 500
    assert set(ids(settings.inbox_folder)) == {*range(1, 501)}


def test_a_port_that_is_taken_and_an_inbox_that_another_has_are_one_sentence(tmp_path: Path) -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as other,
        pytest.raises(ConfigurationError, match="is taken: choose another"),
    ):
        HuggyServer(settings_in(tmp_path), port=other.getsockname()[1])
    with pytest.raises(ConfigurationError, match="cannot listen at"):
        HuggyServer(settings_in(tmp_path), host="192.0.2.1")
    with serving(settings_in(tmp_path)), pytest.raises(InboxBusy, match="Another receiver"):
        HuggyServer(settings_in(tmp_path))


def test_an_inbox_that_is_deleted_while_it_runs_loses_nothing_that_is_answered_200_after(tmp_path: Path) -> None:
    settings = settings_in(tmp_path)
    with serving(settings) as server:
        assert post(server.url, numbered(1)) == (200, "")
        shutil.rmtree(settings.inbox_folder)
        assert post(server.url, numbered(2)) == (503, "")
        answered: list[int] = []

        def is_taken() -> bool:
            number = len(answered) + 3
            answered.append(post(server.url, numbered(number))[0])
            return answered[-1] == 200

        wait_until(is_taken)
    assert ids(settings.inbox_folder) == [len(answered) + 2, len(answered) + 1]


def test_a_person_who_is_forgotten_is_not_written_and_without_the_key_nothing_begins(tmp_path: Path) -> None:
    key = "a long random text, kept for good"
    settings = settings_in(tmp_path, hash_key=key)
    storage = Landing.open(settings.landing).storage
    SuppressionList(COMPANY, key.encode()).add(storage, 800001, [])
    with serving(settings) as server:
        assert post(server.url, body(envelope(updatedCustomer=[CUSTOMER, CUSTOMER | {"id": 5}]))) == (200, "")
    with InboxReader.open(settings.inbox_folder) as reader:
        rows = [item.row for item in reader.items(COMPANY, after={})]
    assert {row.get("contact_id") for row in rows} - {None} == {5}
    assert json.dumps(rows).count("Cliente Um") == 1
    with pytest.raises(ConfigurationError, match="HUGGY_HASH_KEY"):
        HuggyServer(settings_in(tmp_path))


def test_with_neither_token_nor_secret_address_it_warns_and_refuses_until_it_has_learned(tmp_path: Path) -> None:
    notes: list[str] = []
    with serving(settings_in(tmp_path, webhook_token=None), notes=notes) as server:
        assert post(server.url, numbered(1)) == (401, "")
    assert notes[0].startswith("Warning: neither HUGGY_WEBHOOK_TOKEN nor HUGGY_WEBHOOK_PATH is set")


def test_in_app_mode_only_the_secret_address_is_there(tmp_path: Path) -> None:
    settings = settings_in(tmp_path, webhook_token=None, webhook_path="secret")
    sent = body(envelope(None, closedChat=[CLOSED]))
    with serving(settings) as server:
        answers = [post(server.url, sent, secret=secret)[0] for secret in ("secret", "other", "", "secret/more")]
    assert answers == [200, 404, 404, 404]


def test_no_secret_and_nothing_of_a_body_is_in_what_it_says(tmp_path: Path) -> None:
    with huggy_serve(tmp_path, HUGGY_DEBUG="1") as (process, url):
        secrets = [TOKEN, "f" * 32, "Cliente", "um@example.com", "800001"]
        bodies = [sent for sent, _ in ACCEPTED] + [body(envelope(updatedCustomer=[CUSTOMER])), handshake("f" * 32)]
        for sent in (*bodies, b"{" + b"Cliente", body(envelope("f" * 32, updatedCustomer=[CUSTOMER]))):
            post(url, sent)
        told = ask(url, "/health").text + ask(url, "/metrics").text
        process.send_signal(signal.SIGTERM)
        assert process.stderr is not None
        told += process.stderr.read()
    assert [secret for secret in secrets if secret in told] == []


def test_health_and_metrics_count_what_came(tmp_path: Path) -> None:
    with serving(settings_in(tmp_path)) as server:
        post(server.url, numbered(1))
        post(server.url, b"{")
        said = ask(server.url, "/health")
        metrics = ask(server.url, "/metrics")
        webhook_of(server).receiver.is_stopping = True
        stopping = ask(server.url, "/health")
    state = json.loads(said.text)
    assert (said.status, state["status"], state["accepted"], state["refusals"]) == (200, "ok", 2, {"invalid JSON": 1})
    assert (stopping.status, json.loads(stopping.text)["status"]) == (503, "stopping")
    assert 'huggy_webhook_answers_total{status="200"} 1.0' in metrics.text
    assert metrics.headers["content-type"].startswith("text/plain")
