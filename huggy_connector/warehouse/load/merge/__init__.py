"""The merge of snapshots into a table: they are staged, compared and written, with their history."""
