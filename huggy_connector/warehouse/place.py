"""Where the warehouse lies, what lies beside it, and where it may not lie."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from huggy_connector.errors import ConfigurationError

RESERVED = ("history", "marts", "meta", "main", "temp", "system", "memory", "information_schema", "pg_catalog")
"""DuckDB calls a database after its file: under one of these names `meta.loads` or an ATTACH would be ambiguous."""

VERSIONS = "versions"
"""The folder of former versions."""


@dataclass(frozen=True, slots=True)
class Place:
    """The live file, and the hidden folder beside it (the same file system) that holds everything else."""

    live: Path

    @classmethod
    def at(cls, path: str | Path) -> Self:
        """The place of a path; symbolic links are followed. Raises ConfigurationError where no warehouse may be."""
        given = str(path)
        if not given or given == ":memory:" or re.match(r"[A-Za-z][A-Za-z0-9+.-]+://", given):
            raise ConfigurationError(f"The warehouse {given!r} is no file: give a path on a local disk.")
        live = Path(given).expanduser().resolve()
        stem = live.name.split(".", 1)[0]
        if stem.lower() in RESERVED:
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
    def beside(self) -> Path:
        return self.live.parent / f".{self.live.name}.d"

    @property
    def lock(self) -> Path:
        """Held by whoever changes the warehouse. It stays where it is: removing it would split the waiters."""
        return self.beside / "lock"

    @property
    def draft(self) -> Path:
        """The copy that is worked on."""
        return self.beside / "draft.duckdb"

    @property
    def afresh(self) -> Path:
        """A file that is written anew, free of what the old one once held."""
        return self.beside / "afresh.duckdb"

    @property
    def spill(self) -> Path:
        """Where DuckDB puts what does not fit in memory."""
        return self.beside / "spill"

    @property
    def verdicts(self) -> Path:
        """What a person has decided about snapshots: see `verdicts`."""
        return self.beside / "snapshots.json"

    @property
    def verdicts_half(self) -> Path:
        """The same in the making."""
        return self.verdicts.with_suffix(".half")

    @property
    def versions(self) -> Path:
        """Former versions, each a whole warehouse, named `<version>.duckdb`."""
        return self.beside / VERSIONS

    def version(self, number: int) -> Path:
        return self.versions / f"{number:08d}.duckdb"

    def kept(self) -> tuple[tuple[int, Path], ...]:
        """The former versions that are still there, oldest first."""
        found = self.versions.glob("*.duckdb") if self.versions.is_dir() else ()
        return tuple(sorted((int(path.stem), path) for path in found if path.stem.isdecimal()))


def wal_of(file: Path) -> Path:
    """DuckDB's write-ahead log of a file."""
    return file.with_name(file.name + ".wal")
