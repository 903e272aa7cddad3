"""How rows are written: values as text, files by their suffix, workbooks."""
