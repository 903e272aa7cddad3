"""The checkpoint of unfinished work: it is read as it was written, and that of another release is none."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from huggy_connector.landing import LandingRequest, WorkCounters
from huggy_connector.landing.work.checkpoint import Checkpoint, WorkFile, checkpoint_name
from huggy_connector.model import Mode

CHECKPOINT = Checkpoint(
    run_key="20261122T070000Z-window-1a2b3c4d",
    mode=Mode.WINDOW,
    window={"from": "2026-11-01T00:00:00-03:00", "to": "2026-11-08T00:00:00-03:00"},
    started_at=datetime(2026, 11, 22, 7, 0, 0, 250, tzinfo=UTC),
    schema_fingerprint="0123456789abcdef",
    privacy="fedcba9876543210",
    timezone="America/Sao_Paulo",
    asked=LandingRequest("dag/run/task", "due", options=("show_events",), source={"base_url": "https://huggy.example"}),
    counters=WorkCounters(pages=7, requests=9, retries=2),
    parts=(WorkFile("part-a-000000.parquet", 40), WorkFile("part-a-000001.parquet", 3)),
    personal={"text": {"email": 2}},
    walk={"page": 7, "seen": [2**60, -1], "name": "ação 😀"},
)


def checkpoint_json_with(**fields: Any) -> bytes:
    return json.dumps({**json.loads(CHECKPOINT.to_json()), **fields}).encode()


def test_a_checkpoint_is_read_as_it_was_written() -> None:
    assert Checkpoint.from_json(CHECKPOINT.to_json()) == CHECKPOINT


def test_its_rows_are_those_of_all_its_parts() -> None:
    assert (CHECKPOINT.rows, replace(CHECKPOINT, parts=()).rows) == (43, 0)


def test_its_start_is_read_as_utc() -> None:
    local = CHECKPOINT.started_at.astimezone(timezone(timedelta(hours=-3)))

    read = Checkpoint.from_json(replace(CHECKPOINT, started_at=local).to_json())

    assert read is not None
    assert (read.started_at, read.started_at.tzinfo) == (CHECKPOINT.started_at, UTC)


def test_a_checkpoint_of_the_first_release_has_no_request() -> None:
    fields = json.loads(CHECKPOINT.to_json())
    old = {name: fields[name] for name in ("run_key", "mode", "window", "started_at", "schema_fingerprint")}

    read = Checkpoint.from_json(json.dumps(old).encode())

    assert read == Checkpoint(
        CHECKPOINT.run_key, Mode.WINDOW, CHECKPOINT.window, CHECKPOINT.started_at, CHECKPOINT.schema_fingerprint
    )
    assert read.asked is None


def test_the_idempotency_key_is_written_under_its_old_name() -> None:
    assert json.loads(CHECKPOINT.to_json())["asked"]["by"] == "dag/run/task"


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"{}",
        b"[]",
        b"\xff\xfe",
        CHECKPOINT.to_json()[:-1],
        checkpoint_json_with(mode="half"),
        checkpoint_json_with(run_key="../other"),
        checkpoint_json_with(started_at="2026-11-22T07:00:00"),
        checkpoint_json_with(parts=[{"name": "part-a-000000.parquet", "rows": -1}]),
        checkpoint_json_with(counters={"pages": "many"}),
        checkpoint_json_with(asked={"mode": "due"}),
    ],
)
def test_a_text_that_is_no_checkpoint_of_this_release_is_none(text: bytes) -> None:
    assert Checkpoint.from_json(text) is None


def test_each_holder_has_a_name_of_its_own() -> None:
    assert checkpoint_name(12, "0a1b") == "state-000012-0a1b.json"
    assert len({checkpoint_name(number, token) for number in (1, 2) for token in ("a", "b")}) == 4
