"""What a landing will cost: an end that is searched for in few requests, and the pages of a span."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from math import ceil
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest

from huggy_connector.catalogue import get_resource
from huggy_connector.errors import SweepError
from huggy_connector.model import Mode
from huggy_connector.pipeline.cost_estimate import (
    HEAD_OVERHEAD,
    REQUESTS_PER_PAGE,
    SWEEP_OVERHEAD,
    CostEstimate,
    estimate_cost,
)
from huggy_connector.pipeline.jobs.landing_job import LandingJob
from huggy_connector.sweep import CreationSpan, Cursor

if TYPE_CHECKING:
    from tests.unit.pipeline.conftest import Api

NOW = datetime(2026, 11, 22, 10, tzinfo=UTC)
ZONE = ZoneInfo("America/Sao_Paulo")
DAY = timedelta(days=1)


def estimate(api: Api, job: LandingJob | None, resource: str = "chats") -> CostEstimate:
    return estimate_cost(job, api.client(), get_resource(resource), zone=ZONE, now=NOW)


def sweep_of(pages: int) -> int:
    return ceil(pages * REQUESTS_PER_PAGE) + SWEEP_OVERHEAD


def test_where_nothing_is_due_nothing_is_sent(api: Api) -> None:
    told = estimate(api, None, "contacts")
    assert (told.mode, told.requests, told.asked, told.minutes) == (None, 0, 0, 0)
    assert told.why == "all of contacts was read not long ago, and what changes comes with the chats"


@pytest.mark.parametrize(
    ("resource", "job", "requests"),
    [
        ("departments", LandingJob(Mode.FULL, "all of it"), 1),
        ("chats", LandingJob(Mode.FULL, "all of it", pages=1_000), 1_058),
        ("chats", LandingJob(Mode.TOMBSTONES, "lost", ids=tuple(range(17))), 17),
        ("chats", LandingJob(Mode.TOMBSTONES, "none is lost"), 0),
        ("messages", LandingJob(Mode.INCREMENTAL, "of 10 chats", ids=tuple(range(10))), 23),
        ("messages", LandingJob(Mode.FULL, "of one chat", ids=(1,)), 3),
        ("messages", LandingJob(Mode.FULL, "of no chat"), 0),
        ("feedbacks", LandingJob(Mode.INCREMENTAL, "of 10 chats", ids=tuple(range(10))), 10),
    ],
)
def test_what_is_known_already_is_told_for_no_request(api: Api, resource: str, job: LandingJob, requests: int) -> None:
    told = estimate(api, job, resource)
    assert (told.resource, told.mode, told.why) == (resource, job.mode, job.why)
    assert (told.requests, told.asked, api.asked) == (requests, 0, [])


@pytest.mark.parametrize("rows", [0, 1, 19, 20, 21, 40, 239, 241, 400, 1_999, 2_000, 2_001, 20_000, 123_457])
def test_the_end_of_a_list_is_found_in_few_requests(api: Api, rows: int) -> None:
    api.lists["chats"] = [{"id": number} for number in range(rows)]
    told = estimate(api, LandingJob(Mode.FULL, "all of it"))
    assert told.requests == sweep_of(ceil(rows / 20))
    assert told.asked == len(api.asked) <= 25


def test_a_list_without_an_end_has_no_estimate(api: Api) -> None:
    api.lists["chats"], api.is_endless = [{"id": number} for number in range(20)], True
    with pytest.raises(SweepError, match="hold the same rows, so the list has no end"):
        estimate(api, LandingJob(Mode.FULL, "all of it"))


@pytest.mark.parametrize(
    ("days", "rows_per_day", "open_records", "requests"),
    [
        (0, 200, 0, HEAD_OVERHEAD + 3),
        (1, 200, 0, 2 * 10 + HEAD_OVERHEAD + 3),
        (2, 200, 0, 2 * 20 + HEAD_OVERHEAD + 3),
        (1, 200, 60, 2 * 10 + HEAD_OVERHEAD + 3 + 3 + 60),
        (1, 200, 500, 2 * 10 + HEAD_OVERHEAD + 3 + 25 + 200),
        (1, 0, 500, HEAD_OVERHEAD + 3 + 25),
    ],
)
def test_an_incremental_run_costs_what_arrived_and_what_was_open(
    api: Api, days: int, rows_per_day: float, open_records: int, requests: int
) -> None:
    cursor = Cursor(NOW - days * DAY, open_ids=tuple(range(open_records)), rows_per_day=rows_per_day)
    told = estimate(api, LandingJob(Mode.INCREMENTAL, "since then", cursor=cursor, pages=1_000))
    assert (told.requests, api.asked) == (requests, [])


def pages_of(span: CreationSpan, created: list[datetime]) -> int:
    """The pages that a reader of the span needs: from the one where it begins to the one that shows its end."""
    pages = [created[start : start + 20] for start in range(0, len(created), 20)]
    first = next((number for number, page in enumerate(pages) if page[-1] < span.end), len(pages))
    last = next((number for number, page in enumerate(pages) if page[-1] < span.start), len(pages))
    return last - first + 1


@pytest.mark.parametrize("known", [True, False])
@pytest.mark.parametrize("rows", [0, 7, 21, 3_000])
@pytest.mark.parametrize(("newest", "oldest"), [(0, 1), (3, 5), (3, 3.01), (900, 901), (-5, -4), (-5, 900)])
def test_a_window_costs_the_pages_of_its_span_wherever_it_lies(
    api: Api, newest: float, oldest: float, rows: int, *, known: bool
) -> None:
    created = [NOW - timedelta(minutes=17 * number) for number in range(rows)]
    api.lists["chats"] = [
        {"id": rows - number, "createdAt": f"{at.astimezone(ZONE):%Y-%m-%d %H:%M:%S}"}
        for number, at in enumerate(created)
    ]
    span, pages = CreationSpan(NOW - oldest * DAY, NOW - newest * DAY), ceil(rows / 20)
    told = estimate(api, LandingJob(Mode.WINDOW, "asked for", span, pages=pages if known else None))
    assert told.requests == pages_of(span, created) + 2 * max(1, pages).bit_length()
    assert told.asked == len(api.asked) <= 45


def test_a_list_that_is_shorter_than_last_time_has_no_rows_where_there_are_no_pages(api: Api) -> None:
    api.lists["chats"] = [
        {"id": 100 - number, "createdAt": f"{(NOW - number * DAY).astimezone(ZONE):%Y-%m-%d %H:%M:%S}"}
        for number in range(100)
    ]
    span = CreationSpan(NOW - 50.5 * DAY, NOW - 29.5 * DAY)
    assert estimate(api, LandingJob(Mode.WINDOW, "asked for", span, pages=500)).requests == 2 + 2 * 9
    assert "chats 250" in api.asked


def test_rows_without_a_time_do_not_stop_the_search(api: Api) -> None:
    api.lists["chats"] = [{"id": number, "createdAt": "0000-00-00 00:00:00"} for number in range(400)]
    span = CreationSpan(NOW - 2 * DAY, NOW - DAY)
    assert estimate(api, LandingJob(Mode.WINDOW, "asked for", span, pages=20)).requests == 1 + 2 * 5


def test_minutes_and_the_share_of_an_hour_follow_from_the_budgets_rate(api: Api) -> None:
    api.rate = 10.0
    told = estimate(api, LandingJob(Mode.TOMBSTONES, "lost", ids=tuple(range(18_000))))
    assert (told.rate, told.minutes, told.share_of_hour) == (10.0, 30.0, 0.5)
    assert replace(told, rate=20.0).minutes == 15.0
