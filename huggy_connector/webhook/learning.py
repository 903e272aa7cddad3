"""The window in which a receiver learns a token that is not known yet: opened once, used once. Only a hash is kept."""

from __future__ import annotations

import sqlite3
from datetime import timedelta

WINDOW = timedelta(minutes=15)
_MICROSECONDS = 1_000_000


def open_window(connection: sqlite3.Connection, company_id: int | None, *, now: int) -> None:
    """Open the window, for one company or for any. Call it in a transaction."""
    until = now + int(WINDOW.total_seconds()) * _MICROSECONDS
    connection.execute("INSERT OR REPLACE INTO meta VALUES ('learning', ?)", (f"{now} {until} {company_id or 0}",))


def use_window(connection: sqlite3.Connection, company_id: int, digest: str, *, now: int) -> bool:
    """Keep the digest if the window is open, and close it. Return whether it was. Call it in a transaction."""
    if not is_window_open(connection, company_id, now=now):
        return False
    connection.execute("DELETE FROM meta WHERE name = 'learning'")
    connection.execute("INSERT OR REPLACE INTO learned VALUES (?, ?, ?)", (company_id, digest, now))
    return True


def is_window_open(connection: sqlite3.Connection, company_id: int | None, *, now: int) -> bool:
    """Return whether it is open for this company; for None: for any."""
    found = connection.execute("SELECT value FROM meta WHERE name = 'learning'").fetchone()
    if found is None:
        return False
    since, until, only = map(int, found[0].split())
    # A clock that was set back to before the window does not prolong it.
    return since <= now <= until and (company_id is None or only in {0, company_id})


def read_learned(connection: sqlite3.Connection) -> dict[int, str]:
    """Return the digest of each company's learned token."""
    return dict(connection.execute("SELECT company_id, digest FROM learned"))
