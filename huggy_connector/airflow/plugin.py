"""What Airflow's components load at their start: kept light, for every one of them pays for it."""

from typing import Any

from airflow.plugins_manager import AirflowPlugin

from huggy_connector.airflow.hidden import hide_former_names
from huggy_connector.airflow.timetable import DaysWhenAsked

PREFIX = "/huggy"
"""Where the API server shows our pages."""


class _InTheServer:
    """The pages, imported when Airflow asks for them: its API server does, its other components do not."""

    def __get__(self, plugin: Any, kind: type | None = None) -> list[dict[str, Any]]:
        from huggy_connector.airflow.pages import app

        return [{"app": app, "url_prefix": PREFIX, "name": "Huggy"}]


class HuggyPlugin(AirflowPlugin):
    """Named once: found by the entry point and in a mounted plugins folder, it is one plugin."""

    name = "huggy"
    timetables = [DaysWhenAsked]  # noqa: RUF012 -- Airflow's declaration
    fastapi_apps = _InTheServer()
    # Their addresses are relative: Airflow puts them into its page as they are, wherever a proxy shows that.
    external_views = [  # noqa: RUF012 -- Airflow's declaration
        {"name": "Huggy", "href": f"{PREFIX[1:]}/", "destination": "nav", "url_route": "huggy"},
        {
            "name": "Huggy",
            "href": f"{PREFIX[1:]}/tasks/{{DAG_ID}}/{{RUN_ID}}/{{TASK_ID}}/{{MAP_INDEX}}",
            "destination": "task_instance",
            "url_route": "huggy-task",
        },
    ]

    @classmethod
    def on_load(cls, *_: Any, **__: Any) -> None:
        hide_former_names()
