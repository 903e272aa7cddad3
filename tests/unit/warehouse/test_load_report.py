"""The report of a load: counts by company and table, and what is done after a load."""

from __future__ import annotations

import pytest

from huggy_connector.errors import CheckFailed, CompanyStopped
from huggy_connector.warehouse.file.engine import EngineLimits
from huggy_connector.warehouse.file.publish_log import insert_rows
from huggy_connector.warehouse.load.load_report import LoadReport, TableReport, load_and_then, read_table_reports
from huggy_connector.warehouse.schema import meta
from huggy_connector.warehouse.schema.migrate import migrate_tables

REPORT = LoadReport(
    "huggy.duckdb",
    3,
    published=True,
    companies={
        2: {"chats": TableReport(10, 4, 3, 2), "agents": TableReport(1)},
        1: {"chats": TableReport(5, 1, 0, 1)},
    },
    warnings=("The load warns.",),
)


def test_the_tables_of_a_report_are_the_sums_over_all_companies() -> None:
    assert REPORT.tables == {
        "chats": TableReport(rows=15, changed=5, added=3, confirmed=3),
        "agents": TableReport(rows=1),
    }
    assert LoadReport("huggy.duckdb", 1, published=False, companies={}).tables == {}


def test_a_table_is_reported_with_its_rows_now_and_what_the_load_did_to_it() -> None:
    with EngineLimits().connect(None) as connection:
        migrate_tables(connection, (meta.FRESHNESS,))
        rows = ((7, "contacts", 2), (4242, "chats", 9), (7, "chats", 0))
        insert_rows(
            connection,
            meta.FRESHNESS,
            [{"company_id": company, "resource": resource, "rows": count} for company, resource, count in rows],
        )
        done = {(4242, "chats"): TableReport(0, 5, 4, 1), (99, "chats"): TableReport(0, 1, 1, 0)}
        reports = read_table_reports(connection, done)
        assert reports == {
            7: {"chats": TableReport(0), "contacts": TableReport(2)},
            4242: {"chats": TableReport(9, 5, 4, 1)},
        }
        assert list(reports) == [7, 4242]
        assert read_table_reports(connection)[4242] == {"chats": TableReport(9)}


def test_what_comes_after_a_load_adds_its_warnings_to_those_of_the_load() -> None:
    report = load_and_then(lambda: REPORT, lambda: ("A copy failed.",))
    assert report.warnings == ("The load warns.", "A copy failed.")
    assert REPORT.warnings == ("The load warns.",)


def test_what_comes_after_a_load_is_done_if_one_company_was_stopped() -> None:
    def stop() -> LoadReport:
        raise CompanyStopped("Company 7 stays as it was.", REPORT)

    with pytest.raises(CompanyStopped, match=r"^Company 7 stays as it was\.$") as caught:
        load_and_then(stop, lambda: ("A copy failed.",))
    assert caught.value.report.warnings == ("The load warns.", "A copy failed.")


def test_nothing_comes_after_a_load_that_published_nothing() -> None:
    def fail() -> LoadReport:
        raise CheckFailed("Nothing was published.")

    with pytest.raises(CheckFailed):
        load_and_then(fail, lambda: pytest.fail("called"))
