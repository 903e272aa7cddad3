"""Reads the warehouse: never writes into it, never blocks a load, and sees the version that is live when called."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar
from weakref import finalize
from zoneinfo import ZoneInfo

from huggy_connector.errors import ConfigurationError, HuggyError, WarehouseError
from huggy_connector.storage import OwnFolder, followed, replacing
from huggy_connector.warehouse import sql
from huggy_connector.warehouse.engine import Engine, attach
from huggy_connector.warehouse.formats import BY_ENDING, FOR_EXCEL
from huggy_connector.warehouse.forms import PYTHON, Form
from huggy_connector.warehouse.place import Place

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection, DuckDBPyRelation

Result = TypeVar("Result")

UTC_ZONE = ZoneInfo("UTC")

_VIEW = "CREATE TEMP VIEW answer AS "
"""It makes names unique. And a view, not a subquery, because the question may end in a semicolon or a comment."""


@dataclass(frozen=True, slots=True)
class Answer:
    """The rows of a query. `complete` is False where there were more than asked for. `types` as DuckDB writes them."""

    columns: tuple[str, ...]
    types: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]
    complete: bool


def connect(
    warehouse: str | Path, *, zone: ZoneInfo = UTC_ZONE, memory_limit: str = "1GB", threads: int = 2
) -> DuckDBPyConnection:
    """A connection with the warehouse attached read-only and in use, named after its file. To be closed by the caller.

    It goes on seeing the version that was live now; a later call sees a later one, also within one process. Instants
    come in `zone`. Raises ConfigurationError where there is no warehouse, WarehouseUnusable where the file is none,
    WarehouseBusy where a program holds it open for writing (no load of ours does).
    """
    place = Place.at(warehouse)
    if not place.live.exists():
        raise ConfigurationError(f"There is no warehouse at {place.live} yet: run `huggy sync` first.")
    spill = _spill()
    connection = Engine(memory_limit, threads).connect(spill.path / "spill" if spill else None)
    finalize(connection, lambda: spill)
    try:
        attach(connection, place.live, "READ_ONLY", place.name)
        connection.execute(f"SET TimeZone = {sql.text(zone.key)}")
    except BaseException:
        connection.close()
        raise
    return connection


def _spill() -> OwnFolder | None:
    """Where nobody else reads what does not fit in memory; None where TMPDIR cannot be used: then it has to fit."""
    try:
        return OwnFolder("huggy-reader-")
    except OSError:
        return None


def query(
    warehouse: str | Path,
    question: str,
    *,
    zone: ZoneInfo = UTC_ZONE,
    limit: int | None = None,
    form: Form = PYTHON,
) -> Answer:
    """The answer to one SELECT (or DESCRIBE, SHOW, SUMMARIZE, EXPLAIN), of `limit` rows at most, its values in `form`.

    Names that occur twice are made unique, as in a file: id, id_1. It can reach nothing but the warehouse. Raises
    ConfigurationError for a question that is none or is wrong.
    """
    with _asking(warehouse, question, zone) as connection:

        def ask() -> tuple[DuckDBPyRelation, list[tuple[Any, ...]]]:
            asked = _answer_to(connection, question)
            told = asked.project(", ".join(form.select(f"#{at}", kind) for at, kind in enumerate(asked.types, start=1)))
            return asked, told.fetchall() if limit is None else told.limit(limit + 1).fetchall()

        asked, rows = _interruptible(connection, ask)
        names, kinds = tuple(asked.columns), asked.types
    return Answer(
        names,
        tuple(map(str, kinds)),
        tuple(tuple(map(form.read, row, kinds)) for row in (rows if limit is None else rows[:limit])),
        limit is None or len(rows) <= limit,
    )


def export(
    warehouse: str | Path, question: str, target: str | Path, *, zone: ZoneInfo = UTC_ZONE, excel: bool = False
) -> int:
    """Writes the answer to one SELECT into a file, and returns how many rows. The file's ending says how.

    Rows are streamed, and the file appears whole or not at all; one that is there is replaced. With `excel` a CSV is as
    Excel in Brazil opens it, and no text of it is a formula: see `formats.FOR_EXCEL` and `forms.EXCEL`.
    """
    file = Path(target).expanduser().absolute()
    ending = file.suffix.lower()
    if ending not in BY_ENDING:
        raise ConfigurationError(f"{file.name!r} does not say how to write it: end it in {', '.join(BY_ENDING)}.")
    if excel and ending != ".csv":
        raise ConfigurationError(f"{file.name!r} is no CSV file: what is for Excel ends in .csv.")
    if not file.parent.is_dir() or file.is_dir():
        raise ConfigurationError(f"{str(file)!r} is no path for a file: give one in a folder that exists.")
    written = FOR_EXCEL if excel else BY_ENDING[ending]
    try:
        if followed(file) == Place.at(warehouse).live:
            raise ConfigurationError("That is the warehouse itself: give another file to write to.")
        with replacing(file) as half:
            with _asking(warehouse, question, zone, writes=half) as connection:
                connection.execute(_VIEW + question)
                answer = connection.view("answer")
                columns = ", ".join(
                    f"{written.form.select(sql.name(name), kind)} AS {sql.name(written.named(name))}"
                    for name, kind in zip(answer.columns, answer.types, strict=True)
                )
                how = f"{written.options}, USE_TMP_FILE false"
                copy = f"COPY (SELECT {columns} FROM answer) TO {sql.text(str(half))} ({how})"
                row = _interruptible(connection, lambda: connection.execute(copy).fetchone())
            written.finish(half)
    except OSError as error:
        raise WarehouseError(
            f"{file} could not be written ({error.strerror}): see to the disk, or write elsewhere."
        ) from None
    return int(row[0]) if row else 0


def _answer_to(connection: DuckDBPyConnection, question: str) -> DuckDBPyRelation:
    import duckdb

    try:
        connection.execute(_VIEW + question)
    except duckdb.ParserException:
        return connection.sql(question)  # EXPLAIN, and before DuckDB 2.0 DESCRIBE, SHOW and SUMMARIZE
    return connection.view("answer")


@contextmanager
def _asking(
    warehouse: str | Path, question: str, zone: ZoneInfo, *, writes: Path | None = None
) -> Iterator[DuckDBPyConnection]:
    """A connection that reaches the warehouse, one file to write, and nothing else."""
    import duckdb

    with connect(warehouse, zone=zone) as connection:
        if writes is not None:
            connection.execute(f"SET allowed_paths = [{sql.text(str(writes))}]")
        connection.execute("SET enable_external_access = false")
        connection.execute("SET lock_configuration = true")
        try:
            statements = connection.extract_statements(question)
            if [each.type.name in {"SELECT", "EXPLAIN"} for each in statements] != [True]:
                raise ConfigurationError("A query is one SELECT: the warehouse can be read and not changed.")
            yield connection
        except duckdb.Error as error:
            raise _meaning(error) from None


def _interruptible(connection: DuckDBPyConnection, work: Callable[[], Result]) -> Result:
    """Lets Ctrl-C through at once: the thread that waits for a statement inside DuckDB often does not hear it."""
    with ThreadPoolExecutor(max_workers=1, thread_name_prefix="query") as pool:
        answer = pool.submit(work)
        try:
            return answer.result()
        except KeyboardInterrupt:
            connection.interrupt()
            raise


def _meaning(error: Exception) -> HuggyError:
    """DuckDB's own words where they are about the question; not where they may quote a value from a row."""
    import duckdb

    match error:
        case duckdb.PermissionException():
            return ConfigurationError("A query reads the warehouse and nothing else: no other files, no extensions.")
        case duckdb.ParserException() | duckdb.BinderException() | duckdb.CatalogException():
            words = " ".join(str(error).split("\n\nLINE")[0].split())
            return ConfigurationError(f"The query is wrong. {words}")
        case duckdb.OutOfMemoryException():
            return WarehouseError(
                "The query needs more memory than it was given: ask for fewer rows or columns at a time."
            )
        case duckdb.ConversionException() | duckdb.OutOfRangeException() | duckdb.InvalidInputException():
            return ConfigurationError("The query met a value that does not fit: use TRY_CAST where it converts one.")
        case _:
            return WarehouseError(f"DuckDB could not answer the query ({type(error).__name__}).")
