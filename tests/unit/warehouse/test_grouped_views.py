"""A mart of several groupings is an internal table, and one view for each of them."""

from huggy_connector.warehouse.marts.definitions import read_definitions
from huggy_connector.warehouse.marts.grouped_views import INTERNAL_PREFIX
from huggy_connector.warehouse.marts.mart_definition import RefreshKind

MARTS = {each.table.name: each for each in read_definitions() if each.table.schema == "marts"}
METRICS = ("first_response", "handling", "queue_wait", "resolution")


def test_each_grouping_is_a_view_and_the_table_says_that_it_is_internal() -> None:
    grouped = {name for name, each in MARTS.items() if each.groups}
    suffixes = ("", "_and_channel", "_and_department", "_and_agent")
    views = {f"{metric}_by_day{suffix}" for metric in METRICS for suffix in suffixes}
    tables = {f"{INTERNAL_PREFIX}{metric}_by_day" for metric in METRICS}
    assert grouped == views | tables
    assert {
        name for name in views if MARTS[name].refresh is not RefreshKind.VIEW or not MARTS[name].table.view
    } == set()
    assert {MARTS[name].refresh for name in tables} == {RefreshKind.DAYS}
    assert {name for name in tables if not MARTS[name].table.comment.pt.startswith("Interna: 4 agrupamentos")} == set()


def test_a_view_has_the_columns_of_its_grouping_with_the_name_and_no_other_grouping() -> None:
    measures = ["chats", "measured", "median_minutes"]
    expected = {
        "": ["company_id", "day", *measures],
        "_and_channel": ["company_id", "day", "channel", *measures],
        "_and_department": ["company_id", "day", "department_id", "department", *measures],
        "_and_agent": ["company_id", "day", "agent_id", "agent", *measures],
    }
    for suffix, columns in expected.items():
        found = [column.name for column in MARTS[f"handling_by_day{suffix}"].table.columns]
        assert found[: len(columns)] == columns
        assert "grouped_by" not in found


def test_a_view_says_what_its_rows_are_of_in_both_languages() -> None:
    words = MARTS["first_response_by_day_and_agent"].table.comment
    assert words.en.startswith("First response by day and agent: how long")
    assert words.pt.startswith("Primeira resposta por dia e agente: quanto")


def test_each_view_has_its_part_of_the_worked_example() -> None:
    example = MARTS["queue_wait_by_day_and_channel"].example
    assert example.expected.columns[:3] == ("channel", "chats", "measured")
    assert [row[0] for row in example.expected.rows] == ["email", "widget"]
