"""The hours that are proposed are those in which agents took chats, and what they are compared with."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import duckdb
import pytest

from huggy_connector.errors import ConfigurationError
from huggy_connector.warehouse import BusinessCalendar
from huggy_connector.warehouse.read.calendar_proposal import propose_calendar, read_calendar_basis
from huggy_connector.warehouse.read.status import read_status
from tests.integration.warehouse.test_calendar_checks import EVENINGS, fits, work

if TYPE_CHECKING:
    from tests.integration.warehouse.conftest import Desk

Chat = Callable[..., dict[str, Any]]


def test_the_hours_proposed_are_those_of_the_work_and_pass_the_check(desk: Desk, chat: Chat) -> None:
    work(desk, chat, late=90)
    desk.load()
    proposal = propose_calendar(desk.warehouse)
    assert proposal.week == EVENINGS.hours
    assert [*proposal.list_lines()] == [
        "# Proposed by `huggy calendar propose`: of 120 chats that agents took in 82 days up to 2026-11-21,",
        "# 100% were taken inside these hours, and 25% inside the default calendar.",
        "[hours]",
        *(f'{day} = "16:00-24:00"' for day in ("monday", "tuesday", "wednesday", "thursday", "friday")),
        'saturday = ""',
        'sunday = ""',
    ]
    desk.load(calendar=EVENINGS)
    told = "company 4242: agents took 0% of 120 chats of the last 90 days outside the hours of the"
    assert fits(desk) == [("warn", True, f"{told} calendar of HUGGY_CALENDAR")]
    assert propose_calendar(desk.warehouse).share_inside_now == 1


def test_status_says_where_the_hours_are_from(desk: Desk, chat: Chat) -> None:
    desk.land([chat(1)])
    desk.load()
    assert read_status(desk.warehouse).calendar == "default"
    desk.load(calendar=replace(BusinessCalendar(), basis="file"))
    assert read_status(desk.warehouse).calendar == "file"


def test_too_few_takings_and_marts_of_an_older_release_are_one_sentence_each(desk: Desk, chat: Chat) -> None:
    work(desk, chat, late=0, count=99)
    desk.load()
    with pytest.raises(ConfigurationError, match="Agents took 99 chats in the last 90 days of the data, too few"):
        propose_calendar(desk.warehouse)
    with duckdb.connect() as connection:
        connection.execute("CREATE SCHEMA marts; CREATE TABLE marts.calendar (day DATE)")
        assert read_calendar_basis(connection) is None
