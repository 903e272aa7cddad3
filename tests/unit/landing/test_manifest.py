"""The manifest as text: what it says comes back, and what is no manifest says so."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from huggy_connector.errors import LandingError
from huggy_connector.landing import Asked, File, Manifest

MANIFEST = Manifest(
    resource="chats",
    company_id=42,
    run_key="20261122T070000Z-window-1a2b3c4d",
    mode="window",
    window={"from": "2026-11-01T00:00:00-03:00", "to": "2026-11-08T00:00:00-03:00"},
    started_at=datetime(2026, 11, 22, 7, tzinfo=UTC),
    finished_at=datetime(2026, 11, 22, 7, 9, 30, 250, tzinfo=UTC),
    rows=41,
    unique_ids=39,
    keyless=1,
    pages=3,
    requests=4,
    retries=1,
    certificate={"exact": True, "missing_at_most": 0, "details": {"streams": 2}},
    schema_fingerprint="0123456789abcdef",
    files=(File("part-a-00000.parquet", 41, 1000, "ab" * 32),),
    asked=Asked(
        "huggy backfill",
        "window",
        ("2026-11-01T03:00:00+00:00", "2026-11-08T03:00:00+00:00"),
        ("show_events",),
        {"base_url": "https://huggy.example/v3"},
        "America/Sao_Paulo",
    ),
    account="0123456789abcdef",
    state={"watermark": "2026-11-22T07:00:00Z", "open": [1, 2]},
    versions={"python": "3.11.7"},
)


def changed(**fields: Any) -> bytes:
    return json.dumps({**json.loads(MANIFEST.to_json()), **fields}).encode()


def test_what_is_written_comes_back() -> None:
    assert Manifest.from_json(MANIFEST.to_json()) == MANIFEST


def test_its_address_is_where_it_lies_below_the_root() -> None:
    assert MANIFEST.address == "42/chats/20261122T070000Z-window-1a2b3c4d/manifest.json"


def test_times_come_back_as_utc() -> None:
    brazilian = datetime(2026, 11, 22, 4, tzinfo=timezone(timedelta(hours=-3)))

    back = Manifest.from_json(replace(MANIFEST, started_at=brazilian).to_json())

    assert (back.started_at, back.started_at.tzinfo) == (MANIFEST.started_at, UTC)


def test_a_field_that_a_later_release_adds_does_no_harm() -> None:
    assert Manifest.from_json(changed(weather="fine")) == MANIFEST


def test_one_of_a_former_release_does_not_say_what_was_asked_for() -> None:
    told = json.loads(MANIFEST.to_json())
    former = json.dumps({name: value for name, value in told.items() if name not in {"asked", "account"}}).encode()

    assert Manifest.from_json(former) == replace(MANIFEST, asked=None, account="")


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (b"", "It is no JSON object."),
        (b"[]", "It is no JSON object."),
        (MANIFEST.to_json()[:-10], "It is no JSON object."),
        (changed(format_version=2), "It has the format version 2: upgrade huggy-connector to read it."),
        (b"{}", "It has the format version None: upgrade huggy-connector to read it."),
        (changed(rows=-1), "Its field rows is wrong (Input should be greater than or equal to 0)."),
        (changed(started_at="2026-11-22"), "Its field started_at is wrong (Input should have timezone info)."),
        (
            changed(files=[{"name": "../x.parquet", "rows": 1, "bytes": 1, "sha256": "ab" * 32}]),
            "Its field files.0.name is wrong (String should match pattern '^part-[0-9A-Za-z-]+\\.parquet$').",
        ),
        (
            changed(mode="half"),
            "Its field mode is wrong (String should match pattern '^(full|incremental|window|tombstones)$').",
        ),
    ],
)
def test_what_is_no_manifest_says_what_is_wrong(text: bytes, sentence: str) -> None:
    with pytest.raises(LandingError) as raised:
        Manifest.from_json(text)

    assert str(raised.value) == sentence
