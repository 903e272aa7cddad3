"""How DuckDB is opened, and what its refusals to open a file mean."""

from contextlib import closing
from pathlib import Path
from typing import Any

import duckdb
import pytest

from huggy_connector.errors import HuggyError, WarehouseBusy, WarehouseUnusable
from huggy_connector.warehouse.file.engine import SMALL_FILE_BYTES, EngineLimits, attach, translate_errors

NEWER = (
    f"/f was written by a newer DuckDB (storage version 99) than the {duckdb.__version__} installed here: "
    "upgrade the package duckdb."
)


class Refusing:
    """A connection that answers every statement with an error."""

    def __init__(self, said: str) -> None:
        self._said = said

    def execute(self, _: str) -> None:
        raise duckdb.IOException(self._said)


@pytest.mark.parametrize(
    ("said", "error", "sentence"),
    [
        (
            "Trying to read a database file with version number 99, but we can only read versions between 64 and 69.",
            WarehouseUnusable,
            NEWER,
        ),
        (
            'Could not set lock on file "/f": Conflicting lock is held in /usr/bin/python3.11 (PID 15393).',
            WarehouseBusy,
            "/f is open for writing in /usr/bin/python3.11 (process 15393): close it there; readers open it read-only.",
        ),
        (
            'Unique file handle conflict: the database file "/f" is already attached by database "huggy"',
            WarehouseBusy,
            "/f is open for writing in this very process: close that connection first.",
        ),
        (
            'IO Error: Cannot open file "/f": Permission denied',
            WarehouseUnusable,
            "/f may not be read by this user: change its rights.",
        ),
        (
            'IO Error: The file "/f" exists, but it is not a valid DuckDB database file!',
            WarehouseUnusable,
            "/f is not a DuckDB file: give another path, or move it away.",
        ),
    ],
)
def test_a_refusal_of_duckdb_becomes_one_sentence_that_says_what_to_do(
    said: str, error: type[HuggyError], sentence: str
) -> None:
    connection: Any = Refusing(said)
    with pytest.raises(error) as caught:
        attach(connection, Path("/f"), "READ_ONLY", "w")
    assert str(caught.value) == sentence


REFUSED = [
    (duckdb.IOException, 'IO Error: Cannot open file "/f": No space left on device', " (no space left on device)"),
    (duckdb.IOException, 'IO Error: Cannot open file "/f": Read-only file system', " (read-only file system)"),
    (duckdb.IOException, 'IO Error: Could not write file "/f": Input/output error', " (input/output error)"),
    (duckdb.IOException, 'IO Error: Could not fsync file "/f": No space left on device', " (no space left on device)"),
    (duckdb.FatalException, "FATAL Error: fsync failed!", ""),
    (
        duckdb.TransactionException,
        'TransactionContext Error: Failed to commit: Could not write file "/f": Input/output error',
        " (input/output error)",
    ),
]
"""What DuckDB 2.0 says where single calls fail: see tests/integration/faults/calls.c."""


@pytest.mark.parametrize(("kind", "said", "why"), REFUSED)
def test_an_error_of_the_disk_is_reported_as_such_and_not_as_damage_or_a_bug(
    kind: type[duckdb.Error], said: str, why: str
) -> None:
    sentence = f"The disk refuses to read or write /f{why}: see to the disk, and do this again."
    connection: Any = Refusing(said)
    with pytest.raises(WarehouseUnusable) as opened:
        attach(connection, Path("/f"), "", "w")
    with pytest.raises(WarehouseUnusable) as written, translate_errors(Path("/f")):
        raise kind(said)
    assert [str(each.value) for each in (opened, written)] == [sentence, sentence]


def test_no_statement_draws_a_progress_bar_on_standard_output() -> None:
    with closing(EngineLimits().connect(None)) as connection:
        assert connection.execute("SELECT current_setting('enable_progress_bar')").fetchall() == [(False,)]


def test_a_load_of_a_small_file_has_one_thread() -> None:
    limits = EngineLimits(memory_limit="2GB", threads=4)
    assert limits.for_file_of(SMALL_FILE_BYTES - 1) == EngineLimits(memory_limit="2GB", threads=1)
    assert limits.for_file_of(SMALL_FILE_BYTES) == limits
