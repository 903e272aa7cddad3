"""Each temporary table has a name of its own, and one place where it is named."""

import re
from pathlib import Path

import pytest

from huggy_connector import warehouse
from huggy_connector.warehouse.schema import temp_tables

NAMES = {constant: name for constant, name in vars(temp_tables).items() if constant.isupper()}
ROOMS = ("load", "admin", "marts")
MODULES = [path for room in ROOMS for path in sorted((Path(warehouse.__file__).parent / room).rglob("*.py"))]


def test_no_two_temporary_tables_share_a_name() -> None:
    assert len(set(NAMES.values())) == len(NAMES)


def test_a_name_begins_with_its_owner_unless_an_sql_file_of_a_mart_reads_it() -> None:
    for constant, name in NAMES.items():
        assert name == constant.removeprefix("MART_").lower()


@pytest.mark.parametrize("module", MODULES, ids=lambda path: path.stem)
def test_a_module_creates_temporary_tables_by_these_names_only(module: Path) -> None:
    created = re.findall(r"TEMP (?:TABLE|VIEW) (\S+)", module.read_text())
    constants = {name.rstrip('"').strip("{}") for name in created} - {"sql.name(table)", "sql.name(view)"}
    assert constants <= NAMES.keys()


def test_every_name_is_created_by_one_module() -> None:
    for constant in NAMES:
        creating = [
            path.stem
            for path in MODULES
            if re.search(
                rf"TEMP (?:TABLE|VIEW|MACRO) {{{constant}}}|(?:view|listing)={constant}|register\({constant}",
                path.read_text(),
            )
        ]
        expected = ["history", "stage"] if constant == "HISTORY_SPLICED" else creating[:1]
        assert creating == expected != [], constant
