"""For an Airflow that mounts this folder without installing the package; installed, its entry point is enough.

Airflow calls a plugin that it meets twice an import error and shows it as one, so this file steps back.
"""

from importlib.metadata import entry_points

if not entry_points(group="airflow.plugins", name="huggy"):
    from huggy_connector.airflow.plugin import HuggyPlugin  # noqa: F401
