"""The plugin for an Airflow that mounts this folder and does not install the package. If installed, its entry point is
enough.

Airflow shows a plugin that it finds twice as an import error, so this file then does nothing.
"""

from importlib.metadata import entry_points

if not entry_points(group="airflow.plugins", name="huggy"):
    from huggy_connector.airflow.plugin import HuggyPlugin  # noqa: F401
