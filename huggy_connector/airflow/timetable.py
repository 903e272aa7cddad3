"""The timetable of a DAG that has days but no schedule."""

from typing import Any, Self

from airflow.timetables.base import DagRunInfo, DataInterval, TimeRestriction
from airflow.timetables.interval import CronDataIntervalTimetable
from pendulum import DateTime


class DaysWhenAsked(CronDataIntervalTimetable):
    """A run a day for `airflow backfill create`, and none that the scheduler starts by itself.

    A run's interval is a day of UTC and only names that day: when it begins is for the account's zone to say. The first
    instant of a backfill may be anywhere in its first day, for midnight in the Americas is not midnight in UTC.
    """

    def __init__(self) -> None:
        super().__init__("@daily", "UTC")
        self.description = "Never by itself; a run a day for `airflow backfill create`"

    @property
    def summary(self) -> str:
        return "when asked"

    def serialize(self) -> dict[str, Any]:
        return {}

    @classmethod
    def deserialize(cls, data: dict[str, Any]) -> Self:  # noqa: ARG003 -- Airflow's signature
        return cls()

    def next_dagrun_info(
        self, *, last_automated_data_interval: DataInterval | None, restriction: TimeRestriction
    ) -> DagRunInfo | None:
        """A backfill asks for every day of its range, which is to catch up; the scheduler, of a DAG that does not."""
        if not restriction.catchup:
            return None
        return super().next_dagrun_info(
            last_automated_data_interval=last_automated_data_interval, restriction=restriction
        )

    def _align_to_next(self, current: DateTime) -> DateTime:
        return self._align_to_prev(current)
