"""Reads the rows of a call: the answer of a query on the published file, one id, or rows that were given."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from huggy_connector.catalogue.actions.types import TARGET_COLUMNS, Action
from huggy_connector.errors import CampaignStopped, ConfigurationError
from huggy_connector.pipeline.campaigns.campaign_request import CampaignRequest
from huggy_connector.settings import Settings
from huggy_connector.warehouse import query, read_status

CLOCKS_APART: Final = timedelta(hours=1)
"""How far this host's clock may be behind the API's, by which the data is dated."""

Table = tuple[tuple[str, ...], Sequence[Sequence[Any]]]
"""Columns and rows."""


def read_source(request: CampaignRequest, action: Action, settings: Settings, *, now: datetime) -> Table:
    """Return columns and rows of a call.

    Raise ConfigurationError for a wrong query and for too many rows, CampaignStopped where the data is too old.
    """
    if request.row_id is not None:
        return (TARGET_COLUMNS[action.target][0],), ((request.row_id,),)
    if request.rows is not None:
        _refuse_too_many(len(request.rows), request.most_rows)
        return tabulate(request.rows)
    check_age(settings, now=now)
    return _ask(request.query or "", settings.warehouse, zone=settings.zone, most_rows=request.most_rows)


def _ask(statement: str, warehouse: str, *, zone: ZoneInfo, most_rows: int) -> Table:
    if not statement.strip():
        raise ConfigurationError("--query is empty: give one SELECT.")
    answer = query(warehouse, statement, zone=zone, limit=most_rows)
    if not answer.complete:
        _refuse_too_many(most_rows + 1, most_rows)
    return answer.columns, answer.rows


def _refuse_too_many(rows: int, most_rows: int) -> None:
    if rows > most_rows:
        raise ConfigurationError(
            f"There are more than {most_rows:,} rows: narrow the query, or say with --max-rows how many you expect."
        )


def tabulate(rows: Sequence[Mapping[str, Any]]) -> Table:
    """Return given rows as a table: a column that a row lacks is NULL there."""
    columns = tuple(dict.fromkeys(name for row in rows for name in row))
    return columns, [tuple(row.get(name) for name in columns) for row in rows]


def check_age(settings: Settings, *, now: datetime) -> None:
    """Raise CampaignStopped where the warehouse's newest data is older than HUGGY_ACTIONS_MAX_AGE, or of the future.

    Raise ConfigurationError where there is no warehouse yet.
    """
    status = read_status(settings.warehouse, runs=1, now=now)
    fetched = [
        each.last_snapshot_started_at
        for each in status.freshness
        if settings.company_id is None or each.company_id == settings.company_id
    ]
    age = now - max(fetched) if fetched else None
    if age is not None and age < -CLOCKS_APART:
        raise CampaignStopped(
            "The warehouse has data of the future: this host's clock is wrong, and quiet hours and caps go by it. "
            "Correct it first."
        )
    if age is not None and age <= timedelta(hours=settings.actions_max_age):
        return
    told = "has no data yet" if age is None else f"has no data of the last {age / timedelta(hours=1):,.0f} hours"
    raise CampaignStopped(
        f"The warehouse {told}, and HUGGY_ACTIONS_MAX_AGE allows {settings.actions_max_age:g}: run `huggy sync` first."
    )
