"""When a Brazilian service desk is busy: weekdays, office hours, less at lunch, a little in the evening, few Sundays.

Times are whole seconds of the account's local clock since 1970-01-01, counted as if it were UTC.
"""

from __future__ import annotations

import time
from array import array
from bisect import bisect_right
from calendar import timegm
from datetime import datetime

from huggy_connector.sandbox.data.rng import seeded_random

HOUR = 3600
DAY = 86_400

_HOUR_WEIGHTS = (
    *(0.10, 0.05, 0.03, 0.03, 0.04, 0.10, 0.25, 0.60, 1.70, 2.40, 2.60, 2.30),
    *(1.35, 1.50, 2.20, 2.35, 2.10, 1.75, 1.05, 0.80, 0.65, 0.50, 0.35, 0.20),
)
_WEEKDAY_WEIGHTS = (1.18, 1.10, 1.04, 1.00, 0.94, 0.36, 0.08)
_HOLIDAYS = frozenset({(1, 1), (4, 21), (5, 1), (9, 7), (10, 12), (11, 2), (11, 15), (12, 25)})
_GROWTH_A_YEAR = 0.18
_DAY_STREAM = 91


def to_seconds(moment: datetime) -> int:
    """Return a local time as whole seconds."""
    return timegm(moment.timetuple())


def format_time(moment: int) -> str:
    """Return a local time as the API writes it: without a zone."""
    return time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(moment))


def busyness_at(moment: int) -> float:
    """Return how busy the desk is; 1 is the average hour of an average day."""
    return _HOUR_WEIGHTS[moment % DAY // HOUR] * _WEEKDAY_WEIGHTS[_weekday(moment)]


def next_working_time(moment: int) -> int:
    """Return the moment itself if people work then (weekdays 8-20, Saturdays 8-14), else when they next begin."""
    weekday, second = _weekday(moment), moment % DAY
    closing = (20 if weekday < 5 else 14 if weekday == 5 else 0) * HOUR
    if second < 8 * HOUR and closing:
        return moment - second + 8 * HOUR
    if second < closing:
        return moment
    return next_working_time(moment - second + DAY)


def _weekday(moment: int) -> int:
    return (moment // DAY + 3) % 7


class Rhythm:
    """The creation times of the history: a share of the rows becomes a moment, so no row's time is stored."""

    def __init__(self, *, seed: int, now: int, days: int) -> None:
        self.start = now // HOUR * HOUR - days * DAY
        self._now = now
        self._edges = array("d")
        total, day_factor, today = 0.0, 1.0, -1
        for number in range((now - self.start + HOUR - 1) // HOUR):
            moment = self.start + number * HOUR
            if moment // DAY != today:
                today = moment // DAY
                day_factor = seeded_random(seed, _DAY_STREAM, today).lognormvariate(0.0, 0.12)
                date = time.gmtime(moment)
                if (date.tm_mon, date.tm_mday) in _HOLIDAYS:
                    day_factor *= 0.12
            growth = float((1 + _GROWTH_A_YEAR) ** ((moment - self.start) / (365 * DAY)))
            total += busyness_at(moment) * day_factor * growth * min(now - moment, HOUR) / HOUR
            self._edges.append(total)

    def time_at(self, share: float) -> int:
        """Return when `share` (0 <= share < 1) of all rows had arrived. It never falls as `share` grows."""
        target = share * self._edges[-1]
        hour = bisect_right(self._edges, target)
        begin = self._edges[hour - 1] if hour else 0.0
        within = (target - begin) / (self._edges[hour] - begin)
        moment = self.start + hour * HOUR
        return moment + int(within * min(self._now - moment, HOUR))
