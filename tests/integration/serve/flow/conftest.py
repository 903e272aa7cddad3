"""A warehouse with one customer, and the server that answers flows about it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from huggy_connector.serve import HuggyServer
from huggy_connector.serve.endpoint import Patience
from huggy_connector.settings import Settings
from tests.integration.serve.senders import PATIENT, Said, ask, serving
from tests.integration.warehouse.conftest import Desk

SECRET, LAST_SECRET = "a-secret-of-flows-0123456789", "the-last-one-9876543210"
MARIA = {"id": 800001, "name": "Maria", "mobile": "553187654321", "email": "maria@cliente.example", "city": "Recife"}
QUERIES = {
    "nome": "-- Inputs: contact\n-- Columns: nome\nSELECT name AS nome FROM contacts WHERE id = $contact_id",
    "livre": "-- Inputs: x\n-- Columns: eco\nSELECT $x AS eco",
    "lenta": "-- Columns: a\nSELECT count(*) AS a FROM range(1000000000000) AS t(i) WHERE hash(i) % 7 = 3",
    "muitas": "-- Columns: a\nSELECT 1 AS a FROM range(1000000)",
    "quebrada": "-- Columns: a, b\nSELECT a FROM nowhere",
    "falha": "-- Columns: a\nSELECT CAST(name AS INTEGER) AS a FROM contacts",
}


@dataclass
class FlowServer:
    """The server, and what it noted."""

    server: HuggyServer
    notes: list[str] = field(default_factory=list)

    def ask(self, path: str, body: bytes | None = None, *, secret: str | None = SECRET, **headers: str) -> Said:
        shown = {} if secret is None else {"X-Huggy-Secret": secret}
        return ask(self.server.url, path, body, **shown, **headers)

    def answer(self, path: str, body: bytes | None = None, **headers: str) -> dict[str, str]:
        said = self.ask(path, body, **headers)
        assert (said.status, said.headers["content-type"]) == (200, "application/json; charset=utf-8")
        found: dict[str, str] = json.loads(said.text)
        return found


@pytest.fixture(scope="session")
def warehouse(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A warehouse and a folder of queries, which no test changes."""
    desk = Desk(tmp_path_factory.mktemp("flow"))
    desk.land([MARIA], resource="contacts")
    desk.load()
    (desk.folder / "flows").mkdir()
    for name, text in QUERIES.items():
        (desk.folder / "flows" / f"{name}.sql").write_text(text)
    return desk.warehouse


Start = Callable[..., Any]


@pytest.fixture
def flow_server(warehouse: Path, tmp_path: Path) -> Start:
    """Start a server for flows alone, until the end of the block."""

    @contextmanager
    def start(*, patience: Patience = PATIENT, **others: Any) -> Iterator[FlowServer]:
        given = {
            "flow_secret": f"{SECRET},{LAST_SECRET}",
            "flow_queries": str(warehouse.parent / "flows"),
            "flow_requests_per_minute": 1_000,
            "warehouse": str(warehouse),
            "landing": str(tmp_path / "landing"),
            "state": str(tmp_path / "state"),
        }
        notes: list[str] = []
        with serving(Settings(**{**given, **others}), patience=patience, notes=notes) as server:
            yield FlowServer(server, notes)

    return start
