"""Suggests time zones that would explain a wrong clock; a person chooses one."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

LIKELY_ZONES = (
    "America/Sao_Paulo",
    "America/Manaus",
    "America/Rio_Branco",
    "America/Noronha",
    "UTC",
    "America/Lima",
    "America/Mexico_City",
    "America/Argentina/Buenos_Aires",
    "America/Santiago",
    "America/Caracas",
    "Europe/Lisbon",
    "Europe/Madrid",
    "Africa/Luanda",
    "Africa/Maputo",
)
"""Zones of Huggy's customers, the likeliest first."""


def find_matching_zones(zone: ZoneInfo, *, low: int, high: int, at: datetime, about: int = 10) -> tuple[str, ...]:
    """Return the likely zones whose clocks are `low` to `high` minutes ahead of `zone` at the instant `at`.

    Negative minutes are behind. `about`: a tolerance in minutes on both sides.
    """
    own_offset = at.astimezone(zone).utcoffset() or timedelta()
    matches = []
    for name in LIKELY_ZONES:
        offset = at.astimezone(ZoneInfo(name)).utcoffset() or timedelta()
        if low - about <= (offset - own_offset) / timedelta(minutes=1) <= high + about and name != zone.key:
            matches.append(name)
    return tuple(matches)
