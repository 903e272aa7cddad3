"""How a run key is made, and which names are run keys."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone

import pytest

from huggy_connector.landing import LandingRequest
from huggy_connector.landing.run_key import is_run_key, make_run_key, work_folder_name
from huggy_connector.model import Mode

START = datetime(2026, 11, 22, 7, tzinfo=UTC)
REQUEST = LandingRequest("huggy land chats", "full")


def test_a_run_key_is_first_start_mode_and_hash_of_the_request() -> None:
    assert make_run_key(START, Mode.FULL, REQUEST) == f"20261122T070000Z-full-{REQUEST.key}"


def test_another_request_has_another_run_key() -> None:
    assert make_run_key(START, Mode.FULL, REQUEST) != make_run_key(
        START, Mode.FULL, LandingRequest("huggy sync", "full")
    )


@pytest.mark.parametrize("hours", [-12, -3, 0, 14])
def test_a_run_key_names_the_start_in_utc(hours: int) -> None:
    local = START.astimezone(timezone(timedelta(hours=hours)))

    assert make_run_key(local, Mode.FULL, REQUEST) == make_run_key(START, Mode.FULL, REQUEST)


def test_run_keys_sort_by_start() -> None:
    starts = [START + timedelta(days=days, seconds=days) for days in (-400, -1, 0, 1, 40, 4_000)]

    keys = [make_run_key(start, mode, REQUEST) for start, mode in zip(starts, [*Mode] * 2, strict=False)]

    assert keys == sorted(keys)


@pytest.mark.parametrize("mode", Mode)
def test_a_run_key_ends_with_the_name_of_its_work_folder(mode: Mode) -> None:
    key = make_run_key(START, mode, REQUEST)

    assert key.endswith(f"Z-{work_folder_name(mode, REQUEST)}")
    assert is_run_key(key)


@pytest.mark.parametrize(
    "name",
    [
        "",
        ".work",
        "manifest.json",
        "20261122T070000Z-full",
        "20261122T070000-full-1a2b3c4d",
        "20261122T070000Z-Full-1a2b3c4d",
        "20261122T070000Z-full-1A2B3C4D",
        "20261122T070000Z-full-1a2b3c4",
        "20261122T070000Z-full-1a2b3c4d\n",
        "20261122T070000Z-full-1a2b3c4d/..",
        "a20261122T070000Z-full-1a2b3c4d",
        "٢٠٢٦١١٢٢T070000Z-full-1a2b3c4d",
    ],
)
def test_another_name_is_no_run_key(name: str) -> None:
    assert not is_run_key(name)


def test_the_hash_of_a_run_key_is_short_and_plain() -> None:
    assert re.fullmatch("[0-9a-f]{8}", LandingRequest("ação 😀 /..", "full").key)
