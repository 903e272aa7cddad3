"""The load: chooses the new snapshots, and brings their rows into the tables, in one transaction on a copy."""
