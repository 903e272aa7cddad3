"""Settings of a user of a sandbox in this process, with everything below one folder."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from huggy_connector.sandbox import Sandbox
from huggy_connector.settings import Settings


def settings_for(desk: Sandbox, folder: Path, **others: Any) -> Settings:
    """With no limit but the sandbox's, and without the report, which takes a second a publish."""
    places = {"landing": "landing", "warehouse": "huggy.duckdb", "state": "state"}
    given = {
        "base_url": desk.url,
        "auth_url": desk.auth_url,
        "access_token": desk.token,
        "requests_per_second": 10_000,
        "report": False,
        **{name: str(folder / place) for name, place in places.items()},
    }
    return Settings(**{**given, **others})
