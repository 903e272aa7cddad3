"""The DuckDB file: load and publish, read and describe. Importing this does not import duckdb."""

from huggy_connector.warehouse.admin.erasure import ErasureRequest, lock_for_erasure
from huggy_connector.warehouse.admin.mirror import POINTER, mirror_version
from huggy_connector.warehouse.admin.rollback import RollbackReport, confirm_rollback, decide_snapshots, roll_back
from huggy_connector.warehouse.file.blocklist import SnapshotDecisions
from huggy_connector.warehouse.load.actions import ActionLog
from huggy_connector.warehouse.load.load import check_load, load_snapshots
from huggy_connector.warehouse.load.load_report import LoadReport, TableReport, load_and_then
from huggy_connector.warehouse.marts.calendar import BusinessCalendar
from huggy_connector.warehouse.marts.calendar_file import read_calendar
from huggy_connector.warehouse.read.dictionary import find_table, format_markdown, list_tables
from huggy_connector.warehouse.read.open_campaigns import OpenCampaign
from huggy_connector.warehouse.read.queries import QueryResult, connect, export, query
from huggy_connector.warehouse.read.status import LoadedSnapshot, TableFreshness, WarehouseStatus, read_status
from huggy_connector.warehouse.read.webhook_coverage import CoverageHole, WebhookCoverage, read_webhook_coverage
from huggy_connector.warehouse.schema.table_spec import TableColumn, TableSpec

__all__ = [
    "POINTER",
    "ActionLog",
    "BusinessCalendar",
    "CoverageHole",
    "ErasureRequest",
    "LoadReport",
    "LoadedSnapshot",
    "OpenCampaign",
    "QueryResult",
    "RollbackReport",
    "SnapshotDecisions",
    "TableColumn",
    "TableFreshness",
    "TableReport",
    "TableSpec",
    "WarehouseStatus",
    "WebhookCoverage",
    "check_load",
    "confirm_rollback",
    "connect",
    "decide_snapshots",
    "export",
    "find_table",
    "format_markdown",
    "list_tables",
    "load_and_then",
    "load_snapshots",
    "lock_for_erasure",
    "mirror_version",
    "query",
    "read_calendar",
    "read_status",
    "read_webhook_coverage",
    "roll_back",
]
