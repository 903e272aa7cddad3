from datetime import timedelta
from typing import Any

import pytest
from airflow.timetables.base import TimeRestriction
from pendulum import DateTime, datetime

from huggy_connector.airflow.dags import huggy_backfill
from huggy_connector.airflow.timetable import BackfillOnlyTimetable
from tests.dags.internals import find_first_run, restore

NOVEMBER = [datetime(2026, 11, day) for day in range(1, 15)]


def test_a_backfill_has_a_run_for_each_day_the_last_one_too() -> None:
    assert list_days(NOVEMBER[0], NOVEMBER[-1]) == NOVEMBER


@pytest.mark.parametrize("hours", [3, 4, 5, 8])
def test_a_midnight_in_the_americas_names_the_day_that_it_begins(hours: int) -> None:
    late = timedelta(hours=hours)
    assert list_days(NOVEMBER[0] + late, NOVEMBER[-1] + late) == NOVEMBER


def test_each_interval_is_that_day() -> None:
    stored: Any = restore(huggy_backfill())
    intervals = [info.data_interval for info in stored.iter_dagrun_infos_between(NOVEMBER[0], NOVEMBER[2])]
    assert [(each.start, each.end) for each in intervals] == [(day, day.add(days=1)) for day in NOVEMBER[:3]]


def test_the_scheduler_finds_nothing_to_run_by_itself() -> None:
    restriction = TimeRestriction(earliest=datetime(2020, 1, 1), latest=None, catchup=False)
    info = BackfillOnlyTimetable().next_dagrun_info(last_automated_data_interval=None, restriction=restriction)
    assert info is None
    stored: Any = restore(huggy_backfill())
    assert (find_first_run(stored), stored.timetable.periodic) == (None, True)


def list_days(earliest: DateTime, latest: DateTime) -> list[DateTime]:
    """Return the days for which Airflow would create a run, from the timetable as the scheduler reads it."""
    stored: Any = restore(huggy_backfill())
    return [info.logical_date for info in stored.iter_dagrun_infos_between(earliest, latest)]
