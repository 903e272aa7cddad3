"""Durations as a person reads them."""

from datetime import timedelta

MINUTES_AT_MOST = 120
HOURS_AT_MOST = 48


def describe_age(age: timedelta) -> str:
    """Return an age in minutes, hours or days. One that lies in the future has a minus sign."""
    minutes = age / timedelta(minutes=1)
    if abs(minutes) <= MINUTES_AT_MOST:
        return f"{minutes:,.0f} min"
    hours = minutes / 60
    return f"{hours:,.0f} h" if abs(hours) <= HOURS_AT_MOST else f"{hours / 24:,.0f} d"
