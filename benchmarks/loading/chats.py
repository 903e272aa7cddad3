"""Millions of chats as files of a landing, which DuckDB makes from some thousands of chats of the sandbox.

Each has its own id, customer, text and times. The ids rise with the time of opening, over two years. They are made once
and stay in a folder that git ignores.
"""

from __future__ import annotations

import os
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from huggy_connector.catalogue import RESOURCES
from huggy_connector.landing import Manifest
from huggy_connector.landing.parquet import FILE_ROWS, GROUP_ROWS, describe_file, write_parquet
from huggy_connector.landing.schema import arrow_schema, convert, schema_fingerprint
from huggy_connector.model import Certificate, Mode
from huggy_connector.sandbox.data.account import Account
from huggy_connector.sandbox.options import Options

COMPANY = 4242
FIRST_ID = 10_000_000
PATTERN_COUNT = 20_000
"""Different chats from which all others are made."""
MIN_RAW_BYTES = 1_500
"""The least bytes of JSON that a chat has."""
HISTORY_DAYS = 730
CHATS_A_CONTACT = 5
SWEEP_STARTED = datetime(2026, 11, 22, 3, tzinfo=UTC)
"""When the full sweep began. Each later snapshot begins an hour later."""

_TIMES = ("created_at", "attended_at", "closed_at", "last_message_at", "updated_at")


def make_full(cache: Path, rows: int) -> Path:
    """Return the folder of a full sweep of so many chats."""
    return _make_snapshot(cache, rows, name="full", mode="full", hours=0, which=f"range({rows})")


def make_changes(cache: Path, rows: int, share: float, *, hours: int) -> Path:
    """Return the folder of a snapshot in which a share of them has changed: half of the chats of the newest days."""
    number = round(rows * share)
    which = f"range({max(rows - 2 * number, 0)}, {rows}, {2 if 2 * number <= rows else 1})"
    return _make_snapshot(cache, rows, name=f"changes-{share:g}-{hours}", mode="incremental", hours=hours, which=which)


def link_into_landing(snapshot: Path, landing: Path) -> None:
    """Publish a snapshot in a landing by links to its files, the manifest last."""
    manifest = Manifest.from_json((snapshot / "manifest.json").read_bytes())
    folder = landing / manifest.folder
    folder.mkdir(parents=True)
    for name in (*(file.name for file in manifest.files), "manifest.json"):
        os.link(snapshot / name, folder / name)


def list_parts(snapshot: Path) -> list[str]:
    """Return the paths of a snapshot's Parquet files."""
    return sorted(map(str, snapshot.glob("part-*.parquet")))


def _make_snapshot(cache: Path, rows: int, *, name: str, mode: str, hours: int, which: str) -> Path:
    folder = cache / f"{rows}" / name
    if not (folder / "manifest.json").exists():
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        _write_snapshot(folder, _make_patterns(cache), rows=rows, mode=mode, hours=hours, which=which)
    return folder


def _make_patterns(cache: Path) -> Path:
    file = cache / "patterns.parquet"
    if not file.exists():
        file.parent.mkdir(parents=True, exist_ok=True)
        chats, resource = Account(Options(chats=PATTERN_COUNT)).chats, RESOURCES["chats"]
        batch = convert(
            resource,
            list(map(chats.record, range(PATTERN_COUNT))),
            fetched_at=SWEEP_STARTED,
            zone=ZoneInfo("America/Sao_Paulo"),
        )
        half = file.with_suffix(".half")
        write_parquet(half, arrow_schema(resource), [batch])
        half.replace(file)
    return file


def _write_snapshot(folder: Path, patterns: Path, *, rows: int, mode: str, hours: int, which: str) -> None:
    import duckdb

    started = SWEEP_STARTED + timedelta(hours=hours)
    with duckdb.connect(config={"threads": 2, "memory_limit": "3GB", "temp_directory": str(folder)}) as connection:
        connection.execute("SET TimeZone = 'UTC'")
        connection.execute(
            "CREATE TABLE patterns AS SELECT *, row_number() OVER () - 1 AS pattern"
            " FROM read_parquet($file) WHERE strlen(raw) >= $shortest AND created_at IS NOT NULL",
            {"file": str(patterns), "shortest": MIN_RAW_BYTES},
        )
        connection.execute(f"CREATE TABLE numbers AS SELECT range AS n FROM {which}")
        numbers = connection.execute("SELECT n FROM numbers ORDER BY n").fetchnumpy()["n"]
        files = []
        for at in range(0, len(numbers), FILE_ROWS):
            part = numbers[at : at + FILE_ROWS]
            path = folder / f"part-{at // FILE_ROWS:05d}.parquet"
            chosen = f"SELECT n FROM numbers WHERE n BETWEEN {part[0]} AND {part[-1]} ORDER BY n"
            connection.execute(
                f"COPY ({_build_query(chosen, rows=rows, hours=hours)}) TO '{path}'"
                f" (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE {GROUP_ROWS})"
            )
            files.append(describe_file(path.name, path, len(part)))
    manifest = Manifest(
        resource="chats",
        company_id=COMPANY,
        run_key=f"{started:%Y%m%dT%H%M%SZ}-{mode}-{hours:08x}",
        mode=Mode(mode),
        window=None,
        started_at=started,
        finished_at=started + timedelta(minutes=30),
        rows=len(numbers),
        unique_ids=len(numbers),
        keyless=0,
        pages=len(numbers) // 20,
        requests=len(numbers) // 20,
        retries=0,
        certificate=Certificate(exact=True),
        schema_fingerprint=schema_fingerprint(RESOURCES["chats"]),
        files=tuple(files),
    )
    (folder / "manifest.json").write_bytes(manifest.to_json())


def _build_query(numbers: str, *, rows: int, hours: int) -> str:
    """Return the query of chats that are like their pattern, with their own ids, texts and times.

    Snapshots with other `hours` have other values.
    """
    history_start = SWEEP_STARTED - timedelta(days=HISTORY_DAYS)
    step = HISTORY_DAYS * 86_400_000_000 // rows
    shift = "to_microseconds(epoch_us(opened) - epoch_us(b.created_at))"
    times = ", ".join(
        f"b.{name}{local} + {shift} {'+ to_minutes(' + str(hours) + ')' if name == 'updated_at' else ''}"
        f" AS {name}{local}"
        for name in _TIMES
        for local in ("", "_local")
    )
    with_ids = "replace(replace({0}, b.id::VARCHAR, chat::VARCHAR), b.contact_id::VARCHAR, contact::VARCHAR)"
    with_text = "replace({0}, '\"text\": \"', '\"text\": \"' || said || ' ')"
    return f"""
        SELECT b.* EXCLUDE (pattern) REPLACE (
            chat AS id, contact AS contact_id, {hours}::INTEGER AS unread, {times},
            {with_text.format(with_ids.format("b.last_message"))} AS last_message,
            {with_ids.format("b.customer")} AS customer,
            {with_text.format(with_ids.format("b.raw"))} AS raw,
            b.fetched_at + INTERVAL {hours} HOUR AS fetched_at,
            said AS row_hash
        )
        FROM (
            SELECT {FIRST_ID} + n AS chat, 2 * {FIRST_ID} + n * 7919 % {max(rows // CHATS_A_CONTACT, 1)} AS contact,
                   md5(n || ' {hours}') AS said, n % (SELECT count(*) FROM patterns) AS pattern,
                   TIMESTAMPTZ '{history_start.isoformat()}' + to_microseconds(n * {step}) AS opened
            FROM ({numbers})
        ) JOIN patterns b USING (pattern)
    """
