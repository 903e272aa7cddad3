"""The promise about events, over real processes: what was answered 200 is in the warehouse once, whatever is killed."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from huggy_connector.catalogue import EVENTS
from huggy_connector.pipeline import Pipeline
from huggy_connector.privacy import PrivacyPolicy
from huggy_connector.sandbox import Options, Sandbox
from huggy_connector.settings import Settings
from huggy_connector.webhook.protocol.event_row import fingerprint
from tests.integration.desks import settings_for
from tests.integration.pipeline.live_desks import rows_of
from tests.sizes import FULL

KILLS, RATE = (20, 200) if FULL else (2, 40)
DISORDERS = {
    **dict.fromkeys(("together", "bundle", "overtaken", "twice", "again", "moved", "old", "type", "unknown"), 0.15),
    **dict.fromkeys(("token", "wrong", "foreign", "json", "empty", "form"), 0.03),
}
PATIENCE = 120.0


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


@contextmanager
def receiver(settings: Settings, port: int, token: str) -> Iterator[subprocess.Popen[bytes]]:
    """Run `huggy serve`. It is killed at the end of the block, if it still runs."""
    environ = os.environ | {
        "HUGGY_STATE": str(settings.state),
        "HUGGY_LANDING": settings.landing,
        "HUGGY_WEBHOOK_TOKEN": token,
        "HUGGY_COMPANY_ID": "4242",
    }
    command = [str(Path(sys.executable).with_name("huggy")), "serve", "--port", str(port)]
    with subprocess.Popen(command, env=environ, cwd=str(settings.state), stderr=subprocess.PIPE) as process:
        try:
            wait_until(lambda: is_open(port) or process.poll() is not None)
            assert process.poll() is None, (process.stderr and process.stderr.read()) or b""
            yield process
        finally:
            process.kill()


def is_open(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def wait_until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def told(desk: Sandbox, *fates: str) -> list[dict[str, Any]]:
    rows = desk.truth("events", rows=True)["rows"]
    return [row for row in rows if row["genuine"] and (not fates or row["fate"] in fates)]


def ids_of(rows: list[dict[str, Any]], settings: Settings) -> set[str]:
    """Return the ids of these events: of what may be written of them."""
    policy = PrivacyPolicy.from_settings(settings)
    return {fingerprint(row["event"], policy.apply(EVENTS, row)["item"]) for row in rows}


def situations_of(desk: Sandbox) -> dict[int, str]:
    """Return the situation of each chat, as the API has it now. It spells some ids as text."""
    return {int(row["id"]): row["situation"] for row in desk.truth("chats", rows=True)["rows"]}


def open_desk(port: int, **options: Any) -> Sandbox:
    given: dict[str, Any] = {
        "chats": 200,
        "contacts": 60,
        "days": 20,
        "limit": 0,
        "open_chats": 40,
        "webhook_rate": RATE,
        "webhook_late_seconds": 3.0,
    }
    return Sandbox(Options(webhook=f"http://127.0.0.1:{port}/webhook/4242", **given, **options))


def settle(desk: Sandbox) -> None:
    """Let nothing more happen, and wait until all that was told has its answer and nothing else is told."""
    desk.control(webhook={"rate": 0})
    before = -1

    def is_settled() -> bool:
        nonlocal before
        time.sleep(3)
        now, last = desk.truth("events"), before
        before = now["count"]
        return bool(now["pending"] == now["under_way"] == 0 and now["count"] == last)

    wait_until(is_settled)


@pytest.mark.proof
def test_what_was_answered_200_is_there_once_though_the_receiver_is_killed_again_and_again(tmp_path: Path) -> None:
    port = free_port()
    (tmp_path / "state").mkdir()
    with open_desk(port, webhook_disorders=DISORDERS, webhook_retries=2, webhook_timeout=2.0) as desk:
        settings = settings_for(desk, tmp_path, clock="host")
        pipeline = Pipeline(settings)
        for _ in range(KILLS):
            before = desk.truth("events")["answered"]
            with receiver(settings, port, desk.webhook_token) as process:
                wait_until(lambda before=before: desk.truth("events")["answered"] > before + RATE)  # type: ignore[misc]
                process.send_signal(signal.SIGKILL)
                process.wait()
            pipeline.live_once()
        with receiver(settings, port, desk.webhook_token):
            desk.control(webhook={"save": "same"})
            settle(desk)
            answered = told(desk, "answered")  # before the round: what is answered later waits for the next one
            while (report := pipeline.live_once()).received:
                pass
        everything = told(desk)
        truth = situations_of(desk)
    kept = [event_id for (event_id,) in rows_of(settings, "SELECT event_id FROM events")]
    assert len(kept) == len(set(kept))
    assert ids_of(answered, settings) - set(kept) == set()
    assert set(kept) - ids_of(everything, settings) == set()
    assert (report.error, report.touched) == (None, {})
    touched = dict(rows_of(settings, "SELECT id, situation FROM chats WHERE id IN (SELECT chat_id FROM events)"))
    assert {
        number: (situation, truth[number]) for number, situation in touched.items() if truth[number] != situation
    } == {}
    assert (
        rows_of(settings, "SELECT count(*) FROM meta.coverage WHERE kind <> 'covered' AND reason LIKE '%down%'")[0][0]
        > 0
    )


@pytest.mark.proof
def test_what_the_webhook_loses_is_a_hole_that_the_next_sync_heals(tmp_path: Path) -> None:
    port = free_port()
    (tmp_path / "state").mkdir()
    with open_desk(port, webhook_disorders={}) as desk:
        settings = settings_for(desk, tmp_path, clock="host")
        pipeline = Pipeline(settings)
        with receiver(settings, port, desk.webhook_token):
            wait_until(lambda: desk.truth("events")["answered"] > RATE)
            pipeline.live_once()
            desk.control(webhook={"silent": True})
            lost = desk.truth("events")["lost"]
            wait_until(lambda: desk.truth("events")["lost"] > lost + 3 * RATE)
            desk.control(webhook={"silent": False})
            heard = desk.truth("events")["answered"]
            wait_until(lambda: desk.truth("events")["answered"] > heard + RATE)
            settle(desk)
            missed = [row for row in told(desk, "lost") if row["event"] in {"startedChat", "closedChat"}]
        pipeline.sync(["chats"], idempotency_key="test")
        truth = situations_of(desk)
    assert missed
    assert dict(rows_of(settings, "SELECT id, situation FROM chats")) == truth
