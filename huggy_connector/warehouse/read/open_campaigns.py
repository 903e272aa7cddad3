"""Reads which campaigns have something left, from meta.actions: what the last load knew."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from huggy_connector.warehouse.schema.meta_actions import ACTIONS

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection


@dataclass(frozen=True, slots=True)
class OpenCampaign:
    """A campaign with something left, in rows: `waiting` to be sent, or `unknown`, which may need a person."""

    company_id: int
    campaign: str
    action: str
    planned: int
    sent: int
    refused: int
    skipped: int
    unknown: int
    waiting: int


_CAMPAIGNS = f"""
WITH actions AS (
    -- The attempt 0 is the row as it is now: there are others where it was tried before.
    SELECT company_id, campaign, action, arg_max(state, if(attempt = 0, 2147483647, attempt)) AS state
    FROM {ACTIONS.sql} GROUP BY company_id, campaign, action, target, purpose, ledger
)
SELECT company_id, campaign, action,
       count(*),
       count(*) FILTER (state IN ('sent', 'confirmed')),
       count(*) FILTER (state = 'refused'),
       count(*) FILTER (state = 'skipped'),
       count(*) FILTER (state = 'unknown'),
       count(*) FILTER (state IN ('planned', 'claimed')) AS waiting
FROM actions GROUP BY ALL
HAVING waiting > 0 OR count(*) FILTER (state = 'unknown') > 0
ORDER BY company_id, campaign, action
"""


def read_open_campaigns(connection: DuckDBPyConnection) -> tuple[OpenCampaign, ...]:
    """Return the campaigns with something left. Empty for a file that an older release made."""
    import duckdb

    try:
        return tuple(OpenCampaign(*row) for row in connection.execute(_CAMPAIGNS).fetchall())
    except duckdb.CatalogException:
        return ()
