"""The assets that a load updates: `huggy://{company}/{table}`, and one alias a table for all companies.

The company's number is known only when the load runs. So a load names aliases as its outlets and adds the assets then.
A consumer chooses: `schedule=table("chats")` runs after a load of any company, `schedule=table("chats", company=4242)`
after a load of that one.
"""

import huggy_connector.airflow.versions  # noqa: F401  # isort: skip -- first, for it refuses an older Airflow
import re
from typing import Any, overload
from urllib.parse import SplitResult

from airflow.sdk import Asset, AssetAlias


@overload
def table(name: str) -> AssetAlias: ...
@overload
def table(name: str, *, company: int) -> Asset: ...
def table(name: str, *, company: int | None = None) -> Asset | AssetAlias:
    """Return what a schedule names for a table: the asset of one company, or the alias of all companies' assets."""
    return AssetAlias(f"huggy_{name}") if company is None else create_asset(company=company, table=name)


def create_asset(*, company: int, table: str, extra: dict[str, Any] | None = None) -> Asset:
    """Return an asset. Airflow calls this factory for the scheme `huggy`."""
    return Asset(f"huggy://{company}/{table}", extra=extra)


def sanitize_uri(uri: SplitResult) -> SplitResult:
    """Return the URI in its normal form. Airflow calls this handler for the scheme `huggy`.

    Raise ValueError if the URI does not name a company and a table.
    """
    company = uri.netloc
    if not (company.isdecimal() and int(company) > 0 and re.fullmatch(r"/[a-z][a-z0-9_]*", uri.path) and not uri.query):
        raise ValueError("A huggy asset reads huggy://{company}/{table}, such as huggy://4242/chats.")
    return uri._replace(netloc=str(int(company)))
