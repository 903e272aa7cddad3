"""What Airflow's components load at their start: kept light, for every one of them pays for it."""

from airflow.plugins_manager import AirflowPlugin

from huggy_connector.airflow.timetable import DaysWhenAsked


class HuggyPlugin(AirflowPlugin):
    """Named once: found by the entry point and in a mounted plugins folder, it is one plugin."""

    name = "huggy"
    timetables = [DaysWhenAsked]  # noqa: RUF012 -- Airflow's declaration
