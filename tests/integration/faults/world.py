"""A user's landing, warehouse, kept versions and copies, what readers find in them, and commands that change them."""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
import sys
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb

from huggy_connector.catalogue import RESOURCES
from huggy_connector.landing import Landing, Manifest
from huggy_connector.pipeline import Pipeline
from huggy_connector.sandbox import Sandbox
from huggy_connector.settings import Settings
from huggy_connector.storage import LocalStorage

ROOT = Path(__file__).resolve().parents[3]
OF_THE_HOUR = {"version", "loaded_at", "published_at", "fetched_at", "first_seen_at", "valid_from", "valid_to"}
"""Columns that tell when something was done."""


@dataclass(frozen=True)
class Seen:
    """What readers find. A file of DuckDB and a snapshot are each told by the digest of their rows."""

    live: str
    kept: frozenset[str]
    copies: frozenset[str]
    newest_copy: str
    landed: dict[str, Counter[str]]


@dataclass(frozen=True)
class Ran:
    """How a command ended: its exit code, None where it was killed; what it said; a letter for each call it made."""

    code: int | None
    said: str
    seen: str

    @property
    def sentence(self) -> str:
        lines = [line for line in self.said.strip().splitlines() if line.startswith("huggy: ")]
        return lines[-1] if lines else self.said.strip()[-300:]


@dataclass
class World:
    """`root` is the folder that is changed, `before` what it is set back to."""

    root: Path
    before: Path
    settings: Settings
    runner: subprocess.Popen[str]
    digests: dict[str, str] = field(default_factory=dict)

    def set_back(self) -> None:
        shutil.rmtree(self.root)
        shutil.copytree(self.before, self.root)

    def run(self, *arguments: str, at: int = 0, error: int = 0) -> Ran:
        assert self.runner.stdin is not None
        assert self.runner.stdout is not None
        order = {"arguments": arguments, "at": at, "error": error, "root": str(self.root)}
        self.runner.stdin.write(json.dumps(order) + "\n")
        answer = json.loads(self.runner.stdout.readline())
        return Ran(None if answer["killed"] else answer["code"], answer["said"], answer["seen"])

    def seen(self) -> Seen:
        """Raises whatever a reader would meet where something is broken."""
        landing = Landing(LocalStorage(self.settings.landing))
        landed = {
            resource: Counter(
                self._of_snapshot(landing, manifest)
                for company in landing.companies()
                for manifest in landing.snapshots(company, resource)
            )
            for resource in RESOURCES
        }
        copies = self.root / "copies"
        told = copies / "huggy.json"
        newest = json.loads(told.read_text())["name"] if told.exists() else ""
        return Seen(
            self._of(self.root / "huggy.duckdb"),
            frozenset(map(self._of, (self.root / ".huggy.duckdb.d" / "versions").glob("*.duckdb"))),
            frozenset(map(self._of, copies.glob("[!.]*.duckdb"))),
            self._of(copies / newest) if newest else "",
            landed,
        )

    def litter(self) -> list[str]:
        """What writers leave behind who do not end well."""
        endings = (".tmp", ".half", ".wal", "draft.duckdb", "afresh.duckdb")
        return sorted(str(path.relative_to(self.root)) for path in self.root.rglob("*") if path.name.endswith(endings))

    def _of_snapshot(self, landing: Landing, manifest: Manifest) -> str:
        """The digest of every row of a snapshot, as it came. One whose files were looked at before is known."""
        parts = landing.parts(manifest)
        content = hashlib.sha256(
            manifest.to_json() + b"".join(Path(part.path).read_bytes() for part in parts)
        ).hexdigest()
        if content not in self.digests:
            landing.verify(manifest)
            rows = [row for part in parts for batch in part.batches() for row in batch.to_pylist()]
            assert len(rows) == manifest.rows
            self.digests[content] = _digest(sorted(f"{row['id']} {row['raw']}" for row in rows))
        return self.digests[content]

    def _of(self, file: Path) -> str:
        """The digest of every row of current state and history. A file that was looked at before is known."""
        content = hashlib.sha256(file.read_bytes()).hexdigest()
        if content not in self.digests:
            self.digests[content] = _of_tables(file)
        return self.digests[content]


def _of_tables(file: Path) -> str:
    with duckdb.connect(str(file), read_only=True) as connection:
        tables = connection.execute(
            "SELECT schema_name, table_name, list(column_name ORDER BY column_name) FROM duckdb_columns()"
            " SEMI JOIN duckdb_tables() USING (schema_name, table_name) WHERE schema_name IN ('main', 'history')"
            " GROUP BY ALL ORDER BY ALL"
        ).fetchall()
        found = []
        for schema, table, columns in tables:
            wanted = ", ".join(f'"{each}"::VARCHAR' for each in columns if each not in OF_THE_HOUR)
            rows = connection.execute(f'SELECT {wanted} FROM "{schema}"."{table}" ORDER BY ALL').fetchall()
            found.append((schema, table, len(rows), _digest(rows)))
    return _digest(found)


def _digest(value: Any) -> str:
    return hashlib.sha256(repr(value).encode()).hexdigest()[:16]


def person_of(sandbox: Sandbox) -> int:
    """A contact with chats."""
    chats = Counter(row["contactId"] for row in sandbox.truth("chats", rows=True)["rows"] if row["contactId"])
    return int(chats.most_common(1)[0][0])


def made(folder: Path, sandbox: Sandbox, environ: dict[str, str], calls: Path) -> World:
    """Landed and loaded twice, and landed again: there is something to load, to roll back, to pack and to forget."""
    root, before = folder / "world", folder / "before"
    root.mkdir()
    told = {
        "HUGGY_BASE_URL": sandbox.url,
        "HUGGY_AUTH_URL": sandbox.auth_url,
        "HUGGY_ACCESS_TOKEN": sandbox.token,
        "HUGGY_LANDING": str(root / "landing"),
        "HUGGY_WAREHOUSE": str(root / "huggy.duckdb"),
        "HUGGY_STATE": str(root / "state"),
        "HUGGY_PUBLISH": str(root / "copies"),
        "HUGGY_HASH_KEY": "a key for the tests of faults",
        "HUGGY_REQUESTS_PER_SECOND": "10000",
        "HUGGY_REPORT": "no",
    }
    settings = Settings.resolve(environ=told)
    for call in ("one", "two"):
        for name in ("contacts", "chats"):
            Pipeline(settings).land(name, idempotency_key=f"{call} {name}")
        Pipeline(settings).load()
    Pipeline(settings).land("messages", idempotency_key="messages", mode="incremental")
    for number in range(9):
        Pipeline(settings).land("agents", idempotency_key=f"agents {number}")
    shutil.copytree(root, before)
    runner = subprocess.Popen(
        [sys.executable, "-W", "ignore", "-m", "tests.integration.faults.runner"],
        cwd=ROOT,
        env={**environ, **told, "LD_PRELOAD": str(calls)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        bufsize=1,
    )
    return World(root, before, settings, runner)
