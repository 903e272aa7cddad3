"""Reads the warehouse. It never writes, never blocks a load, and sees the version that is live at the call."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar
from weakref import finalize
from zoneinfo import ZoneInfo

from huggy_connector.errors import ConfigurationError, HuggyError, WarehouseError
from huggy_connector.storage import TemporaryFolder, replace_file, resolve_links
from huggy_connector.warehouse.file.engine import EngineLimits, attach
from huggy_connector.warehouse.file.paths import WarehousePaths
from huggy_connector.warehouse.read.formats.file_formats import EXCEL_CSV, FORMATS_BY_SUFFIX, FileFormat
from huggy_connector.warehouse.read.formats.value_formats import PYTHON, TABLE, ValueFormat
from huggy_connector.warehouse.read.formats.workbook import check_size, write_workbook
from huggy_connector.warehouse.read.one_company import read_one_company
from huggy_connector.warehouse.schema import sql

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection, DuckDBPyRelation

Result = TypeVar("Result")

UTC_ZONE = ZoneInfo("UTC")

WORKBOOK_SUFFIX = ".xlsx"
ROWS_AT_ONCE = 2_048

_CREATE_ANSWER_VIEW = "CREATE TEMP VIEW answer AS "
"""A view makes names of columns unique. It is no subquery, because a statement may end in a semicolon or comment."""


@dataclass(frozen=True, slots=True)
class QueryResult:
    """The rows of a query. `complete` is False if there are more than `limit`. `types` are DuckDB's names."""

    columns: tuple[str, ...]
    types: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]
    complete: bool


def connect(
    warehouse: str | Path,
    *,
    zone: ZoneInfo = UTC_ZONE,
    memory_limit: str = "1GB",
    threads: int = 2,
    company_id: int | None = None,
) -> DuckDBPyConnection:
    """Return a connection that uses the warehouse, attached read-only under the name of its file. The caller closes it.

    The connection keeps the version that is live now. A later call sees a later version, also within one process.
    Instants come in `zone`. With `company_id` all names are of that company's rows: see `read_one_company`. Raises
    ConfigurationError if there is no warehouse, or no such company in it, WarehouseUnusable if the file is no
    warehouse, and WarehouseBusy if a program holds it open for writing (no load of ours does).
    """
    paths = WarehousePaths.at(warehouse)
    if not paths.live.exists():
        raise ConfigurationError(f"There is no warehouse at {paths.live} yet: run `huggy sync` first.")
    spill = _create_spill_folder()
    connection = EngineLimits(memory_limit, threads).connect(spill.path / "spill" if spill else None)
    finalize(connection, lambda: spill)
    try:
        attach(connection, paths.live, "READ_ONLY", paths.name)
        connection.execute(f"SET TimeZone = {sql.text(zone.key)}")
        if company_id is not None:
            read_one_company(connection, paths.live, paths.name, company_id)
    except BaseException:
        connection.close()
        raise
    return connection


def _create_spill_folder() -> TemporaryFolder | None:
    """Create a private folder for what does not fit in memory. Return None if TMPDIR is unusable: then it must fit."""
    try:
        return TemporaryFolder("huggy-reader-")
    except OSError:
        return None


def query(
    warehouse: str | Path,
    statement: str,
    *,
    zone: ZoneInfo = UTC_ZONE,
    limit: int | None = None,
    value_format: ValueFormat = PYTHON,
    company_id: int | None = None,
) -> QueryResult:
    """Run one SELECT (or DESCRIBE, SHOW, SUMMARIZE, EXPLAIN) and return at most `limit` rows in `value_format`.

    With `company_id` it reads that company alone. Names of columns that occur twice become unique, as in a file: id,
    id_1. The statement can reach nothing but the warehouse. Raises ConfigurationError if it is wrong or no SELECT.
    """
    with _restricted_connection(warehouse, statement, zone, company_id) as connection:

        def fetch() -> tuple[DuckDBPyRelation, list[tuple[Any, ...]]]:
            answer = _open_relation(connection, statement)
            columns = (
                value_format.select(f"#{position}", duckdb_type)
                for position, duckdb_type in enumerate(answer.types, start=1)
            )
            formatted = answer.project(", ".join(columns))
            return answer, formatted.fetchall() if limit is None else formatted.limit(limit + 1).fetchall()

        answer, rows = _run_interruptibly(connection, fetch)
        names, types = tuple(answer.columns), answer.types
    return QueryResult(
        names,
        tuple(map(str, types)),
        tuple(tuple(map(value_format.read, row, types)) for row in (rows if limit is None else rows[:limit])),
        limit is None or len(rows) <= limit,
    )


