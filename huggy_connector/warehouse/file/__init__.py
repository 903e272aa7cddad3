"""The DuckDB file: its paths, how it is opened, and how a new version replaces the old one."""
