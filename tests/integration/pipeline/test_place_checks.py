"""A place for landing or warehouse is checked as a run would find it, and nothing is made there."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb
import pytest

from huggy_connector.errors import HuggyError
from huggy_connector.pipeline.place_checks import check_landing_place, check_warehouse_place
from huggy_connector.settings import Settings


def settings_with(**given: Any) -> Settings:
    return Settings.resolve(explicit=given, environ={})


def read_refusal(act: Any, **given: Any) -> str:
    with pytest.raises(HuggyError) as raised:
        act(settings_with(**given))
    return str(raised.value)


def test_places_that_can_be_used_are_left_as_they_are(tmp_path: Path) -> None:
    (tmp_path / "old").mkdir()
    duckdb.connect(str(tmp_path / "nothing.duckdb")).close()
    before = sorted(tmp_path.rglob("*"))
    for folder in ("old", "new", "new/below"):
        check_landing_place(settings_with(landing=tmp_path / folder))
    for file in ("new.duckdb", "nothing.duckdb"):
        check_warehouse_place(settings_with(warehouse=tmp_path / file))
    assert sorted(tmp_path.rglob("*")) == before


@pytest.mark.parametrize("place", ["note.txt", "note.txt/below"])
def test_a_file_in_the_way_of_the_landing_is_told(tmp_path: Path, place: str) -> None:
    (tmp_path / "note.txt").touch()
    assert read_refusal(check_landing_place, landing=tmp_path / place) == (
        f"The landing {tmp_path / place} is no folder, or a file lies in its way: move the file, or set HUGGY_LANDING "
        "to another folder."
    )


def test_a_place_where_nobody_can_write_is_told() -> None:
    assert read_refusal(check_landing_place, landing="/proc/landing").startswith("The landing /proc/landing ")
    assert read_refusal(check_warehouse_place, warehouse="/proc/huggy.duckdb").startswith(
        "The warehouse's folder /proc cannot be written to ("
    )


def test_a_file_that_is_no_warehouse_of_ours_is_told(tmp_path: Path) -> None:
    theirs, text, reserved = (tmp_path / name for name in ("theirs.duckdb", "note.txt", "main.duckdb"))
    with duckdb.connect(str(theirs)) as connection:
        connection.execute("CREATE TABLE t (a INT)")
    text.write_text("a note" * 1_000)
    before = {path: path.read_bytes() for path in tmp_path.iterdir()}
    assert [read_refusal(check_warehouse_place, warehouse=path) for path in (theirs, text, reserved, tmp_path)] == [
        (
            f"{theirs} holds 1 tables, views or other things of someone else: the warehouse is a file of its own. Give "
            "another path, and join the two with ATTACH."
        ),
        f"{text} is not a DuckDB file: give another path, or move it away.",
        (
            "The warehouse may not be called 'main.duckdb': DuckDB could not tell it from its schema 'main'. Choose "
            "another name, such as huggy.duckdb."
        ),
        f"The warehouse {str(tmp_path)!r} is a folder: give the path of a file in it.",
    ]
    assert {path: path.read_bytes() for path in tmp_path.iterdir()} == before