def export(
    warehouse: str | Path,
    statement: str,
    target: str | Path,
    *,
    zone: ZoneInfo = UTC_ZONE,
    excel: bool = False,
    company_id: int | None = None,
) -> int:
    """Write the result of one SELECT to a file in the format of its suffix, and return the number of rows.

    Rows are streamed. The file appears whole or not at all, and replaces an older one. With `excel` a CSV is one for
    Excel in Brazil without formulas: see `EXCEL_CSV` and `value_formats.EXCEL`. A workbook needs no `excel`: see
    `workbook`. With `company_id` it reads that company alone. Raises ConfigurationError for a wrong statement or
    target, and WarehouseError if the file cannot be written.
    """
    file = Path(target).expanduser().absolute()
    suffix = file.suffix.lower()
    if suffix not in FORMATS_BY_SUFFIX and suffix != WORKBOOK_SUFFIX:
        raise ConfigurationError(
            f"{file.name!r} does not say how to write it: end it in {', '.join((*FORMATS_BY_SUFFIX, WORKBOOK_SUFFIX))}."
        )
    if excel and suffix not in {".csv", WORKBOOK_SUFFIX}:
        raise ConfigurationError(f"{file.name!r} is no file for Excel: end it in .csv or {WORKBOOK_SUFFIX}.")
    if not file.parent.is_dir() or file.is_dir():
        raise ConfigurationError(f"{str(file)!r} is no path for a file: give one in a folder that exists.")
    try:
        if resolve_links(file) == WarehousePaths.at(warehouse).live:
            raise ConfigurationError("That is the warehouse itself: give another file to write to.")
        with replace_file(file) as partial_file:
            if suffix == WORKBOOK_SUFFIX:
                return _write_workbook(warehouse, statement, zone, partial_file, company_id)
            file_format = EXCEL_CSV if excel else FORMATS_BY_SUFFIX[suffix]
            return _copy_answer(warehouse, statement, zone, partial_file, file_format, company_id)
    except OSError as error:
        raise WarehouseError(
            f"{file} could not be written ({error.strerror}): see to the disk, or write elsewhere."
        ) from None


def _copy_answer(
    warehouse: str | Path,
    statement: str,
    zone: ZoneInfo,
    partial_file: Path,
    file_format: FileFormat,
    company_id: int | None,
) -> int:
    with _restricted_connection(warehouse, statement, zone, company_id, output=partial_file) as connection:
        connection.execute(_CREATE_ANSWER_VIEW + statement)
        answer = connection.view("answer")
        columns = ", ".join(
            f"{file_format.value_format.select(sql.name(name), duckdb_type)}"
            f" AS {sql.name(file_format.rename_column(name))}"
            for name, duckdb_type in zip(answer.columns, answer.types, strict=True)
        )
        options = f"{file_format.options}, USE_TMP_FILE false"
        copy = f"COPY (SELECT {columns} FROM answer) TO {sql.text(str(partial_file))} ({options})"
        row = _run_interruptibly(connection, lambda: connection.execute(copy).fetchone())
    file_format.finish(partial_file)
    return int(row[0]) if row else 0


