"""The manifest as JSON: it is read as it was written, and an invalid one is rejected with a reason."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from huggy_connector.errors import LandingError
from huggy_connector.landing import LandingRequest, Manifest, ManifestFile
from huggy_connector.model import Certificate, Mode

MANIFEST = Manifest(
    resource="chats",
    company_id=42,
    run_key="20261122T070000Z-window-1a2b3c4d",
    mode=Mode.WINDOW,
    window={"from": "2026-11-01T00:00:00-03:00", "to": "2026-11-08T00:00:00-03:00"},
    started_at=datetime(2026, 11, 22, 7, tzinfo=UTC),
    finished_at=datetime(2026, 11, 22, 7, 9, 30, 250, tzinfo=UTC),
    rows=41,
    unique_ids=39,
    keyless=1,
    pages=3,
    requests=4,
    retries=1,
    certificate=Certificate(exact=True, details={"streams": 2}),
    schema_fingerprint="0123456789abcdef",
    files=(ManifestFile("part-a-00000.parquet", 41, 1000, "ab" * 32),),
    asked=LandingRequest(
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


def manifest_json_with(**fields: Any) -> bytes:
    return json.dumps({**json.loads(MANIFEST.to_json()), **fields}).encode()


def test_a_manifest_is_read_as_it_was_written() -> None:
    assert Manifest.from_json(MANIFEST.to_json()) == MANIFEST


def test_the_address_is_the_path_below_the_root() -> None:
    assert MANIFEST.address == "42/chats/20261122T070000Z-window-1a2b3c4d/manifest.json"


def test_times_are_read_as_utc() -> None:
    brazilian = datetime(2026, 11, 22, 4, tzinfo=timezone(timedelta(hours=-3)))

    manifest = Manifest.from_json(replace(MANIFEST, started_at=brazilian).to_json())

    assert (manifest.started_at, manifest.started_at.tzinfo) == (MANIFEST.started_at, UTC)


def test_an_unknown_field_of_a_later_release_is_ignored() -> None:
    assert Manifest.from_json(manifest_json_with(weather="fine")) == MANIFEST


@pytest.mark.parametrize(("exact", "missing_at_most"), [(True, 0), (False, None)])
def test_an_inexact_certificate_without_a_bound_has_none(*, exact: bool, missing_at_most: int | None) -> None:
    text = json.dumps({**json.loads(MANIFEST.to_json()), "certificate": {"exact": exact}}).encode()
    assert Manifest.from_json(text).certificate == Certificate(exact=exact, missing_at_most=missing_at_most)


def test_a_manifest_of_an_old_release_has_no_request() -> None:
    fields = json.loads(MANIFEST.to_json())
    old = json.dumps({name: value for name, value in fields.items() if name not in {"asked", "account"}}).encode()

    assert Manifest.from_json(old) == replace(MANIFEST, asked=None, account="")


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (b"", "It is no JSON object."),
        (b"[]", "It is no JSON object."),
        (MANIFEST.to_json()[:-10], "It is no JSON object."),
        (manifest_json_with(format_version=2), "It has the format version 2: upgrade huggy-connector to read it."),
        (b"{}", "It has the format version None: upgrade huggy-connector to read it."),
        (manifest_json_with(rows=-1), "Its field rows is wrong (Input should be greater than or equal to 0)."),
        (
            manifest_json_with(started_at="2026-11-22"),
            "Its field started_at is wrong (Input should have timezone info).",
        ),
        (
            manifest_json_with(files=[{"name": "../x.parquet", "rows": 1, "bytes": 1, "sha256": "ab" * 32}]),
            "Its field files.0.name is wrong (String should match pattern '^part-[0-9A-Za-z-]+\\.parquet$').",
        ),
        (
            manifest_json_with(mode="half"),
            (
                "Its field mode is wrong "
                "(Input should be 'full', 'incremental', 'window', 'tombstones', 'ids' or 'events')."
            ),
        ),
    ],
)
def test_an_invalid_manifest_says_what_is_wrong(text: bytes, sentence: str) -> None:
    with pytest.raises(LandingError) as raised:
        Manifest.from_json(text)

    assert str(raised.value) == sentence


def test_a_manifest_says_of_which_version_of_the_api_its_rows_are() -> None:
    asked = LandingRequest("huggy land", "full", source={"api_version": "v2"})
    assert replace(MANIFEST, asked=asked).api_version == "v2"
    assert replace(MANIFEST, asked=None).api_version == "v3"
