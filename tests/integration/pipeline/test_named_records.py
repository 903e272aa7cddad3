"""The contacts that changed chats only name: which of them are read by their ids between two sweeps."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from huggy_connector.catalogue import RESOURCES
from huggy_connector.landing import Manifest
from huggy_connector.model import Mode
from huggy_connector.pipeline.landing_job import LandingJob
from huggy_connector.pipeline.named_records import COVERS_KEY, choose_named_job
from tests.integration.warehouse.conftest import COMPANY, NOON, Desk

LATER = NOON + timedelta(hours=2)


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def chats(*pairs: tuple[int, int | None], changed: str = "2026-11-01 09:00:00") -> list[dict[str, Any]]:
    times = {"createdAt": "2026-11-01 08:00:00", "updatedAt": changed}
    return [{"id": number, "contactId": contact, **times} for number, contact in pairs]


def choose(desk: Desk, sweep: Manifest, *, pages: int = 60, resource: str = "contacts") -> LandingJob | None:
    return choose_named_job(desk.landing, COMPANY, RESOURCES[resource], sweep=sweep, pages=pages, now=LATER)


def test_what_was_landed_before_the_sweep_began_is_covered_by_it(desk: Desk) -> None:
    desk.land(chats((1, 801)))
    assert choose(desk, desk.land([{"id": 801}], resource="contacts")) is None


def test_the_contacts_of_chats_that_are_new_or_changed_since_are_read_once_each(desk: Desk) -> None:
    desk.land(chats((1, 801), (2, 802), (3, 803)))
    sweep = desk.land([{"id": 801}], resource="contacts")
    first = desk.land(chats((1, 801), (4, 804), (5, 804), (6, None)), mode="incremental")
    second = desk.land(chats((2, 802), changed="2026-11-01 10:00:00"), mode="ids")
    desk.land([{"id": 3}], mode="tombstones")
    assert choose(desk, sweep) == LandingJob(
        Mode.IDS, "2 that changed chats name", ids=(802, 804), covers=(first.run_key, second.run_key)
    )
    desk.land(
        [{"id": 802}], resource="contacts", mode="ids", claim={"state": {COVERS_KEY: [first.run_key, second.run_key]}}
    )
    assert choose(desk, sweep) is None
    third = desk.land(chats((4, 804), (7, 807)), mode="incremental")
    assert choose(desk, sweep) == LandingJob(Mode.IDS, "1 that changed chats name", ids=(807,), covers=(third.run_key,))


def test_where_more_are_named_than_the_list_has_pages_all_of_it_is_read(desk: Desk) -> None:
    desk.land(chats((1, 801)))
    sweep = desk.land([{"id": 801}], resource="contacts")
    desk.land(chats((2, 802), (3, 803), (4, 804)), mode="incremental")
    assert choose(desk, sweep, pages=2) == LandingJob(Mode.FULL, "3 are named by changed chats", pages=2)


def test_a_resource_that_no_other_one_names_has_no_such_job(desk: Desk) -> None:
    sweep = desk.land([{"id": 1}], resource="agents")
    desk.land(chats((2, 802)))
    assert choose(desk, sweep, resource="agents") is None
