"""The campaigns of a ledger: what a name stands for, whether it is stopped, and how many rows it has of each state."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from huggy_connector.actions.ledger.row_values import to_instant
from huggy_connector.actions.types import CampaignCounts, RowState
from huggy_connector.errors import CampaignStopped, ConfigurationError


@dataclass(frozen=True, slots=True)
class CampaignRecord:
    """A campaign as the ledger has it."""

    name: str
    action: str
    asked: str
    """The digest of what was asked for."""
    asked_by: str
    """Who began it."""
    began_at: datetime
    last_run_at: datetime
    is_stopped: bool
    counts: CampaignCounts


def begin_campaign(
    connection: sqlite3.Connection, name: str, *, action: str, asked: str, asked_by: str, now: int
) -> None:
    """Begin a campaign, or go on with it. Call it in a transaction.

    Raises ConfigurationError if the name stands for something else, and CampaignStopped.
    """
    found = connection.execute("SELECT action, asked, stopped_at FROM campaigns WHERE name = ?", (name,)).fetchone()
    if found is None:
        connection.execute(
            "INSERT INTO campaigns VALUES (?, ?, ?, ?, ?, ?, NULL)", (name, action, asked, asked_by, now, now)
        )
        return
    former_action, former_asked, stopped_at = found
    if former_action != action:
        raise ConfigurationError(
            f"The campaign {name} was begun with the action {former_action}: give this one another name."
        )
    if former_asked != asked:
        raise ConfigurationError(
            f"The campaign {name} was begun with another query or other values: ask the same again, or give this one "
            "another name."
        )
    if stopped_at is not None:
        raise CampaignStopped(f"The campaign {name} is stopped: `huggy act stop {name} --lift` lets it go on.")
    connection.execute("UPDATE campaigns SET last_run_at = ? WHERE name = ?", (now, name))


def set_stopped(connection: sqlite3.Connection, name: str, stopped_at: int | None) -> None:
    """Stop a campaign at a time, or let it go on. Raises ConfigurationError if there is none."""
    check_campaign(connection, name)
    connection.execute("UPDATE campaigns SET stopped_at = ? WHERE name = ?", (stopped_at, name))


def is_stopped(connection: sqlite3.Connection, name: str) -> bool:
    """Return whether a campaign is stopped. Raises ConfigurationError if there is none."""
    check_campaign(connection, name)
    return bool(connection.execute("SELECT stopped_at FROM campaigns WHERE name = ?", (name,)).fetchone()[0])


def check_campaign(connection: sqlite3.Connection, name: str) -> str:
    """Return who began a campaign. Raises ConfigurationError if there is none."""
    found = connection.execute("SELECT asked_by FROM campaigns WHERE name = ?", (name,)).fetchone()
    if found is None:
        raise ConfigurationError(f"There is no campaign {name}: `huggy act list` names them.")
    return str(found[0])


def count_rows(connection: sqlite3.Connection, name: str) -> CampaignCounts:
    """Return the counts of a campaign, of one moment. Raises ConfigurationError if there is none."""
    check_campaign(connection, name)
    found = connection.execute("SELECT state, count(*) FROM rows WHERE campaign = ? GROUP BY state", (name,))
    return _add_up({RowState(state): count for state, count in found})


def iter_campaigns(connection: sqlite3.Connection) -> Iterator[CampaignRecord]:
    """Yield all campaigns, the newest first."""
    found = connection.execute(
        "SELECT name, action, asked, asked_by, began_at, last_run_at, stopped_at FROM campaigns "
        "ORDER BY began_at DESC, name"
    ).fetchall()
    for name, action, asked, asked_by, began_at, last_run_at, stopped_at in found:
        times = to_instant(began_at), to_instant(last_run_at)
        counts = count_rows(connection, name)
        yield CampaignRecord(name, action, asked, asked_by, *times, is_stopped=stopped_at is not None, counts=counts)


def _add_up(by_state: Mapping[RowState, int]) -> CampaignCounts:
    confirmed = by_state.get(RowState.CONFIRMED, 0)
    return CampaignCounts(
        planned=sum(by_state.values()),
        sent=by_state.get(RowState.SENT, 0) + confirmed,
        confirmed=confirmed,
        refused=by_state.get(RowState.REFUSED, 0),
        skipped=by_state.get(RowState.SKIPPED, 0),
        unknown=by_state.get(RowState.UNKNOWN, 0),
    )