def _write_workbook(
    warehouse: str | Path, statement: str, zone: ZoneInfo, partial_file: Path, company_id: int | None
) -> int:
    parts = TemporaryFolder("huggy-reader-")  # removed with this object
    with _restricted_connection(warehouse, statement, zone, company_id) as connection:
        connection.execute(_CREATE_ANSWER_VIEW + statement)
        answer = connection.view("answer")
        cells = ", ".join(
            TABLE.select(sql.name(name), duckdb_type)
            for name, duckdb_type in zip(answer.columns, answer.types, strict=True)
        )
        total = _run_interruptibly(connection, lambda: connection.execute("SELECT count(*) FROM answer").fetchall())
        check_size(total[0][0], len(answer.columns))
        _run_interruptibly(connection, lambda: connection.execute(f"SELECT {cells} FROM answer"))
        rows = chain.from_iterable(iter(lambda: connection.fetchmany(ROWS_AT_ONCE), []))
        return write_workbook(answer.columns, answer.types, rows, partial_file, folder=parts.path)


def _open_relation(connection: DuckDBPyConnection, statement: str) -> DuckDBPyRelation:
    import duckdb

    try:
        connection.execute(_CREATE_ANSWER_VIEW + statement)
    except duckdb.ParserException:
        return connection.sql(statement)  # EXPLAIN, and before DuckDB 2.0 DESCRIBE, SHOW and SUMMARIZE
    return connection.view("answer")


@contextmanager
def _restricted_connection(
    warehouse: str | Path, statement: str, zone: ZoneInfo, company_id: int | None, *, output: Path | None = None
) -> Iterator[DuckDBPyConnection]:
    """Yield a connection that can reach the warehouse, one file to write, and nothing else.

    Raises ConfigurationError if `statement` is not one SELECT. DuckDB's errors become ours.
    """
    import duckdb

    with connect(warehouse, zone=zone, company_id=company_id) as connection:
        if output is not None:
            connection.execute(f"SET allowed_paths = [{sql.text(str(output))}]")
        connection.execute("SET enable_external_access = false")
        connection.execute("SET lock_configuration = true")
        try:
            statements = connection.extract_statements(statement)
            if [parsed.type.name in {"SELECT", "EXPLAIN"} for parsed in statements] != [True]:
                raise ConfigurationError("A query is one SELECT: the warehouse can be read and not changed.")
            yield connection
        except duckdb.Error as error:
            raise _to_user_error(error) from None


def _run_interruptibly(connection: DuckDBPyConnection, work: Callable[[], Result]) -> Result:
    """Run `work` in another thread, so that Ctrl-C stops it at once: a thread inside DuckDB often misses it."""
    with ThreadPoolExecutor(max_workers=1, thread_name_prefix="query") as pool:
        future = pool.submit(work)
        try:
            return future.result()
        except KeyboardInterrupt:
            connection.interrupt()
            raise


def _to_user_error(error: Exception) -> HuggyError:
    """Return our error for one of DuckDB's. Keep DuckDB's text only where it cannot quote a value from a row."""
    import duckdb

    match error:
        case duckdb.PermissionException():
            return ConfigurationError("A query reads the warehouse and nothing else: no other files, no extensions.")
        case duckdb.ParserException() | duckdb.BinderException() | duckdb.CatalogException():
            reason = " ".join(str(error).split("\n\nLINE")[0].split())
            return ConfigurationError(f"The query is wrong. {reason}")
        case duckdb.OutOfMemoryException():
            return WarehouseError(
                "The query needs more memory than it was given: ask for fewer rows or columns at a time."
            )
        case duckdb.InvalidInputException() if "More than one row" in str(error):
            return ConfigurationError(
                "A query in brackets gave more than one row, as one of several companies does: add WHERE company_id = "
                "..., or read one company with --company-id."
            )
        case duckdb.ConversionException() | duckdb.OutOfRangeException() | duckdb.InvalidInputException():
            return ConfigurationError("The query met a value that does not fit: use TRY_CAST where it converts one.")
        case _:
            return WarehouseError(f"DuckDB could not answer the query ({type(error).__name__}).")
