"""Questions and answers: in the account's zone, in every format, and without a way to write."""

from __future__ import annotations

import gc
import json
import signal
import tempfile
import threading
import zipfile
from collections.abc import Callable
from datetime import datetime
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import duckdb
import pyarrow.parquet as pq
import pytest

from huggy_connector.errors import ConfigurationError, HuggyError
from huggy_connector.warehouse import QueryResult, connect, export, query, read_status
from huggy_connector.warehouse.read.queries import _run_interruptibly, _to_user_error

if TYPE_CHECKING:
    from tests.integration.warehouse.conftest import Desk

Chat = Callable[..., dict[str, Any]]

ZONE = ZoneInfo("America/Sao_Paulo")
TEN = datetime(2026, 11, 1, 10, tzinfo=ZONE)
ASKED = "SELECT id, created_at, customer, channels FROM chats ORDER BY id; -- all of them"


@pytest.fixture(scope="module")
def warehouse(desk_type: type[Desk], chat: Chat, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A warehouse with three chats. Tests only read it."""
    desk = desk_type(tmp_path_factory.mktemp("desk"))
    desk.land([chat(1), chat(2, createdAt=None), chat(3)])
    desk.load()
    return desk.warehouse


def test_an_answer_has_names_types_and_rows_in_the_accounts_zone(warehouse: Path) -> None:
    answer = query(warehouse, "SELECT id, created_at, created_at_local FROM chats ORDER BY id", zone=ZONE)
    local = TEN.replace(tzinfo=None)
    assert answer == QueryResult(
        ("id", "created_at", "created_at_local"),
        ("BIGINT", "TIMESTAMP WITH TIME ZONE", "TIMESTAMP"),
        ((1, TEN, local), (2, None, None), (3, TEN, local)),
        complete=True,
    )
    assert str(answer.rows[0][1]) == "2026-11-01 10:00:00-03:00"


@pytest.mark.parametrize(("limit", "ids", "complete"), [(2, [1, 2], False), (3, [1, 2, 3], True), (0, [], False)])
def test_a_limited_answer_says_whether_it_is_complete(
    warehouse: Path, limit: int, ids: list[int], complete: bool
) -> None:
    answer = query(warehouse, "SELECT id FROM chats ORDER BY id", limit=limit)
    assert ([row[0] for row in answer.rows], answer.complete) == (ids, complete)


@pytest.mark.parametrize(
    "question", ["DESCRIBE chats", "SHOW TABLES", "SUMMARIZE agents", "EXPLAIN SELECT 1", "FROM chats"]
)
def test_a_question_may_also_be_about_the_tables(warehouse: Path, question: str) -> None:
    assert query(warehouse, question).rows


@pytest.mark.parametrize(
    "question",
    [
        "",
        "-- nothing",
        "SELECT 1; SELECT 2",
        "DELETE FROM chats",
        "DROP TABLE chats",
        "CREATE TABLE mine AS SELECT 1",
        "CREATE TEMP TABLE mine AS SELECT 1",
        "ATTACH 'other.duckdb'",
        "COPY chats TO 'out.csv'",
        "SET threads = 1",
        "INSTALL httpfs",
    ],
)
def test_what_is_no_select_is_refused(warehouse: Path, question: str) -> None:
    with pytest.raises(
        ConfigurationError, match=r"^A query is one SELECT: the warehouse can be read and not changed\.$"
    ):
        query(warehouse, question)


@pytest.mark.parametrize("table", ["read_csv('{0}')", "'{0}'", "read_text('{0}')", "glob('{1}/*')"])
def test_a_query_reaches_no_other_file(warehouse: Path, table: str) -> None:
    secret = warehouse.with_name("secret.csv")
    secret.write_text("a\n1\n")
    with pytest.raises(ConfigurationError, match=r"^A query reads the warehouse and nothing else: no other files"):
        query(warehouse, f"SELECT * FROM {table.format(secret, warehouse.parent)}")


def test_a_wrong_question_is_told_in_duckdbs_words_and_a_wrong_value_is_not_quoted(warehouse: Path) -> None:
    with pytest.raises(ConfigurationError, match=r'^The query is wrong\. .*"nosuch" not found'):
        query(warehouse, "SELECT nosuch FROM chats")
    with pytest.raises(ConfigurationError) as caught:
        query(warehouse, "SELECT CAST(channel AS INTEGER) FROM chats")
    assert str(caught.value) == "The query met a value that does not fit: use TRY_CAST where it converts one."


def test_a_result_is_written_as_csv(warehouse: Path, tmp_path: Path) -> None:
    assert export(warehouse, "SELECT id, created_at FROM chats ORDER BY id", tmp_path / "out.csv", zone=ZONE) == 3
    assert (tmp_path / "out.csv").read_text() == (
        "id,created_at\n1,2026-11-01 10:00:00-03\n2,\n3,2026-11-01 10:00:00-03\n"
    )


@pytest.mark.parametrize("name", ["out.json", "out.jsonl"])
def test_a_result_is_written_as_json(warehouse: Path, tmp_path: Path, name: str) -> None:
    assert export(warehouse, ASKED, tmp_path / name, zone=ZONE) == 3
    written = (tmp_path / name).read_text()
    rows = json.loads(written) if name == "out.json" else [json.loads(line) for line in written.splitlines()]
    channels = [{"uuid": "u", "id": 5, "name": "Loja", "type": "widget"}]
    assert rows == [
        {
            "id": number,
            "created_at": None if number == 2 else "2026-11-01 10:00:00-03",
            "customer": {"id": number, "name": "Cliente Um"},
            "channels": channels,
        }
        for number in (1, 2, 3)
    ]


def test_a_result_is_written_as_parquet(warehouse: Path, tmp_path: Path) -> None:
    assert export(warehouse, "SELECT id, created_at FROM chats ORDER BY id", tmp_path / "out.parquet") == 3
    assert pq.read_table(tmp_path / "out.parquet").to_pylist() == [
        {"id": 1, "created_at": TEN},
        {"id": 2, "created_at": None},
        {"id": 3, "created_at": TEN},
    ]


def test_a_failed_export_leaves_the_file_that_was_there(warehouse: Path, tmp_path: Path) -> None:
    target = tmp_path / "out.csv"
    target.write_text("mine")
    with pytest.raises(ConfigurationError):
        export(warehouse, "SELECT CAST(channel AS INTEGER) FROM chats", target)
    assert target.read_text() == "mine"
    assert [path.name for path in tmp_path.glob(".*half")] == []


@pytest.mark.parametrize(
    ("target", "sentence"),
    [
        ("out.xls", "'out.xls' does not say how to write it: end it in .csv, .json, .jsonl, .ndjson, .parquet, .xlsx."),
        ("out", "'out' does not say how to write it: end it in .csv, .json, .jsonl, .ndjson, .parquet, .xlsx."),
        ("no/out.csv", "'{here}/no/out.csv' is no path for a file: give one in a folder that exists."),
        ("folder.csv", "'{here}/folder.csv' is no path for a file: give one in a folder that exists."),
    ],
)
def test_a_target_that_cannot_be_is_refused(warehouse: Path, tmp_path: Path, target: str, sentence: str) -> None:
    (tmp_path / "folder.csv").mkdir()
    with pytest.raises(ConfigurationError) as caught:
        export(warehouse, "SELECT 1", tmp_path / target)
    assert str(caught.value) == sentence.format(here=tmp_path)


def test_a_file_for_excel_is_a_csv_with_decimal_commas_and_without_formulas(warehouse: Path, tmp_path: Path) -> None:
    statement = "SELECT 1.5 AS \"=1\", '=2+3' AS said, TIMESTAMPTZ '2026-11-01 13:00:00+00' AS at"
    assert export(warehouse, statement, tmp_path / "out.CSV", zone=ZONE, excel=True) == 1
    written = (tmp_path / "out.CSV").read_bytes()
    assert written == "\ufeff'=1;said;at\n1,5;'=2+3;2026-11-01 10:00:00\n".encode()
    with pytest.raises(ConfigurationError) as caught:
        export(warehouse, statement, tmp_path / "out.json", excel=True)
    assert str(caught.value) == "'out.json' is no file for Excel: end it in .csv or .xlsx."


def test_a_workbook_has_every_row_and_one_that_would_be_too_large_is_not_begun(warehouse: Path, tmp_path: Path) -> None:
    file = tmp_path / "chats.xlsx"
    assert [export(warehouse, ASKED, file, zone=ZONE, excel=excel) for excel in (False, True)] == [3, 3]
    with zipfile.ZipFile(file) as archive:
        sheet = archive.read("xl/worksheets/sheet1.xml").decode()
    assert (sheet.count("<row "), '<c r="A4"><v>3</v></c>' in sheet, "Cliente Um" in sheet) == (4, True, True)
    before = file.read_bytes()
    with pytest.raises(ConfigurationError, match="The answer has 1,048,576 rows"):
        export(warehouse, "FROM range(1048576)", file)
    assert ([*tmp_path.iterdir()], file.read_bytes()) == ([file], before)


def test_columns_of_the_same_name_get_unique_names_in_answers_and_files(warehouse: Path, tmp_path: Path) -> None:
    statement = "SELECT a.id, b.id, b.id FROM chats AS a JOIN chats AS b ON b.id = a.id WHERE a.id = 1"
    assert query(warehouse, statement).columns == ("id", "id_1", "id_2")
    export(warehouse, statement, tmp_path / "out.csv")
    assert (tmp_path / "out.csv").read_text() == "id,id_1,id_2\n1,1,1\n"


def test_the_warehouse_itself_is_no_target(desk: Desk) -> None:
    file = desk.folder / "huggy.csv"
    desk.load()
    desk.warehouse.rename(file)
    with pytest.raises(ConfigurationError, match=r"^That is the warehouse itself"):
        export(file, "SELECT 1", file)


def test_a_connection_cannot_write(warehouse: Path) -> None:
    with connect(warehouse) as connection, pytest.raises(duckdb.Error, match="read-only"):
        connection.execute("DELETE FROM chats")


def test_a_connection_keeps_its_version_and_the_next_one_sees_the_new_one(desk: Desk, chat: Chat) -> None:
    desk.land([chat(1)])
    desk.load()
    with connect(desk.warehouse) as before:
        desk.land([chat(2)], mode="incremental")
        desk.load()
        counted = "SELECT count(*) FROM chats"
        assert (before.execute(counted).fetchall(), query(desk.warehouse, counted).rows) == ([(1,)], ((2,),))


def test_what_does_not_fit_in_memory_goes_to_a_folder_that_goes_with_the_connection(
    warehouse: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "tmp").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "tmp"))
    connection = connect(warehouse)
    (folder,) = (tmp_path / "tmp").glob("huggy-reader-*")
    row = connection.execute("SELECT current_setting('temp_directory')").fetchone()
    assert row == (str(folder / "spill"),)
    connection.close()
    del connection
    gc.collect()
    assert list((tmp_path / "tmp").iterdir()) == []


def test_a_reader_needs_no_temporary_folder(warehouse: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "nowhere"))
    assert query(warehouse, "SELECT count(*) FROM chats").rows == ((3,),)


def test_ctrl_c_stops_a_running_query(warehouse: Path) -> None:
    calls, bigint = count(), duckdb.sqltype("BIGINT")

    def press_once(number: int) -> int:
        if next(calls) == 0:
            signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)
        return number

    endless = "SELECT sum(press_once(a.range) + b.range) FROM range(1000000) AS a, range(1000000) AS b"
    former = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        with connect(warehouse) as connection:
            connection.create_function("press_once", press_once, [bigint], bigint)
            with pytest.raises(KeyboardInterrupt):
                _run_interruptibly(connection, lambda: connection.execute(endless).fetchall())
            assert connection.execute("SELECT count(*) FROM chats").fetchall() == [(3,)]
    finally:
        signal.signal(signal.SIGINT, former)


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (
            duckdb.OutOfMemoryException("of 'Ana'"),
            "The query needs more memory than it was given: ask for fewer rows or columns at a time.",
        ),
        (
            duckdb.OutOfRangeException("of 'Ana'"),
            "The query met a value that does not fit: use TRY_CAST where it converts one.",
        ),
        (duckdb.IOException("of 'Ana'"), "DuckDB could not answer the query (IOException)."),
        (duckdb.InternalException("of 'Ana'"), "DuckDB could not answer the query (InternalException)."),
    ],
)
def test_what_duckdb_says_of_values_is_not_repeated(error: duckdb.Error, sentence: str) -> None:
    assert str(_to_user_error(error)) == sentence


def test_a_connection_is_named_after_the_file(warehouse: Path) -> None:
    with connect(warehouse, zone=ZONE) as connection:
        rows = connection.execute("SELECT id, created_at FROM huggy.main.chats WHERE id = 1").fetchall()
    assert rows == [(1, TEN)]


@pytest.mark.parametrize("name", ["nothing.duckdb", "meta.duckdb"])
def test_a_file_that_is_none_is_told_to_every_reader(tmp_path: Path, name: str) -> None:
    for ask in (
        connect,
        read_status,
        lambda path: query(path, "SELECT 1"),
        lambda path: export(path, "SELECT 1", "x.csv"),
    ):
        with pytest.raises(HuggyError):
            ask(tmp_path / name)
