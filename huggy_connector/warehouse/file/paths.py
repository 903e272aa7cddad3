"""The paths of the warehouse: the live file, what lies beside it, and which paths it may not have."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from huggy_connector.errors import ConfigurationError
from huggy_connector.storage import resolve_links

RESERVED_NAMES = ("history", "marts", "meta", "main", "temp", "system", "memory", "information_schema", "pg_catalog")
"""DuckDB names a database after its file: with one of these names `meta.loads` or an ATTACH would be ambiguous."""

VERSIONS = "versions"
"""The name of the folder of former versions."""


@dataclass(frozen=True, slots=True)
class WarehousePaths:
    """The live file, and the hidden folder beside it, on the same file system, that holds everything else."""

    live: Path

    @classmethod
    def at(cls, path: str | Path) -> Self:
        """Return the paths of the warehouse at `path`, with symbolic links followed.

        Raise ConfigurationError for a path that no warehouse may have.
        """
        given = str(path)
        if not given or given == ":memory:" or re.match(r"[A-Za-z][A-Za-z0-9+.-]+://", given):
            raise ConfigurationError(f"The warehouse {given!r} is no file: give a path on a local disk.")
        try:
            live = resolve_links(Path(given).expanduser())
        except OSError as error:
            raise ConfigurationError(
                f"The warehouse {given!r} cannot be reached ({error.strerror}): give another path."
            ) from None
        except (RuntimeError, ValueError):  # an unknown user after ~, a NUL, half of a surrogate pair
            raise ConfigurationError(f"The warehouse {given!r} is no path: give another one.") from None
        stem = cls(live).name
        if not stem:
            raise ConfigurationError(f"The warehouse {given!r} has no name: give one such as huggy.duckdb.")
        if stem.lower() in RESERVED_NAMES:
            raise ConfigurationError(
                f"The warehouse may not be called {live.name!r}: DuckDB could not tell it from its schema {stem!r}. "
                "Choose another name, such as huggy.duckdb."
            )
        if "?" in str(live):  # DuckDB takes what follows for the query of a URL, and puts the .wal elsewhere
            raise ConfigurationError(f"The warehouse {given!r} has a question mark in its path: choose one without.")
        if live.is_dir():
            raise ConfigurationError(f"The warehouse {given!r} is a folder: give the path of a file in it.")
        if live.exists() and not live.is_file():
            raise ConfigurationError(f"The warehouse {given!r} is no regular file: give another path.")
        if not live.parent.is_dir():
            raise ConfigurationError(f"The warehouse's folder {str(live.parent)!r} does not exist: create it first.")
        return cls(live)

    @property
    def name(self) -> str:
        """DuckDB's name of the database of this file: up to the first dot, without a dot that hides the file."""
        return self.live.name.lstrip(".").split(".", 1)[0]

    @property
    def hidden_folder(self) -> Path:
        """The folder of all that belongs to the live file: `.<name>.d`."""
        return self.live.parent / f".{self.live.name}.d"

    @property
    def lock(self) -> Path:
        """The lock file of whoever changes the warehouse. It is never removed: waiters would hold different files."""
        return self.hidden_folder / "lock"

    @property
    def draft(self) -> Path:
        """The copy that a load writes into."""
        return self.hidden_folder / "draft.duckdb"

    @property
    def rewritten(self) -> Path:
        """The rewritten file of an erasure, free of what the old file once held."""
        return self.hidden_folder / "afresh.duckdb"

    @property
    def spill(self) -> Path:
        """The folder where DuckDB puts what does not fit in memory."""
        return self.hidden_folder / "spill"

    @property
    def decisions(self) -> Path:
        """The decisions of a person about snapshots: see blocklist.py."""
        return self.hidden_folder / "snapshots.json"

    @property
    def versions(self) -> Path:
        """The folder of former versions. Each is a whole warehouse, named `<version>.duckdb`."""
        return self.hidden_folder / VERSIONS

    def version_path(self, number: int) -> Path:
        """Return the path of a former version."""
        return self.versions / f"{number:08d}.duckdb"

    def former_versions(self) -> tuple[tuple[int, Path], ...]:
        """Return the former versions that are kept, as (version, path), oldest first."""
        found = self.versions.glob("*.duckdb") if self.versions.is_dir() else ()
        return tuple(sorted((int(path.stem), path) for path in found if path.stem.isdecimal()))


def wal_of(file: Path) -> Path:
    """Return the path of DuckDB's write-ahead log of a file."""
    return file.with_name(file.name + ".wal")
