"""The command that explains the tables: describe."""
