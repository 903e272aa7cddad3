"""The DuckDB file: load and publish, read and describe. Importing this does not import duckdb."""

from huggy_connector.warehouse.calendar import BusinessCalendar, read_calendar
from huggy_connector.warehouse.dictionary import all_tables, as_markdown, table_named
from huggy_connector.warehouse.erasure import Leaving, erasing
from huggy_connector.warehouse.load import examine, load
from huggy_connector.warehouse.load_report import LoadReport, TableReport, followed_by
from huggy_connector.warehouse.mirror import POINTER, mirror
from huggy_connector.warehouse.read import Answer, connect, export, query
from huggy_connector.warehouse.rollback import RollbackReport, conclude, judge, rollback
from huggy_connector.warehouse.shape import Column, Table
from huggy_connector.warehouse.status import Freshness, Run, Status, status
from huggy_connector.warehouse.verdicts import Verdicts

__all__ = [
    "POINTER",
    "Answer",
    "BusinessCalendar",
    "Column",
    "Freshness",
    "Leaving",
    "LoadReport",
    "RollbackReport",
    "Run",
    "Status",
    "Table",
    "TableReport",
    "Verdicts",
    "all_tables",
    "as_markdown",
    "conclude",
    "connect",
    "erasing",
    "examine",
    "export",
    "followed_by",
    "judge",
    "load",
    "mirror",
    "query",
    "read_calendar",
    "rollback",
    "status",
    "table_named",
]
