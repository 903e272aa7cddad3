"""Answers the flows of Huggy from the published warehouse: what `huggy serve` needs for /flow/{query}.

queries      keeps the newest version open, and answers questions from it
version      one open version
index        what a version gets in memory, so that a lookup reads no whole table
statement    checks a query against a version, and runs it
query_file   the head of an .sql file: what goes in, what comes out
*.sql        the built-in query `customer`, and the table that it reads
"""
