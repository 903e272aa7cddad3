"""DuckDB with our settings, and the meaning of its errors."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from huggy_connector.errors import ConfigurationError, WarehouseBusy, WarehouseError, WarehouseUnusable
from huggy_connector.warehouse.file.paths import VERSIONS, WarehousePaths
from huggy_connector.warehouse.schema import sql

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

STORAGE_VERSION = "v1.2.0"
"""The file format, which DuckDB 1.2 to 2 and the BI tools built on them read."""

CATALOG = "warehouse"
"""The database name of the file during a load."""

_DISK_ERROR = re.compile(
    r"no space left|quota exceeded|input/output error|read-only file system|could not (?:write|fsync|truncate)"
    r"|fsync failed",
    re.IGNORECASE,
)
"""DuckDB's words for what the disk refused, in errors of any kind. It damages no file."""

COUNTED_MEMORY_SHARE = 0.85
"""The share of its memory that DuckDB counts, measured at 5 million chats: without the buffers of what it reads."""

SMALL_FILE_BYTES = 16 * 1024**2
"""A load of a smaller file has one thread. Its tables hold no more rows than a thread takes at once: at 3,000 chats a
second thread costs a fifth more processor time and ends no earlier, at 20,000 there is no clear difference.
"""


@dataclass(frozen=True, slots=True)
class EngineLimits:
    """The limits of a load: `memory_limit` in DuckDB's spelling, to which up to 250 MB come, and `threads`."""

    memory_limit: str = "1GB"
    threads: int = 2

    def for_file_of(self, size: int) -> EngineLimits:
        """Return the limits for a file of so many bytes: a small one gets one thread."""
        return replace(self, threads=1) if size < SMALL_FILE_BYTES else self

    @contextmanager
    def open_read_only(self, file: Path, *, spill: Path) -> Iterator[DuckDBPyConnection]:
        """Yield a connection with `file` attached read-only and in use."""
        with self._open(spill) as connection:
            attach(connection, file, "READ_ONLY", CATALOG)
            yield connection

    @contextmanager
    def open_for_writing(self, file: Path, *, spill: Path) -> Iterator[DuckDBPyConnection]:
        """Yield a connection with `file` attached for writing and in use. A missing file is created."""
        with self._open(spill) as connection:
            attach(connection, file, "" if file.exists() else f"STORAGE_VERSION {sql.text(STORAGE_VERSION)}", CATALOG)
            yield connection

    @contextmanager
    def _open(self, spill: Path) -> Iterator[DuckDBPyConnection]:
        connection = self.connect(spill)
        try:
            yield connection
        finally:
            connection.close()

    def connect(self, spill: Path | None) -> DuckDBPyConnection:
        """Return a connection in memory, with times in UTC.

        It downloads nothing and takes no Python variable for a table. What does not fit in memory goes to the folder
        `spill`, if one is given. Raise ConfigurationError for a wrong limit.
        """
        import duckdb

        try:
            connection = duckdb.connect(
                config={
                    "memory_limit": _counted_limit(self.memory_limit),
                    "threads": self.threads,
                    "temp_directory": str(spill or ""),
                    "preserve_insertion_order": False,
                    "autoinstall_known_extensions": False,
                    "autoload_known_extensions": False,
                    "python_enable_replacements": False,
                }
            )
        except duckdb.Error:
            raise ConfigurationError(
                f"DuckDB takes no memory_limit {self.memory_limit!r} with threads={self.threads}: give a size like 1GB."
            ) from None
        connection.execute("SET TimeZone = 'UTC'")
        # DuckDB draws the progress bar of a statement that takes two seconds on standard output, which --json needs.
        connection.execute("SET enable_progress_bar = false")
        return connection


def _counted_limit(limit: str) -> str:
    """Return the limit to give to DuckDB. A limit that is no size stays as it is: DuckDB refuses it."""
    size = re.fullmatch(r"(\d+(?:\.\d+)?)(\s*[A-Za-z]+)", limit)
    return f"{float(size[1]) * COUNTED_MEMORY_SHARE:g}{size[2]}" if size else limit


