"""The timetable of a DAG whose runs are days, but which has no schedule."""

import huggy_connector.airflow.versions  # noqa: F401  # isort: skip -- first, for it refuses an older Airflow
from typing import Any, Self

from airflow.timetables.base import DagRunInfo, DataInterval, TimeRestriction
from airflow.timetables.interval import CronDataIntervalTimetable
from pendulum import DateTime


class BackfillOnlyTimetable(CronDataIntervalTimetable):
    """A timetable with a run a day for `airflow backfill create`, and no run that the scheduler starts by itself.

    A run's interval is a day of UTC and only names that day; the account's zone says when the day begins. The first
    instant of a backfill may be anywhere in its first day, because midnight in the Americas is not midnight in UTC.
    """

    def __init__(self) -> None:
        super().__init__("@daily", "UTC")
        self.description = "Never by itself; a run a day for `airflow backfill create`"

    @property
    def summary(self) -> str:
        return "on demand"

    def serialize(self) -> dict[str, Any]:
        return {}

    @classmethod
    def deserialize(cls, data: dict[str, Any]) -> Self:  # noqa: ARG003 -- Airflow's signature
        return cls()

    def next_dagrun_info(
        self, *, last_automated_data_interval: DataInterval | None, restriction: TimeRestriction
    ) -> DagRunInfo | None:
        """Return the next run for a backfill, which catches up with its range, and None for the scheduler.

        The scheduler asks for a DAG that does not catch up.
        """
        if not restriction.catchup:
            return None
        return super().next_dagrun_info(
            last_automated_data_interval=last_automated_data_interval, restriction=restriction
        )

    def _align_to_next(self, current: DateTime) -> DateTime:
        return self._align_to_prev(current)
