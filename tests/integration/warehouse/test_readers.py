"""A reader that asks every 10 ms through many publishes: no error, and never a mixture of two versions.

HUGGY_PROOF=full does it through 20 publishes of 1 million rows.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import duckdb
import pytest

from huggy_connector.landing import Manifest
from huggy_connector.landing.parquet import describe_file
from tests.reader import reading
from tests.sizes import FULL

if TYPE_CHECKING:
    from tests.integration.warehouse.conftest import Desk

ROWS, PUBLISHES = (1_000_000, 20) if FULL else (5_000, 4)

QUESTION = """
    SELECT version, min(unread) = version AND max(unread) = version AND count(*) = max(told)
    FROM chats,
        (SELECT max(version) AS version FROM meta.publishes),
        (SELECT rows AS told FROM meta.freshness WHERE resource = 'chats')
    GROUP BY version
"""


def land(desk: Desk, number: int) -> Manifest:
    """A full sweep in which every row says `number`; made by DuckDB, since a million rows are many to convert."""
    manifest = desk.land([{"id": 0, "channel": "widget", "unread": number}])
    part = desk.root / manifest.folder / manifest.files[0].name
    big = part.with_name("big.tmp")
    with duckdb.connect() as connection:
        connection.execute(
            f"COPY (SELECT p.* REPLACE (range AS id) FROM '{part}' p, range({ROWS})) TO '{big}' (FORMAT parquet)"
        )
    big.replace(part)
    grown = replace(manifest, rows=ROWS, unique_ids=ROWS, files=(describe_file(part.name, part, ROWS),))
    (desk.root / manifest.address).write_bytes(grown.to_json())
    return grown


@pytest.mark.proof
def test_a_reader_never_sees_an_error_or_a_mixture(desk: Desk) -> None:
    land(desk, 1)
    desk.load()
    with reading(desk.warehouse, QUESTION) as seen:
        for number in range(2, PUBLISHES + 2):
            land(desk, number)
            assert desk.load().version == number
    assert (seen.errors, seen.mixtures) == ((), 0)
    assert PUBLISHES // 2 < len(seen.versions) <= PUBLISHES + 1
    assert seen.asked > PUBLISHES