def attach(connection: DuckDBPyConnection, file: Path, options: str, catalog: str) -> None:
    """Attach a file as the database `catalog` and use it. Raise WarehouseUnusable or WarehouseBusy."""
    import duckdb

    try:
        connection.execute(
            f"ATTACH {sql.text(str(file))} AS {sql.name(catalog)}" + (f" ({options})" if options else "")
        )
        connection.execute(f"USE {sql.name(catalog)}")
    except duckdb.Error as error:
        raise _attach_error(error, file) from None


def _attach_error(error: Exception, file: Path) -> WarehouseError:
    """Return the error that says in one sentence why DuckDB cannot open the file, and what to do."""
    message = str(error)
    if held := re.search(r"held in (.+?) \(PID (\d+)\)", message):
        program, process = held.groups()
        return WarehouseBusy(
            f"{file} is open for writing in {program} (process {process}): close it there; readers open it read-only."
        )
    if "already attached" in message or "different configuration" in message:
        return WarehouseBusy(f"{file} is open for writing in this very process: close that connection first.")
    if versions := re.search(r"version number (\d+)", message):
        import duckdb

        return WarehouseUnusable(
            f"{file} was written by a newer DuckDB (storage version {versions[1]}) than the {duckdb.__version__} "
            "installed here: upgrade the package duckdb."
        )
    if "not a valid DuckDB database" in message:
        return WarehouseUnusable(f"{file} is not a DuckDB file: give another path, or move it away.")
    if "Permission denied" in message:
        return WarehouseUnusable(f"{file} may not be read by this user: change its rights.")
    return _disk_error(file, message) if _DISK_ERROR.search(message) else damaged_file_error(file)


def _disk_error(file: Path, message: str) -> WarehouseUnusable:
    named = re.search(r"no space left on device|input/output error|read-only file system", message, re.IGNORECASE)
    why = f" ({named[0].lower()})" if named else ""
    return WarehouseUnusable(f"The disk refuses to read or write {file}{why}: see to the disk, and do this again.")


def damaged_file_error(file: Path) -> WarehouseUnusable:
    """Return the error for a damaged file: the live one, or a former version."""
    if file.parent.name == VERSIONS:
        return WarehouseUnusable(
            f"{file}, a version of the warehouse that is kept, is damaged, DuckDB cannot read it: remove it, or bring "
            "it back from a copy, and do this again."
        )
    kept = WarehousePaths(file).versions.relative_to(file.parent)
    return WarehouseUnusable(
        f"{file} is damaged, DuckDB cannot read it: put the newest file of {kept} in its place, or move it away, "
        "and load again."
    )


@contextmanager
def interruptible() -> Iterator[None]:
    """Let Ctrl-C through: DuckDB catches it while a statement runs, and raises an error of its own instead."""
    try:
        yield
    except RuntimeError as error:
        if "interrupted" in str(error).lower():
            raise KeyboardInterrupt from None
        raise


@contextmanager
def translate_errors(file: Path) -> Iterator[None]:
    """Turn DuckDB's errors into ours. They name only the kind of error: DuckDB's own words may quote a value."""
    import duckdb

    try:
        with interruptible():
            yield
    except duckdb.OutOfMemoryException:
        raise WarehouseError(
            f"The load into {file} needs more memory than DuckDB was given: raise HUGGY_MEMORY_LIMIT."
        ) from None
    except duckdb.Error as error:
        if re.search(r"corrupt|checksum|could not read enough", str(error), re.IGNORECASE):
            raise damaged_file_error(file) from None
        if _DISK_ERROR.search(str(error)):
            raise _disk_error(file, str(error)) from None
        if isinstance(error, duckdb.IOException):
            raise WarehouseUnusable(
                f"The load into {file} could not read or write a file: see whether the disk has room, and load again."
            ) from None
        raise WarehouseError(
            f"The load into {file} failed inside DuckDB ({type(error).__name__}): please report it, with the versions "
            "of duckdb and huggy-connector."
        ) from None
