"""The content of a pack.json: it is read as it was written, and a broken one is refused."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from pydantic import ValidationError

from huggy_connector.landing import LandingRequest, ManifestFile, Pack
from huggy_connector.landing.pack_manifest import PackedSnapshot, PackLocation
from tests.manifests import make_manifest

START = datetime(2026, 11, 22, 7, tzinfo=UTC)
FILE = ManifestFile("part-00000.parquet", 41, 1000, "ab" * 32)
MANIFEST = make_manifest(
    rows=21,
    unique_ids=20,
    keyless=1,
    retries=1,
    files=(ManifestFile("part-a-00000.parquet", 21, 500, "cd" * 32),),
    asked=LandingRequest("huggy land", "full"),
    state={"open": [1, 2]},
)
PACK = Pack(
    made_at=START + timedelta(days=8),
    files=(FILE,),
    snapshots=(PackedSnapshot(MANIFEST, FILE.name, 0, 21), PackedSnapshot(MANIFEST, FILE.name, 21, 20)),
)


def pack_json_with(**fields: Any) -> bytes:
    return json.dumps({**json.loads(PACK.to_json()), **fields}).encode()


def test_a_pack_is_read_as_it_was_written_with_the_manifests_as_they_were() -> None:
    assert Pack.from_json(PACK.to_json()) == PACK


def test_a_packed_manifest_is_written_as_a_single_one_is() -> None:
    (first, _) = json.loads(PACK.to_json())["snapshots"]

    assert first["manifest"] == json.loads(MANIFEST.to_json())


def test_the_time_of_a_pack_is_read_as_utc() -> None:
    local = PACK.made_at.astimezone(timezone(timedelta(hours=-3)))

    assert Pack.from_json(replace(PACK, made_at=local).to_json()).made_at.tzinfo is UTC


def test_an_unknown_field_of_a_later_release_is_ignored() -> None:
    assert Pack.from_json(pack_json_with(weather="fine")) == PACK


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"{}",
        b"[]",
        PACK.to_json()[:-1],
        pack_json_with(format_version=2),
        pack_json_with(made_at="2026-11-22T07:00:00"),
        pack_json_with(files=[{"name": "../x.parquet", "rows": 1, "bytes": 1, "sha256": "ab" * 32}]),
        pack_json_with(snapshots=[{"manifest": {}, "file": FILE.name, "first": 0, "rows": 1}]),
        PACK.to_json().replace(b'"first":21', b'"first":-1'),
        PACK.to_json().replace(b'"file":"part-00000.parquet"', b'"file":"../part-00000.parquet"'),
    ],
)
def test_another_text_is_refused(text: bytes) -> None:
    with pytest.raises(ValidationError):
        Pack.from_json(text)


def test_a_location_names_its_file_below_the_root() -> None:
    location = PackLocation("42/chats/.packed/20261130T070000Z-0a1b2c3d", FILE, PACK.snapshots[0], PACK.made_at)

    assert location.name == "42/chats/.packed/20261130T070000Z-0a1b2c3d/part-00000.parquet"
