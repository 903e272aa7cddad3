"""Reads the warehouse: queries, its status, and the data dictionary."""
