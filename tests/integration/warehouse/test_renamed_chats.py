"""A chat has the names of today, also where nothing else of it has changed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from huggy_connector.warehouse import BusinessCalendar
from huggy_connector.warehouse.marts.refresh import refresh_marts
from tests.integration.warehouse.test_touched_chats import change_chat

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

CALENDAR = BusinessCalendar()


def test_chats_have_the_names_of_today_and_say_that_they_are_missing(tables: DuckDBPyConnection) -> None:
    for number in (1, 2):
        change_chat(tables, (1, number, 5, number, False, None))
    tables.execute("UPDATE chats SET agent_id = 7, department_id = 31, tabulation_id = 12, tabulation_name = 'Venda'")
    tables.execute("UPDATE chats SET channels = [{uuid: 'u', id: 555, name: 'Loja', type: 'widget'}]")
    tables.execute("INSERT INTO agents (company_id, id, name) VALUES (1, 7, 'Ana'), (2, 7, 'Rui')")
    tables.execute("INSERT INTO departments (company_id, id, name) VALUES (1, 31, 'Vendas')")
    found = []
    for change in (
        "SELECT 1",
        "UPDATE agents SET name = 'Ana Souza' WHERE company_id = 1",
        "DELETE FROM departments",
        "UPDATE chats SET deleted_grade = 'missing_once' WHERE id = 2",
    ):
        tables.execute(change)
        refresh_marts(tables, CALENDAR)
        found.append(
            tables.execute(
                "SELECT chat_id, agent, department, tabulation, entry, deleted_grade FROM marts.chat_times ORDER BY 1"
            ).fetchall()
        )
    assert found[0] == [(chat, "Ana", "Vendas", "Venda", "Loja", None) for chat in (1, 2)]
    assert found[1] == [(chat, "Ana Souza", "Vendas", "Venda", "Loja", None) for chat in (1, 2)]
    assert found[2] == [(chat, "Ana Souza", None, "Venda", "Loja", None) for chat in (1, 2)]
    assert [row[-1] for row in found[3]] == [None, "missing_once"]
