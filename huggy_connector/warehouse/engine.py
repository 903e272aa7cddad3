"""DuckDB as we open it, and what its errors mean."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from huggy_connector.errors import ConfigurationError, WarehouseBusy, WarehouseError, WarehouseUnusable
from huggy_connector.warehouse import sql
from huggy_connector.warehouse.place import VERSIONS, Place

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

STORAGE_VERSION = "v1.2.0"
"""The file format: DuckDB 1.2 to 2 and the BI tools built on them read it."""

CATALOG = "warehouse"
"""What the file is called while it is loaded into."""

_DISK = re.compile(
    r"no space left|quota exceeded|input/output error|read-only file system|could not (?:write|fsync|truncate)"
    r"|fsync failed",
    re.IGNORECASE,
)
"""In DuckDB's words for what the disk refused, whatever kind of error it makes of them: no file is damaged by it."""

COUNTED = 0.85
"""The part of its memory that DuckDB counts, measured at 5 million chats: not the buffers of what it reads."""


@dataclass(frozen=True, slots=True)
class Engine:
    """How much of the machine a load may take: `memory_limit`, as DuckDB writes it, and up to 250 MB for the rest."""

    memory_limit: str = "1GB"
    threads: int = 2

    @contextmanager
    def reading(self, file: Path, *, spill: Path) -> Iterator[DuckDBPyConnection]:
        """A connection that has `file` attached read-only and in use."""
        with self._open(spill) as connection:
            attach(connection, file, "READ_ONLY", CATALOG)
            yield connection

    @contextmanager
    def writing(self, file: Path, *, spill: Path) -> Iterator[DuckDBPyConnection]:
        """A connection that has `file` attached for writing and in use; the file is created where there is none."""
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
        """A connection in memory: nothing is downloaded, no Python variable is taken for a table, times are UTC.

        What does not fit in memory is put in the folder `spill`, if there is one.
        """
        import duckdb

        try:
            connection = duckdb.connect(
                config={
                    "memory_limit": _counted(self.memory_limit),
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
                f"DuckDB takes no memory_limit {self.memory_limit!r} with {self.threads} threads: give a size like 1GB."
            ) from None
        connection.execute("SET TimeZone = 'UTC'")
        # DuckDB draws the bar of a statement that takes two seconds on standard output, into what --json prints.
        connection.execute("SET enable_progress_bar = false")
        return connection


def _counted(limit: str) -> str:
    """What DuckDB is told of a limit; where that is no size, DuckDB says so."""
    size = re.fullmatch(r"(\d+(?:\.\d+)?)(\s*[A-Za-z]+)", limit)
    return f"{float(size[1]) * COUNTED:g}{size[2]}" if size else limit


def attach(connection: DuckDBPyConnection, file: Path, options: str, catalog: str) -> None:
    """Attaches a file and makes it the one in use. Raises WarehouseUnusable or WarehouseBusy."""
    import duckdb

    try:
        connection.execute(
            f"ATTACH {sql.text(str(file))} AS {sql.name(catalog)}" + (f" ({options})" if options else "")
        )
        connection.execute(f"USE {sql.name(catalog)}")
    except duckdb.Error as error:
        raise _meaning(error, file) from None


def _meaning(error: Exception, file: Path) -> WarehouseError:
    said = str(error)
    if held := re.search(r"held in (.+?) \(PID (\d+)\)", said):
        program, process = held.groups()
        return WarehouseBusy(
            f"{file} is open for writing in {program} (process {process}): close it there; readers open it read-only."
        )
    if "already attached" in said or "different configuration" in said:
        return WarehouseBusy(f"{file} is open for writing in this very process: close that connection first.")
    if versions := re.search(r"version number (\d+)", said):
        import duckdb

        return WarehouseUnusable(
            f"{file} was written by a newer DuckDB (storage version {versions[1]}) than the {duckdb.__version__} "
            "installed here: upgrade the package duckdb."
        )
    if "not a valid DuckDB database" in said:
        return WarehouseUnusable(f"{file} is not a DuckDB file: give another path, or move it away.")
    if "Permission denied" in said:
        return WarehouseUnusable(f"{file} may not be read by this user: change its rights.")
    return _refused(file, said) if _DISK.search(said) else damaged(file)


def _refused(file: Path, said: str) -> WarehouseUnusable:
    named = re.search(r"no space left on device|input/output error|read-only file system", said, re.IGNORECASE)
    why = f" ({named[0].lower()})" if named else ""
    return WarehouseUnusable(f"The disk refuses to read or write {file}{why}: see to the disk, and do this again.")


def damaged(file: Path) -> WarehouseUnusable:
    if file.parent.name == VERSIONS:
        return WarehouseUnusable(
            f"{file}, a version of the warehouse that is kept, is damaged, DuckDB cannot read it: remove it, or bring "
            "it back from a copy, and do this again."
        )
    kept = Place(file).versions.relative_to(file.parent)
    return WarehouseUnusable(
        f"{file} is damaged, DuckDB cannot read it: put the newest file of {kept} in its place, or move it away, "
        "and load again."
    )


@contextmanager
def interruptible() -> Iterator[None]:
    """Lets Ctrl-C through: while a statement runs, DuckDB takes it and raises an error of its own instead."""
    try:
        yield
    except RuntimeError as error:
        if "interrupted" in str(error).lower():
            raise KeyboardInterrupt from None
        raise


@contextmanager
def explained(file: Path) -> Iterator[None]:
    """Turns DuckDB's errors into ours. Only the kind is told: DuckDB's own words may quote a value."""
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
            raise damaged(file) from None
        if _DISK.search(str(error)):
            raise _refused(file, str(error)) from None
        if isinstance(error, duckdb.IOException):
            raise WarehouseUnusable(
                f"The load into {file} could not read or write a file: see whether the disk has room, and load again."
            ) from None
        raise WarehouseError(
            f"The load into {file} failed inside DuckDB ({type(error).__name__}): please report it, with the versions "
            "of duckdb and huggy-connector."
        ) from None
