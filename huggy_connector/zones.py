"""Which time zones would explain a clock that seems to be off. They are guessed at, for a person to choose from."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

LIKELY = (
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
"""Where customers of Huggy are, the likeliest first."""


def zones_that_fit(zone: ZoneInfo, *, low: int, high: int, at: datetime, about: int = 10) -> tuple[str, ...]:
    """The likely zones whose clocks are between `low` and `high` minutes (give or take `about`) ahead of those of
    `zone` at the instant `at`; negative minutes are behind.
    """
    here = at.astimezone(zone).utcoffset() or timedelta()
    fitting = []
    for name in LIKELY:
        there = at.astimezone(ZoneInfo(name)).utcoffset() or timedelta()
        if low - about <= (there - here) / timedelta(minutes=1) <= high + about and name != zone.key:
            fitting.append(name)
    return tuple(fitting)
