"""The DuckDB file: load and publish, read and describe. Nothing here imports duckdb before it is used."""

from huggy_connector.warehouse.load import LoadReport, TableReport, load

__all__ = ["LoadReport", "TableReport", "load"]
