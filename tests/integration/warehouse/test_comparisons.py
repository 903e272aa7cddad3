"""Which days are whole and which are holidays where days are compared. Their values: test_comparisons_proof.py."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from huggy_connector.warehouse import BusinessCalendar
from huggy_connector.warehouse.marts.calendar import Desk as DeskHours
from huggy_connector.warehouse.marts.calendar import DeskPlace

if TYPE_CHECKING:
    from tests.integration.warehouse.conftest import Desk


def test_neither_a_broken_time_nor_the_holidays_of_another_desk_make_a_measure(
    desk: Desk, chat: Callable[..., dict[str, Any]]
) -> None:
    broken = chat(1, createdAt="1970-01-01 00:00:00", closedAt="1970-01-01 00:00:00")
    desk.land([broken, chat(2, createdAt="2026-11-19 10:00:00"), chat(3, createdAt="2026-11-20 10:00:00")])
    ours = BusinessCalendar(country="BR")
    friday = "SELECT value, mean, holiday FROM marts.days_compared WHERE days_ago = 2 AND figure = 'opened'"
    found = []
    for place in (DeskPlace(department=31), DeskPlace(company=4242)):
        desk.load(calendar=BusinessCalendar(country="", desks=(DeskHours(place, ours),)))
        found += desk.read(friday)
    assert found == [(1.0, None, None), (1.0, None, "2026-11-20 Dia Nacional de Zumbi e da Consciência Negra")]
