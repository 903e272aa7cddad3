"""The plugin, which every Airflow component loads at its start. It must be light, because each of them pays for it."""

import huggy_connector.airflow.versions  # noqa: F401  # isort: skip -- first, for it refuses an older Airflow
from typing import Any

from airflow.plugins_manager import AirflowPlugin

from huggy_connector.airflow.connections.former_names import mask_former_names
from huggy_connector.airflow.timetable import BackfillOnlyTimetable
from huggy_connector.airflow.ui import PREFIX


class _OnlyInApiServer:
    """A descriptor that imports the pages when Airflow reads them. Only its API server reads them."""

    def __get__(self, plugin: Any, kind: type | None = None) -> list[dict[str, Any]]:
        from huggy_connector.airflow.ui.pages import app

        return [{"app": app, "url_prefix": PREFIX, "name": "Huggy"}]


class HuggyPlugin(AirflowPlugin):
    """The plugin. Its one name makes the entry point and a mounted plugins folder the same plugin."""

    name = "huggy"
    timetables = [BackfillOnlyTimetable]  # noqa: RUF012 -- Airflow's declaration
    fastapi_apps = _OnlyInApiServer()
    # The addresses are relative: Airflow puts them into its page unchanged, and a proxy may show that page anywhere.
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
        mask_former_names()
