"""What an operator is given is read the same way whether a person wrote it or a template made it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from huggy_connector.airflow.arguments import (
    build_idempotency_key,
    choose_lane,
    describe_account,
    find_left_out,
    parse_text,
)
from huggy_connector.budget import Lane
from huggy_connector.errors import ConfigurationError
from huggy_connector.model import Mode


@pytest.mark.parametrize(
    ("given", "text"),
    [
        ("chats", "chats"),
        ("\ufeff chats\r\n", "chats"),
        ("'chats'", "chats"),
        (20261122, "20261122"),  # a native template makes a number of a date
        ("S\u00e3o", "S\u00e3o"),
    ],
)
def test_an_argument_is_read_as_the_text_that_somebody_wrote(given: Any, text: str) -> None:
    assert parse_text(given, "resource") == text


@pytest.mark.parametrize(
    "given", [None, "", " \t", "''", True, 1.5, ["chats"], ("chats",), {"chats": 1}, b"chats", "a\0b", "\ud83d"]
)
def test_what_is_no_text_is_refused_by_the_name_of_the_argument(given: Any) -> None:
    with pytest.raises(ConfigurationError) as raised:
        parse_text(given, "from_date")
    assert raised.value.args[0] == f"the argument from_date {given!r}: is no text."


@pytest.mark.parametrize(
    ("company_id", "told"),
    [
        (4242, "Company 4242 (huggy_north)"),
        ("4242", "Company 4242 (huggy_north)"),
        (None, "huggy_north"),
        ("", "huggy_north"),
    ],
)
def test_an_account_is_its_company_and_connection(company_id: int | str | None, told: str) -> None:
    assert describe_account("huggy_north", company_id) == told


def test_only_a_window_stands_back_behind_the_schedule() -> None:
    modes = [*Mode, "due", "reconcile", "recent", None]
    assert [mode for mode in modes if choose_lane(mode) is Lane.BACKFILL] == ["window"]
    assert {choose_lane(mode) for mode in modes} == {Lane.BACKFILL, Lane.NORMAL}


def test_every_try_and_every_place_in_a_list_has_the_key_of_the_task(task_context: Callable[..., Any]) -> None:
    context = task_context("land_chats", run_id="scheduled__2026-11-22T07:00:00+00:00")
    key = build_idempotency_key(context)
    assert key == "desk/scheduled__2026-11-22T07:00:00+00:00/land_chats"
    context["ti"].try_number, context["ti"].map_index = 3, 7
    assert build_idempotency_key(context) == key


def test_another_task_or_another_run_has_another_key(task_context: Callable[..., Any]) -> None:
    contexts = (task_context("land"), task_context("load"), task_context("land", run_id="run-2"))
    assert len({build_idempotency_key(each) for each in contexts}) == 3


@pytest.mark.parametrize(
    ("version", "resource", "mode", "is_left_out"),
    [
        ("v2", "departments", "due", True),
        ("v2", "departments", "reconcile", True),
        ("v2", "departments", "full", False),
        ("v2", "chats", "due", False),
        ("v3", "departments", "due", False),
    ],
)
def test_a_regular_run_leaves_out_what_the_version_lacks(
    version: str, resource: str, mode: str, is_left_out: bool
) -> None:
    assert bool(find_left_out(version, resource=resource, mode=mode)) is is_left_out
