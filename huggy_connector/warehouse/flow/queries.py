"""The queries of flows over the published warehouse: reads their files, and keeps the newest version open.

A thread looks every second whether another file was published. It opens the new version beside the old one, prepares
all queries on it, and swaps them; a question that is being answered keeps the version that it began with. Only the
published path is ever opened, and read-only: a load writes elsewhere and then renames.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from importlib.resources import files
from pathlib import Path
from time import monotonic
from types import MappingProxyType
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from huggy_connector.errors import ConfigurationError, HuggyError
from huggy_connector.warehouse.file.paths import WarehousePaths
from huggy_connector.warehouse.flow.query_file import FlowQuery, FlowQuestion, parse_flow_query
from huggy_connector.warehouse.flow.statement import TooManyRows, check_statement
from huggy_connector.warehouse.flow.version import FlowUnavailable, FlowVersion, VersionClosed

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

BUILT_IN = "customer"
LOOK_SECONDS = 1.0
"""Seconds between two looks for a new version."""
FIRST_LOOK_SECONDS = 2.0
REST_SHARE = 4.0
"""How many times as long as opening a version takes it rests after that: a fifth of one core at most goes into it."""
LARGEST_FILE = 64 * 1024
INTERRUPT_SECONDS = 0.1
"""Seconds between two interrupts of a query that is given up."""


def read_flow_queries(folder: Path | None) -> tuple[Mapping[str, FlowQuery], tuple[str, ...]]:
    """Return the queries by name, the built-in one among them, and a sentence for each file that cannot be used.

    A file that cannot be used is a query all the same: it has a fault. Raises ConfigurationError if `folder` is no
    folder that can be read.
    """
    built_in = files("huggy_connector.warehouse.flow").joinpath(f"{BUILT_IN}.sql").read_text(encoding="utf-8")
    found = {BUILT_IN: parse_flow_query(BUILT_IN, built_in)}
    faults = list[str]()
    for file in _list_files(folder):
        query = _read_query(file)
        if found.setdefault(query.name, query) is not query:
            faults.append(f"{file.name} has the name of the built-in query: give it another.")
        elif query.fault:
            faults.append(query.fault)
    return MappingProxyType(found), tuple(faults)


def _read_query(file: Path) -> FlowQuery:
    query = FlowQuery(file.stem, "", (), ())
    try:
        query = parse_flow_query(file.stem, _read_file(file))
        check_statement(query)
    except ConfigurationError as error:
        return replace(query, fault=str(error))
    return query


def _list_files(folder: Path | None) -> list[Path]:
    if folder is None:
        return []
    try:
        return sorted(file for file in folder.iterdir() if file.suffix == ".sql")
    except OSError as error:
        raise ConfigurationError(
            f"HUGGY_FLOW_QUERIES: {folder} cannot be read ({error.strerror}): name a folder of .sql files."
        ) from None


def _read_file(file: Path) -> str:
    try:
        with file.open("rb") as opened:
            content = opened.read(LARGEST_FILE + 1)
        if len(content) > LARGEST_FILE:
            raise ConfigurationError(f"{file.name} is larger than {LARGEST_FILE // 1024} KiB: it is no query.")
        return content.decode("utf-8-sig")
    except OSError as error:
        raise ConfigurationError(f"{file.name} cannot be read ({error.strerror}): see to its rights.") from None
    except UnicodeDecodeError:
        raise ConfigurationError(f"{file.name} is no text in UTF-8: save it so.") from None


@dataclass(slots=True)
class FlowQueries:
    """Answers questions from the newest published version. `start` begins to look for one, `close` ends that."""

    warehouse: str | Path
    queries: Mapping[str, FlowQuery]
    company_id: int | None
    zone: ZoneInfo
    hash_key: bytes = field(repr=False)
    note: Callable[[str], None]
    version: FlowVersion | None = None
    """The version that answers, or None before there was one."""
    _identity: tuple[int, ...] | None = None
    _failure: str = ""
    _opening_seconds: float = 0.0
    _told: set[str] = field(default_factory=set)
    _has_looked: threading.Event = field(default_factory=threading.Event)
    _is_closed: threading.Event = field(default_factory=threading.Event)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def start(self) -> None:
        """Open the newest version, and look for newer ones until `close`, in a thread.

        Return when the first look has ended, but no later than after FIRST_LOOK_SECONDS: events wait for the start.
        """
        threading.Thread(target=self._look_forever, name="flow versions", daemon=True).start()
        self._has_looked.wait(FIRST_LOOK_SECONDS)

    def close(self) -> None:
        """End the looking, and give the version up."""
        self._is_closed.set()
        with self._lock:
            if self.version is not None:
                self.version.close()

    def ask(self, question: FlowQuestion) -> FlowCall:
        """Return the call that answers a question: run it in any thread."""
        return FlowCall(self, question)

    def refresh(self) -> None:
        """Open the version that is published now, unless it is open. What fails leaves the last one in its place."""
        with self._lock:
            try:
                former = self._open_newest()
            except FileNotFoundError:
                failure = f"there is no warehouse at {self.warehouse}: `huggy sync` makes one"
            except OSError as error:
                failure = f"the warehouse cannot be read ({error.strerror})"
            except HuggyError as error:
                failure = str(error)
            except Exception as error:  # noqa: BLE001 -- whatever it is, the next version may be a good one
                failure = f"the warehouse cannot be opened ({type(error).__name__})"
            else:
                self._failure = ""
                if former is not None:
                    former.close()
                return
            if failure != self._failure:
                self._failure = failure
                state = "are answered `indisponivel`" if self.version is None else "get the data of the last version"
                self.note(f"Warning: flows {state}: {failure.rstrip('.')}.")

    def _open_newest(self) -> FlowVersion | None:
        """Put the version that is published now in its place. Return the one that was there before it."""
        paths = WarehousePaths.at(self.warehouse)
        status = paths.live.stat()
        identity = (status.st_dev, status.st_ino, status.st_mtime_ns, status.st_size)
        if identity == self._identity or self._is_closed.is_set():
            return None
        began = monotonic()
        try:
            opened = FlowVersion.open(
                paths, self.queries, company_id=self.company_id, zone=self.zone, hash_key=self.hash_key
            )
        finally:
            self._opening_seconds = monotonic() - began
        former, self.version, self._identity = self.version, opened, identity
        faults = (each for each in opened.statements.values() if isinstance(each, str))
        for fault in (*opened.unsearchable.values(), *faults):
            self.tell(fault)
        return former

    def tell(self, fault: str) -> None:
        """Note what is wrong with a query, once: each version is told it again."""
        if fault not in self._told:
            self._told.add(fault)
            self.note(f"Warning: {fault.rstrip('.')}.")

    def distrust(self, version: FlowVersion) -> None:
        """Let the next look open the version again: after such an error DuckDB answers nothing more from it."""
        if version is self.version:
            self._identity = None

    def _look_forever(self) -> None:
        self.refresh()
        self._has_looked.set()
        while not self._is_closed.wait(max(LOOK_SECONDS, REST_SHARE * self._opening_seconds)):
            self.refresh()


class FlowCall:
    """One question on its way: `run` in a worker's thread, `give_up` in any other."""

    def __init__(self, queries: FlowQueries, question: FlowQuestion) -> None:
        self._queries = queries
        self._question = question
        self._cursor: DuckDBPyConnection | None = None
        self._is_given_up = False
        self.updated_at = ""
        """As of when the version is that was asked."""
        self._lock = threading.Lock()

    def run(self) -> Mapping[str, str] | None:
        """Return the answer's columns, or None if nothing matches. Raises FlowUnavailable, whatever went wrong."""
        import duckdb

        while (version := self._queries.version) is not None:
            try:
                return self._ask(version)
            except VersionClosed:
                if version is self._queries.version:
                    raise
            except TooManyRows:
                raise FlowUnavailable("the query gives several rows: let it choose one, with LIMIT 1") from None
            except duckdb.Error as error:  # its words may quote a value
                if isinstance(error, (duckdb.FatalException, duckdb.InternalException)):
                    self._queries.distrust(version)
                raise FlowUnavailable(f"the query failed ({type(error).__name__})") from None
        raise FlowUnavailable("no version of the warehouse is open yet")

    def _ask(self, version: FlowVersion) -> Mapping[str, str] | None:
        with version.cursor() as cursor:
            self.updated_at = version.updated_at
            self._hold(cursor)
            try:
                return version.answer(cursor, self._question)
            finally:
                self._hold(None)

    def give_up(self) -> None:
        """Stop the query. A call that has not begun does not begin.

        DuckDB forgets an interrupt that comes just before the query begins: it is sent again until the call has ended.
        """
        with self._lock:
            self._is_given_up = True
            if self._cursor is not None:
                self._cursor.interrupt()
                again = threading.Timer(INTERRUPT_SECONDS, self.give_up)
                again.daemon = True
                again.start()

    def _hold(self, cursor: DuckDBPyConnection | None) -> None:
        with self._lock:
            self._cursor = cursor
            if cursor is not None and self._is_given_up:
                raise FlowUnavailable("the question came too late")
