"""Huggy's chats and contacts in a DuckDB warehouse, within the rate limit, without losing a row."""

__version__ = "0.1.0"
