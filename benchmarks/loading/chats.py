"""Millions of chats as the landing would hold them, made by DuckDB from some thousands that the sandbox tells.

Each has an id, a customer, a text and times of its own; the ids rise with the time of opening, over two years. They are
kept in a git-ignored folder and made once.
"""

from __future__ import annotations

import os
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from huggy_connector.catalogue import RESOURCES
from huggy_connector.landing import Manifest
from huggy_connector.landing.parquet import FILE_ROWS, GROUP_ROWS, described, write_parquet
from huggy_connector.landing.schema import arrow_schema, convert, schema_fingerprint
from huggy_connector.sandbox.account import Account
from huggy_connector.sandbox.options import Options

COMPANY = 4242
FIRST_ID = 10_000_000
PATTERNS = 20_000
"""Different chats that the others are made like."""
SHORTEST = 1_500
"""Bytes of JSON that a chat has at least."""
DAYS = 730
CHATS_A_CONTACT = 5
SWEPT = datetime(2026, 11, 22, 3, tzinfo=UTC)
"""When the full sweep began. Each later snapshot is an hour younger."""

_TIMES = ("created_at", "attended_at", "closed_at", "last_message_at", "updated_at")


def full(kept: Path, rows: int) -> Path:
    """The folder of a full sweep of so many chats."""
    return _snapshot(kept, rows, name="full", mode="full", hours=0, which=f"range({rows})")


def changes(kept: Path, rows: int, share: float, *, hours: int) -> Path:
    """The folder of a snapshot that has this share of them again, changed: half of the chats of the newest days."""
    number = round(rows * share)
    which = f"range({max(rows - 2 * number, 0)}, {rows}, {2 if 2 * number <= rows else 1})"
    return _snapshot(kept, rows, name=f"changes-{share:g}-{hours}", mode="incremental", hours=hours, which=which)


def put(snapshot: Path, landing: Path) -> None:
    """Publishes it in a landing, without a copy of its files: the manifest last."""
    manifest = Manifest.from_json((snapshot / "manifest.json").read_bytes())
    place = landing / manifest.folder
    place.mkdir(parents=True)
    for name in (*(file.name for file in manifest.files), "manifest.json"):
        os.link(snapshot / name, place / name)


def parts(snapshot: Path) -> list[str]:
    return sorted(map(str, snapshot.glob("part-*.parquet")))


def _snapshot(kept: Path, rows: int, *, name: str, mode: str, hours: int, which: str) -> Path:
    place = kept / f"{rows}" / name
    if not (place / "manifest.json").exists():
        shutil.rmtree(place, ignore_errors=True)
        place.mkdir(parents=True)
        _make(place, _patterns(kept), rows=rows, mode=mode, hours=hours, which=which)
    return place


def _patterns(kept: Path) -> Path:
    file = kept / "patterns.parquet"
    if not file.exists():
        file.parent.mkdir(parents=True, exist_ok=True)
        chats, resource = Account(Options(chats=PATTERNS)).chats, RESOURCES["chats"]
        batch = convert(
            resource, list(map(chats.row, range(PATTERNS))), fetched_at=SWEPT, zone=ZoneInfo("America/Sao_Paulo")
        )
        half = file.with_suffix(".half")
        write_parquet(half, arrow_schema(resource), [batch])
        half.replace(file)
    return file


def _make(place: Path, patterns: Path, *, rows: int, mode: str, hours: int, which: str) -> None:
    import duckdb

    started = SWEPT + timedelta(hours=hours)
    with duckdb.connect(config={"threads": 2, "memory_limit": "3GB", "temp_directory": str(place)}) as connection:
        connection.execute("SET TimeZone = 'UTC'")
        connection.execute(
            "CREATE TABLE patterns AS SELECT *, row_number() OVER () - 1 AS pattern"
            " FROM read_parquet($file) WHERE strlen(raw) >= $shortest AND created_at IS NOT NULL",
            {"file": str(patterns), "shortest": SHORTEST},
        )
        connection.execute(f"CREATE TABLE numbers AS SELECT range AS n FROM {which}")
        numbers = connection.execute("SELECT n FROM numbers ORDER BY n").fetchnumpy()["n"]
        files = []
        for at in range(0, len(numbers), FILE_ROWS):
            part = numbers[at : at + FILE_ROWS]
            path = place / f"part-{at // FILE_ROWS:05d}.parquet"
            chosen = f"SELECT n FROM numbers WHERE n BETWEEN {part[0]} AND {part[-1]} ORDER BY n"
            connection.execute(
                f"COPY ({_rows(chosen, rows=rows, hours=hours)}) TO '{path}'"
                f" (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE {GROUP_ROWS})"
            )
            files.append(described(path.name, path, len(part)))
    manifest = Manifest(
        resource="chats",
        company_id=COMPANY,
        run_key=f"{started:%Y%m%dT%H%M%SZ}-{mode}-{hours:08x}",
        mode=mode,
        window=None,
        started_at=started,
        finished_at=started + timedelta(minutes=30),
        rows=len(numbers),
        unique_ids=len(numbers),
        keyless=0,
        pages=len(numbers) // 20,
        requests=len(numbers) // 20,
        retries=0,
        certificate={"exact": True, "missing_at_most": 0},
        schema_fingerprint=schema_fingerprint(RESOURCES["chats"]),
        files=tuple(files),
    )
    (place / "manifest.json").write_bytes(manifest.to_json())


def _rows(numbers: str, *, rows: int, hours: int) -> str:
    """Like its pattern but for what tells one chat from another. Snapshots at other `hours` hold other values."""
    begun = SWEPT - timedelta(days=DAYS)
    moved = "to_microseconds(epoch_us(opened) - epoch_us(b.created_at))"
    times = ", ".join(
        f"b.{name}{local} + {moved} {'+ to_minutes(' + str(hours) + ')' if name == 'updated_at' else ''}"
        f" AS {name}{local}"
        for name in _TIMES
        for local in ("", "_local")
    )
    renamed = "replace(replace({0}, b.id::VARCHAR, chat::VARCHAR), b.contact_id::VARCHAR, contact::VARCHAR)"
    told = "replace({0}, '\"text\": \"', '\"text\": \"' || said || ' ')"
    return f"""
        SELECT b.* EXCLUDE (pattern) REPLACE (
            chat AS id, contact AS contact_id, {hours}::INTEGER AS unread, {times},
            {told.format(renamed.format("b.last_message"))} AS last_message,
            {renamed.format("b.customer")} AS customer,
            {told.format(renamed.format("b.raw"))} AS raw,
            b.fetched_at + INTERVAL {hours} HOUR AS fetched_at,
            said AS row_hash
        )
        FROM (
            SELECT {FIRST_ID} + n AS chat, 2 * {FIRST_ID} + n * 7919 % {max(rows // CHATS_A_CONTACT, 1)} AS contact,
                   md5(n || ' {hours}') AS said, n % (SELECT count(*) FROM patterns) AS pattern,
                   TIMESTAMPTZ '{begun.isoformat()}' + to_microseconds(n * {DAYS * 86_400_000_000 // rows}) AS opened
            FROM ({numbers})
        ) JOIN patterns b USING (pattern)
    """
