"""The assets that a load updates: `huggy://{company}/{table}`, and one alias a table for all companies.

The company's number is known only when the load runs. So a load names aliases as its outlets and adds the assets then.
A consumer chooses: `schedule=table("chats")` runs after a load of any company, `schedule=table("chats", company=4242)`
after a load of that one.

`huggy://{company}/events` is another thing: it tells that events arrived, before any load. A load must not send it, or
`huggy_live` would start itself again and again. `huggy_connector.airflow.live` has it.
"""

import huggy_connector.airflow.versions  # noqa: F401  # isort: skip -- first, for it refuses an older Airflow
import re
from typing import Any, overload
from urllib.parse import SplitResult

from airflow.sdk import Asset, AssetAlias

from huggy_connector.catalogue import EVENTS, RESOURCES
from huggy_connector.errors import ConfigurationError

LOADED_TABLES = tuple(name for name in RESOURCES if name != EVENTS.name)
"""The tables of which a load tells."""
ANY_COMPANY = "any"
"""Stands in place of the number where events of whatever company arrive."""


@overload
def table(name: str) -> AssetAlias: ...
@overload
def table(name: str, *, company: int) -> Asset: ...
def table(name: str, *, company: int | None = None) -> Asset | AssetAlias:
    """Return what a schedule names for a table: the asset of one company, or the alias of all companies' assets.

    Raise ConfigurationError for the table `events`, of which no load tells.
    """
    if name == EVENTS.name:
        raise ConfigurationError(
            'A load tells nothing of the table events: schedule on table("chats"), for the chats that events are about '
            "are loaded with them; or on inbox_events(), which tells that events arrived."
        )
    return AssetAlias(f"huggy_{name}") if company is None else create_asset(company=company, table=name)


def add_load_event(outlet_events: Any, name: str, *, company: int, rows: int, changed: int) -> None:
    """Tell the consumers of a table that a load has updated it for a company."""
    if name in LOADED_TABLES:
        outlet_events[table(name)].add(table(name, company=company), extra={"rows": rows, "changed": changed})


def create_asset(*, company: int | str, table: str, extra: dict[str, Any] | None = None) -> Asset:
    """Return an asset. Airflow calls this factory for the scheme `huggy`."""
    return Asset(f"huggy://{company}/{table}", extra=extra)


def sanitize_uri(uri: SplitResult) -> SplitResult:
    """Return the URI in its normal form. Airflow calls this handler for the scheme `huggy`.

    Raise ValueError if the URI does not name a company and a table.
    """
    company = uri.netloc
    if company == ANY_COMPANY and uri.path == f"/{EVENTS.name}" and not uri.query:
        return uri
    if not (company.isdecimal() and int(company) > 0 and re.fullmatch(r"/[a-z][a-z0-9_]*", uri.path) and not uri.query):
        raise ValueError("A huggy asset reads huggy://{company}/{table}, such as huggy://4242/chats.")
    return uri._replace(netloc=str(int(company)))
