"""Writes snapshots as the landing writes them, and reads whole tables back."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import duckdb
import pyarrow as pa
import pytest

from huggy_connector.catalogue import RESOURCES, Resource
from huggy_connector.landing import Landing, Manifest, SuppressedLanding
from huggy_connector.landing.parquet import describe_file, write_parquet
from huggy_connector.landing.schema import arrow_schema, convert, schema_fingerprint
from huggy_connector.model import Certificate, Mode
from huggy_connector.privacy import KEEP_ALL, MaskedDetection, PrivacyPolicy, add_detections
from huggy_connector.storage import LocalStorage
from huggy_connector.warehouse import LoadReport, load_snapshots
from huggy_connector.warehouse.file.engine import EngineLimits
from huggy_connector.warehouse.load.apply import LoadBatch, SnapshotApplier
from huggy_connector.warehouse.load.merge import embedded, history_writer
from huggy_connector.warehouse.load.merge.stage import SnapshotStage, stage_snapshots
from huggy_connector.warehouse.load.merge.upsert import UpsertCounts
from huggy_connector.warehouse.load.quality.publish_checks import CheckFinding, CheckSettings
from huggy_connector.warehouse.load.retype import Retyper
from huggy_connector.warehouse.marts import refresh
from huggy_connector.warehouse.marts.definitions import read_definitions
from huggy_connector.warehouse.schema.meta import META
from huggy_connector.warehouse.schema.migrate import migrate_tables
from huggy_connector.warehouse.schema.tables import as_of_macro, tables_of

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

ZONE = ZoneInfo("America/Sao_Paulo")
NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
COMPANY = 4242
_of_this_thread = threading.local()


@pytest.fixture
def without_marts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Loads make no views and marts, which are half of the work of a small load: for tests of the tables alone."""
    monkeypatch.setattr(refresh, "refresh_marts", lambda *_, **__: None)
    monkeypatch.setattr(refresh, "has_outdated_marts", lambda *_, **__: False)


