"""The assets a load updates: `huggy://{company}/{table}`, and one alias a table over all companies.

The company's number is known only when the load runs, so a load names aliases as its outlets and adds the assets then.
A consumer chooses: `schedule=table("chats")` runs after any company's load, `schedule=table("chats", company=4242)`
after that one's.
"""

import re
from typing import Any, overload
from urllib.parse import SplitResult

from airflow.sdk import Asset, AssetAlias


@overload
def table(name: str) -> AssetAlias: ...
@overload
def table(name: str, *, company: int) -> Asset: ...
def table(name: str, *, company: int | None = None) -> Asset | AssetAlias:
    """What stands for a table in a schedule: the asset of one company, or the alias of all companies' assets."""
    return AssetAlias(f"huggy_{name}") if company is None else create_asset(company=company, table=name)


def create_asset(*, company: int, table: str, extra: dict[str, Any] | None = None) -> Asset:
    """Airflow's factory for the scheme `huggy`."""
    return Asset(f"huggy://{company}/{table}", extra=extra)


def sanitize_uri(uri: SplitResult) -> SplitResult:
    """Airflow's handler for the scheme `huggy`: raises ValueError where the URI names no company and table."""
    company = uri.netloc
    if not (company.isdecimal() and int(company) > 0 and re.fullmatch(r"/[a-z][a-z0-9_]*", uri.path) and not uri.query):
        raise ValueError("A huggy asset reads huggy://{company}/{table}, such as huggy://4242/chats.")
    return uri._replace(netloc=str(int(company)))
