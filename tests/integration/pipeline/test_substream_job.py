"""Which chats' messages are read: all, those of a span, the recently active ones, or those that changed since."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from huggy_connector.catalogue import RESOURCES
from huggy_connector.errors import ConfigurationError
from huggy_connector.model import Mode
from huggy_connector.pipeline.landing_job import LandingJob
from huggy_connector.pipeline.substream_job import choose_substream_job
from huggy_connector.sweep import CreationSpan
from tests.integration.warehouse.conftest import COMPANY, NOON, Desk

LATER = NOON + timedelta(hours=2)


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def chat(number: int, created: str) -> dict[str, Any]:
    return {"id": number, "createdAt": created, "updatedAt": created}


def choose(desk: Desk, mode: Mode, span: CreationSpan | None = None) -> LandingJob:
    return choose_substream_job(desk.landing, COMPANY, RESOURCES["messages"], "chats", mode=mode, span=span, now=LATER)


def test_before_any_chat_and_by_their_ids_there_is_nothing_to_read(desk: Desk) -> None:
    with pytest.raises(ConfigurationError, match="Nothing of chats is landed yet"):
        choose(desk, Mode.FULL)
    with pytest.raises(ConfigurationError, match="none is asked for by its id"):
        choose(desk, Mode.TOMBSTONES)


def test_the_snapshots_of_the_chats_say_which(desk: Desk) -> None:
    old, new = f"{NOON - timedelta(days=90):%Y-%m-%d %H:%M:%S}", f"{NOON:%Y-%m-%d %H:%M:%S}"
    first = desk.land([chat(1, old), chat(2, new)])
    assert choose(desk, Mode.FULL) == LandingJob(Mode.FULL, "of 2 chats", ids=(2, 1), covers=(first.run_key,))
    span = CreationSpan(NOON - timedelta(days=91), NOON - timedelta(days=89))
    assert choose(desk, Mode.WINDOW, span).ids == (1,)
    desk.land([], resource="messages", mode="incremental", claim={"state": {"covers": [first.run_key]}})
    second = desk.land([chat(1, new)], mode="incremental")
    assert choose(desk, Mode.INCREMENTAL) == LandingJob(
        Mode.INCREMENTAL, "of 1 chats that changed since", ids=(1,), covers=(first.run_key, second.run_key)
    )
