"""Which records landed events name that were not read since."""

from datetime import timedelta
from pathlib import Path

import pytest

from huggy_connector.landing import Landing
from huggy_connector.model import Mode
from huggy_connector.pipeline.live.touched_records import find_touched_records
from tests.events import COMPANY, NOON, chat_item, contact_item, event_row
from tests.integration.pipeline.live_desks import land_poll, land_told


@pytest.fixture
def landing(tmp_path: Path) -> Landing:
    return Landing.open(str(tmp_path))


def touched(landing: Landing, resource: str = "chats") -> tuple[list[int], list[str]]:
    found = find_touched_records(landing, COMPANY, resource, now=NOON + timedelta(days=1))
    return [*found.ids], [*found.events]


def test_before_the_first_sweep_of_the_chats_none_is_touched(landing: Landing) -> None:
    land_told(landing, 1, event_row("closedChat", chat_item(700)))
    assert touched(landing) == ([], [])


def test_chats_are_touched_by_any_event_and_contacts_by_their_own(landing: Landing) -> None:
    land_poll(landing, 0)
    key = land_told(landing, 1, event_row("closedChat", chat_item(700)), event_row("updatedCustomer", contact_item(9)))
    assert (touched(landing), touched(landing, "contacts")) == (([700], [key]), ([9], [key]))


def test_events_are_covered_by_what_says_so_and_by_a_full_sweep_that_began_later(landing: Landing) -> None:
    land_poll(landing, 0)
    first = land_told(landing, 1, event_row("closedChat", chat_item(700)))
    second = land_told(landing, 2, event_row("closedChat", chat_item(701)))
    land_poll(landing, 3, Mode.INCREMENTAL)
    assert touched(landing) == ([700, 701], [first, second])
    land_poll(landing, 4, Mode.IDS, events=[first])
    assert touched(landing) == ([701], [second])
    third = land_told(landing, 6, event_row("closedChat", chat_item(702)))
    land_poll(landing, 5)
    assert touched(landing) == ([702], [third])
