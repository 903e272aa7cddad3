"""Where a file has two companies, a connection of one reads it as if there were no other."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

from huggy_connector.errors import ConfigurationError, WarehouseUnusable
from huggy_connector.warehouse import connect, export, list_tables, query
from huggy_connector.warehouse.read.dictionary import list_macros

if TYPE_CHECKING:
    from tests.integration.warehouse.conftest import Desk

Chat = Callable[..., dict[str, Any]]
SAME_ID = "SELECT count(*) FROM chats c JOIN marts.chat_times t ON t.chat_id = c.id"


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory, desk_type: type[Desk], chat: Chat) -> Desk:
    desk = desk_type(tmp_path_factory.mktemp("two"))
    desk.land([chat(1), chat(2)], company_id=4242)
    desk.land([chat(1, channel="email"), chat(3)], company_id=5151, minute=30)
    desk.load()
    return desk


def test_what_doubles_or_fails_with_two_companies_is_right_for_one(desk: Desk) -> None:
    assert query(desk.warehouse, SAME_ID).rows == ((6,),)
    assert query(desk.warehouse, SAME_ID, company_id=4242).rows == ((2,),)
    moment = "SELECT count(*) FROM marts.chat_times WHERE created_at < (SELECT as_of FROM marts.as_of)"
    with pytest.raises(ConfigurationError, match="read one company with --company-id"):
        query(desk.warehouse, moment)
    assert query(desk.warehouse, moment, company_id=5151).rows == ((2,),)


def test_every_table_view_and_macro_is_there_under_its_name(desk: Desk) -> None:
    with connect(desk.warehouse, company_id=5151) as connection:
        for table in list_tables():
            has_company = any(column.name == "company_id" for column in table.columns)
            counted = f"count(*) FILTER ({'company_id <> 5151' if has_company else 'false'})"
            assert connection.execute(f"SELECT {counted} FROM {table.title}").fetchall() == [(0,)], table.title
        for macro in list_macros():
            found = f"FROM {macro.schema}.{macro.name}('2027-01-01')"
            assert connection.execute(f"SELECT count(*) FILTER (company_id <> 5151) {found}").fetchall() == [(0,)]
        assert connection.execute("SELECT count(*) FROM history.chats_as_of('2027-01-01')").fetchall() == [(2,)]


def test_a_file_of_rows_is_of_one_company(desk: Desk) -> None:
    target = desk.folder / "chats.csv"
    assert export(desk.warehouse, "SELECT id, channel FROM chats ORDER BY id", target, company_id=5151) == 2
    assert target.read_text(encoding="utf-8").split() == ["id,channel", "1,email", "3,widget"]


def test_another_number_is_refused_with_those_that_there_are(desk: Desk) -> None:
    with pytest.raises(ConfigurationError, match=r"There is no company 7 in .*: choose from 4242, 5151\."):
        query(desk.warehouse, "SELECT 1", company_id=7)


def test_the_file_of_another_program_has_no_companies(desk: Desk) -> None:
    import duckdb

    other = desk.folder / "other.duckdb"
    duckdb.connect(str(other)).close()
    with pytest.raises(WarehouseUnusable, match="no list of companies"):
        query(other, "SELECT 1", company_id=7)
