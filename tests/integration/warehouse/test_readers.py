"""A reader that asks every 10 ms through many publishes: no error, and never a mixture of two versions.

HUGGY_PROOF=full does it through 20 publishes of 1 million rows.
"""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from typing import TYPE_CHECKING

import duckdb
import pytest

from huggy_connector.landing import Manifest
from huggy_connector.landing.parquet import described

if TYPE_CHECKING:
    from tests.integration.warehouse.conftest import Desk

FULL = os.environ.get("HUGGY_PROOF") == "full"
ROWS, PUBLISHES = (1_000_000, 20) if FULL else (5_000, 4)

READER = """
import sys, threading, time, duckdb
stopped = threading.Event()
threading.Thread(target=lambda: (sys.stdin.readline(), stopped.set())).start()
seen, mixed, asked = set(), 0, 0
print("ready", flush=True)
while not stopped.wait(0.01):
    with duckdb.connect(sys.argv[1], read_only=True) as connection:
        version, least, most, rows, told = connection.execute(
            "SELECT (SELECT max(version) FROM meta.publishes), min(unread), max(unread), count(*),"
            " (SELECT rows FROM meta.freshness WHERE resource = 'chats') FROM chats"
        ).fetchone()
    asked += 1
    seen.add(version)
    mixed += not least == most == version or rows != told
print(mixed, len(seen), asked, flush=True)
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
    grown = replace(manifest, rows=ROWS, unique_ids=ROWS, files=(described(part.name, part, ROWS),))
    (desk.root / manifest.address).write_bytes(grown.to_json())
    return grown


@pytest.mark.proof
def test_a_reader_never_sees_an_error_or_a_mixture(desk: Desk) -> None:
    land(desk, 1)
    desk.load()
    command = [sys.executable, "-c", READER, str(desk.warehouse)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as reader:
        assert reader.stdout is not None
        assert reader.stdout.readline() == "ready\n"
        for number in range(2, PUBLISHES + 2):
            land(desk, number)
            assert desk.load().version == number
        told, _ = reader.communicate("\n")
    mixed, seen, asked = map(int, told.split())
    assert (mixed, reader.returncode) == (0, 0)
    assert PUBLISHES // 2 < seen <= PUBLISHES + 1
    assert asked > PUBLISHES