@dataclass(slots=True)
class Desk:
    """A landing that a test fills by hand, and the warehouse that it is loaded into."""

    folder: Path
    landed_in: str = "landing"
    runs: int = 0
    made: list[Manifest] = field(default_factory=list)

    @property
    def warehouse(self) -> Path:
        return self.folder / "huggy.duckdb"

    @property
    def root(self) -> Path:
        return self.folder / self.landed_in

    @property
    def landing(self) -> Landing:
        return Landing(LocalStorage(self.root))

    def land(
        self,
        rows: Sequence[Any],
        *,
        resource: str | Resource = "chats",
        company_id: int = COMPANY,
        minute: float | None = None,
        run_key: str | None = None,
        mode: str = "full",
        exact: bool = True,
        claim: Mapping[str, Any] | None = None,
        parts: int = 1,
        put: Mapping[str, Any] | None = None,
        zone: ZoneInfo = ZONE,
        policy: PrivacyPolicy = KEEP_ALL,
    ) -> Manifest:
        """Publish a snapshot whose rows were all fetched `minute` minutes after noon (each run is one minute later).

        `claim` overrides what the manifest says, `put` what a column holds in every row.
        """
        if isinstance(resource, str):
            resource = RESOURCES[resource]
        self.runs += 1
        fetched_at = NOON + timedelta(minutes=self.runs if minute is None else minute)
        run_key = run_key or f"{fetched_at:%Y%m%dT%H%M%SZ}-{mode}-{self.runs:08x}"
        place = self.root / str(company_id) / resource.name / run_key
        place.mkdir(parents=True)
        found = list[MaskedDetection]()
        batch = convert(resource, rows, fetched_at=fetched_at, zone=zone, policy=policy, detections=found)
        for column, value in (put or {}).items():
            place_of = batch.schema.get_field_index(column)
            field = batch.schema.field(place_of)
            batch = batch.set_column(place_of, field, pa.array([value] * len(rows), field.type))
        size = -(-len(rows) // parts) if rows else 0
        files = []
        for number in range(parts if rows else 0):
            name = f"part-{number:05d}.parquet"
            cut = batch.slice(number * size, size)
            write_parquet(place / name, arrow_schema(resource), [cut])
            files.append(describe_file(name, place / name, cut.num_rows))
        ids = batch.column(resource.key).to_pylist()
        manifest = Manifest(
            **{
                "resource": resource.name,
                "timezone": zone.key,
                "company_id": company_id,
                "run_key": run_key,
                "mode": Mode(mode),
                "window": None,
                "started_at": fetched_at,
                "finished_at": fetched_at + timedelta(seconds=30),
                "rows": len(ids),
                "unique_ids": len(set(ids) - {None}),
                "keyless": ids.count(None),
                "pages": -(-len(rows) // 20) + 1,
                "requests": -(-len(rows) // 20) + 1,
                "retries": 0,
                "certificate": Certificate(exact=exact, missing_at_most=0 if exact else None),
                "schema_fingerprint": schema_fingerprint(resource),
                "files": tuple(files),
                "privacy": policy.fingerprint,
                "personal": add_detections({}, found),
            }
            | dict(claim or {})
        )
        (place / "manifest.json").write_bytes(manifest.to_json())
        self.made.append(manifest)
        return manifest

    def stage(self, connection: DuckDBPyConnection, *manifests: Manifest) -> SnapshotStage:
        """Stage snapshots of one table, without a load."""
        return stage_snapshots(
            connection,
            [part for each in manifests for part in self.landing.parts(each)],
            company_id=manifests[0].company_id,
            resource=RESOURCES[manifests[0].resource],
            manifests=manifests,
        )

    def apply(
        self,
        connection: DuckDBPyConnection,
        *manifests: Manifest,
        loaded: Sequence[Manifest] = (),
        checks: CheckSettings | None = None,
    ) -> tuple[UpsertCounts, list[CheckFinding]]:
        """Apply snapshots of one table, without a load."""
        first = manifests[0]
        applier = SnapshotApplier(
            connection,
            SuppressedLanding(self.landing, b"", self.folder / "suppressed", ZONE),
            1,
            Retyper(RESOURCES, self.folder / "retyped", {first.company_id: ZONE}),
            checks or CheckSettings(),
        )
        batch = LoadBatch(first.company_id, RESOURCES[first.resource], manifests, tuple(loaded))
        return applier.apply(batch, now=NOON)

    def load(self, **options: Any) -> LoadReport:
        latest = max([NOON + timedelta(hours=1), *(each.finished_at for each in self.made)])
        return load_snapshots(self.landing, self.warehouse, **{"now": lambda: latest, **options})

    def read(self, query: str, *, file: Path | None = None) -> list[tuple[Any, ...]]:
        with self._attached(file) as connection:
            return connection.execute(query).fetchall()

    def tables(self, *, file: Path | None = None, without: Sequence[str] = ()) -> dict[str, list[tuple[Any, ...]]]:
        """Return all rows of every table, sorted, with the columns sorted by name. Views only read tables: no views."""
        with self._attached(file) as connection:
            listed = connection.execute(
                "SELECT schema_name, table_name, list(column_name ORDER BY column_name) FROM duckdb_columns()"
                " SEMI JOIN duckdb_tables() USING (database_name, schema_name, table_name)"
                " WHERE database_name = 'w' GROUP BY ALL ORDER BY ALL"
            ).fetchall()
            return {
                f"{schema}.{table}": connection.execute(_select_as_text(schema, table, columns)).fetchall()
                for schema, table, columns in listed
                if f"{schema}.{table}" not in without
            }

    def marts(self) -> dict[str, list[tuple[Any, ...]]]:
        """Return all rows of every view and mart that has a definition, in the same form.

        Without the comparisons: they are views over these, and slow to read so often.
        """
        with self._attached(None) as connection:
            return {
                table.title: connection.execute(
                    _select_as_text(table.schema, table.name, [column.name for column in table.columns])
                ).fetchall()
                for table in (definition.table for definition in read_definitions())
                if not table.name.endswith(("_compared", "_comparisons"))
            }

    @contextmanager
    def _attached(self, file: Path | None) -> Iterator[DuckDBPyConnection]:
        """Open the warehouse, or another file, as `w`, in the one DuckDB that a thread has: a new one takes longer."""
        if not hasattr(_of_this_thread, "connection"):
            _of_this_thread.connection = duckdb.connect()
            _of_this_thread.connection.execute("SET TimeZone = 'UTC'")
        connection: DuckDBPyConnection = _of_this_thread.connection
        path = str(file or self.warehouse).replace("'", "''")
        connection.execute(f"ATTACH '{path}' AS w (READ_ONLY)")
        try:
            connection.execute("USE w")
            yield connection
        finally:
            connection.execute("USE memory")
            connection.execute("DETACH w")


def _select_as_text(schema: str, table: str, columns: Sequence[str]) -> str:
    wanted = ", ".join(f'"{column}"::VARCHAR' for column in columns)
    return f'SELECT {wanted} FROM "{schema}"."{table}" ORDER BY ALL'


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


@pytest.fixture
def tables() -> Iterator[DuckDBPyConnection]:
    """All tables of the warehouse, empty, in memory."""
    with EngineLimits().connect(None) as connection:
        resources = RESOURCES.values()
        migrate_tables(
            connection,
            (*META, *(table for each in resources for table in tables_of(each))),
            macros=[as_of_macro(each) for each in resources if each.history],
        )
        embedded.start_load(connection)
        history_writer.start_load(connection)
        yield connection


@pytest.fixture
def new_desk(tmp_path: Path) -> Callable[[str], Desk]:
    """Return a function that makes further desks, each in its own folder."""

    def make(name: str) -> Desk:
        (tmp_path / name).mkdir(parents=True)
        return Desk(tmp_path / name)

    return make


@pytest.fixture(scope="session")
def chat() -> Callable[..., dict[str, Any]]:
    """A chat as the API gives it."""

    def make(chat_id: Any, **fields: Any) -> dict[str, Any]:
        return {
            "id": chat_id,
            "situation": "finishing",
            "channel": "widget",
            "contactId": str(chat_id),
            "agentId": 7,
            "createdAt": "2026-11-01 10:00:00",
            "updatedAt": "2026-11-02 10:00:00",
            "closedAt": "",
            "chatCustomer": {"id": chat_id, "name": "Cliente Um"},
            "channels": [{"uuid": "u", "id": "5", "name": "Loja", "type": "widget"}],
            "agents": [{"id": "7", "name": "Ana", "email": None, "isOnline": True}],
            **fields,
        }

    return make


@pytest.fixture(scope="session")
def desk_type() -> type[Desk]:
    """Return the class, for a test that makes its own desks."""
    return Desk
