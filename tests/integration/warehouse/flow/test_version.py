"""Questions are answered from the newest published version; what fails leaves the last one in its place."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb
import pytest

from huggy_connector.errors import ConfigurationError
from huggy_connector.warehouse.flow.queries import read_flow_queries
from huggy_connector.warehouse.flow.statement import FlowStatement
from huggy_connector.warehouse.flow.version import FlowUnavailable
from tests.integration.warehouse.flow.people import MARIA

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

    from tests.integration.warehouse.flow.conftest import FlowDesk

SLOW = "-- Columns: a\nSELECT count(*) AS a FROM range(1000000000000) AS t(i) WHERE hash(i) % 7 = 3"


def test_the_customer_is_told_of_with_the_last_chat_and_what_is_as_of_when(flows: FlowDesk) -> None:
    chats = [
        flows.chat(700001, contactId="800001", createdAt="2026-11-01 10:00:00", closedAt="2026-11-01 11:00:00"),
        flows.chat(
            700002,
            contactId="800001",
            situation="in_chat",
            createdAt="2026-11-20 15:30:00",
            departmentId="31",
            chatTabulation={"id": 12, "name": "Venda"},
        ),
    ]
    flows.desk.land([{"id": 7, "name": "Ana"}], resource="agents")
    flows.desk.land([{"id": 31, "name": "Comercial"}], resource="departments")
    flows.load(chats=chats)
    queries = flows.open()
    assert flows.ask(queries, phone="31 98765-4321") == {
        "cliente_id": "800001",
        "cliente_nome": "Maria",
        "cliente_cidade": "Recife",
        "cliente_estado": "",
        "cliente_desde": "2026-11-01",
        "cliente_atendimentos": "2",
        "cliente_em_atendimento": "sim",
        "cliente_ultimo_id": "700002",
        "cliente_ultimo_em": "2026-11-20 15:30:00",
        "cliente_ultimo_canal": "widget",
        "cliente_ultima_situacao": "in_chat",
        "cliente_ultimo_agente": "Ana",
        "cliente_ultimo_departamento": "Comercial",
        "cliente_ultima_tabulacao": "Venda",
    }
    no_chat = flows.ask(queries, contact_id="800002")
    assert isinstance(no_chat, dict)
    assert (no_chat["cliente_atendimentos"], no_chat["cliente_em_atendimento"], no_chat["cliente_desde"]) == (
        *("0", "nao"),
        "",
    )
    assert queries.version is not None
    assert queries.version.updated_at == "2026-11-22T09:04:00-03:00"


def test_a_new_version_is_noticed_and_the_file_of_the_old_one_is_given_up(flows: FlowDesk) -> None:
    flows.load([MARIA])
    queries = flows.open()
    first = queries.version
    queries.refresh()
    assert queries.version is first
    assert first is not None
    flows.load([MARIA | {"name": "Maria Nova"}])
    answer = flows.ask(queries, contact_id="800001")
    queries.refresh()
    renewed = flows.ask(queries, contact_id="800001")
    assert isinstance(answer, dict)
    assert isinstance(renewed, dict)
    assert (answer["cliente_nome"], renewed["cliente_nome"]) == ("Maria", "Maria Nova")
    with pytest.raises(duckdb.ConnectionException):
        first.connection.execute("SELECT 1")


def test_a_question_under_way_keeps_its_version_and_one_that_comes_too_late_takes_the_next(flows: FlowDesk) -> None:
    flows.load([MARIA])
    queries = flows.open()
    first = queries.version
    assert first is not None
    with first.cursor() as cursor:
        flows.load([MARIA | {"name": "Maria Nova"}])
        queries.refresh()
        assert cursor.execute("SELECT name FROM contacts").fetchall() == [("Maria",)]
        with pytest.raises(FlowUnavailable), first.cursor():
            pass
    assert isinstance(answer := flows.ask(queries, contact_id="800001"), dict)
    assert answer["cliente_nome"] == "Maria Nova"


def test_the_thread_finds_each_version_while_questions_never_fail(flows: FlowDesk) -> None:
    flows.load([MARIA])
    queries = flows.open()
    queries.start()
    ended = threading.Event()
    failures, names = list[object](), set[str]()

    def ask() -> None:
        while not ended.is_set():
            answer = flows.ask(queries, phone="3187654321")
            time.sleep(0.02)
            if isinstance(answer, dict):
                names.add(answer["cliente_nome"])
            else:
                failures.append(answer)

    threads = [threading.Thread(target=ask) for _ in range(2)]
    for thread in threads:
        thread.start()
    flows.load([MARIA | {"name": "Maria Nova"}])
    deadline = time.monotonic() + 120
    while "Maria Nova" not in names and time.monotonic() < deadline:
        time.sleep(0.05)
    ended.set()
    for thread in threads:
        thread.join()
    queries.close()
    assert (failures, names) == ([], {"Maria", "Maria Nova"})
    assert flows.ask(queries, contact_id="800001") == "the warehouse was just published anew"


def test_a_slow_query_is_stopped_and_its_connection_answers_the_next_question(flows: FlowDesk) -> None:
    flows.write("slow", SLOW)
    flows.load([MARIA])
    queries = flows.open()
    call = queries.ask(queries.queries["slow"].bind({}))
    ended = list[str]()

    def run() -> None:
        with pytest.raises(FlowUnavailable) as stopped:
            call.run()
        ended.append(str(stopped.value))

    thread = threading.Thread(target=run)
    thread.start()
    while call._cursor is None:
        time.sleep(0.01)
    time.sleep(0.1)
    call.give_up()
    thread.join(120)
    assert ended == ["the query failed (InterruptException)"]
    assert flows.find(queries, contact_id="800001") == "800001"
    late = queries.ask(queries.queries["slow"].bind({}))
    late.give_up()
    with pytest.raises(FlowUnavailable, match="came too late"):
        late.run()


@dataclass(frozen=True, slots=True)
class LateStatement(FlowStatement):
    """A query that begins when it is told to."""

    may_begin: threading.Event

    def run(self, connection: DuckDBPyConnection, values: Mapping[str, Any]) -> Mapping[str, str] | None:
        self.may_begin.wait(120)
        return FlowStatement.run(self, connection, values)


def test_a_query_is_stopped_though_it_begins_just_after_it_was_given_up(flows: FlowDesk) -> None:
    flows.write("slow", SLOW)
    flows.load([MARIA])
    queries, may_begin = flows.open(), threading.Event()
    version = queries.version
    assert version is not None
    slow = version.statements["slow"]
    assert isinstance(slow, FlowStatement)
    version.statements = {"slow": LateStatement(slow.text, slow.parameters, slow.columns, may_begin)}
    call = queries.ask(queries.queries["slow"].bind({}))
    ended = list[str]()

    def run() -> None:
        with pytest.raises(FlowUnavailable) as stopped:
            call.run()
        ended.append(str(stopped.value))

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    while call._cursor is None:
        time.sleep(0.01)
    call.give_up()
    may_begin.set()
    thread.join(120)
    assert ended == ["the query failed (InterruptException)"]


def test_without_a_warehouse_it_says_so_once_and_finds_the_first_one(flows: FlowDesk) -> None:
    queries = flows.open()
    queries.refresh()
    assert flows.ask(queries, contact_id="1") == "no version of the warehouse is open yet"
    place = flows.desk.warehouse
    told = f"Warning: flows are answered `indisponivel`: there is no warehouse at {place}: `huggy sync` makes one."
    assert flows.notes == [told]
    flows.load([MARIA])
    queries.refresh()
    assert flows.find(queries, contact_id="800001") == "800001"
    flows.desk.warehouse.unlink()
    queries.refresh()
    assert flows.find(queries, contact_id="800001") == "800001"
    assert len(flows.notes) == 2


def test_a_file_that_is_no_warehouse_leaves_the_last_version_in_its_place(flows: FlowDesk) -> None:
    flows.load([MARIA])
    queries = flows.open()
    other = flows.desk.folder / "other.duckdb"
    other.write_bytes(b"no database")
    other.replace(flows.desk.warehouse)
    queries.refresh()
    with duckdb.connect(str(other)) as foreign:
        foreign.execute("CREATE TABLE chats (id INTEGER)")
    other.replace(flows.desk.warehouse)
    queries.refresh()
    assert flows.find(queries, contact_id="800001") == "800001"
    assert [note.partition(": /")[0] for note in flows.notes] == ["Warning: flows get the data of the last version"] * 2
    assert "is no warehouse of huggy-connector" in flows.notes[1]


def test_of_several_companies_one_must_be_chosen(flows: FlowDesk) -> None:
    flows.desk.land([MARIA], resource="contacts")
    flows.desk.land([{"id": 800001, "name": "Outra"}], resource="contacts", company_id=7)
    flows.desk.load()
    assert flows.ask(flows.open(), contact_id="800001") == (
        "the warehouse holds several companies: set HUGGY_COMPANY_ID"
    )
    named = [flows.ask(flows.open(company_id=company), contact_id="800001") for company in (4242, 7, 8)]
    assert [each["cliente_nome"] if isinstance(each, dict) else each for each in named] == ["Maria", "Outra", None]


def test_files_that_are_no_queries_have_a_sentence_each_and_a_folder_that_is_none_is_an_error(tmp_path: Path) -> None:
    texts = {
        "customer": b"-- Columns: a\nSELECT 1 AS a",
        "large": b"-" * 70_000,
        "latin": b"-- Columns: a\nSELECT '\xe7' AS a",
        "Capital": b"-- Columns: a\nSELECT 1 AS a",
        "windows": b"\xef\xbb\xbf-- Columns: a\r\nSELECT 1 AS a\r\n",
    }
    for name, text in texts.items():
        (tmp_path / f"{name}.sql").write_bytes(text)
    (tmp_path / "folder.sql").mkdir()
    (tmp_path / "README.md").write_text("no query")
    queries, faults = read_flow_queries(tmp_path)
    assert [fault.partition(":")[0] for fault in faults] == [
        "Capital.sql is no name of a query",
        "customer.sql has the name of the built-in query",
        "folder.sql cannot be read (Is a directory)",
        "large.sql is larger than 64 KiB",
        "latin.sql is no text in UTF-8",
    ]
    assert {name: query.fault == "" for name, query in queries.items()} == {
        "customer": True,
        "Capital": False,
        "folder": False,
        "large": False,
        "latin": False,
        "windows": True,
    }
    with pytest.raises(ConfigurationError, match=r"HUGGY_FLOW_QUERIES: .* cannot be read \(No such file"):
        read_flow_queries(tmp_path / "nowhere")
    assert list(read_flow_queries(None)[0]) == ["customer"]
