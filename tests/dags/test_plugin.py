import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
QUERY = """
import json
from tests.dags.internals import load_plugins
plugins, errors = load_plugins()
print(json.dumps([[plugin.name for plugin in plugins if plugin.name == "huggy"], errors]))
"""
WITHOUT_THE_PACKAGES_ENTRY_POINTS = """
import importlib.metadata as metadata
find = metadata.MetadataPathFinder.find_distributions
metadata.MetadataPathFinder.find_distributions = lambda *args: (
    each for each in find(*args) if each.name != "huggy-connector")
"""


@pytest.mark.parametrize("before", ["", WITHOUT_THE_PACKAGES_ENTRY_POINTS], ids=["installed", "only on the path"])
def test_with_the_plugins_folder_mounted_the_plugin_is_registered_once(before: str, tmp_path: Path) -> None:
    environ = {
        **os.environ,
        "AIRFLOW_HOME": str(tmp_path),
        "AIRFLOW__CORE__PLUGINS_FOLDER": str(ROOT / "plugins"),
        "PYTHONPATH": str(ROOT),
    }
    ran = subprocess.run(
        [sys.executable, "-c", before + QUERY], env=environ, capture_output=True, text=True, check=True
    )
    assert json.loads(ran.stdout.splitlines()[-1]) == [["huggy"], {}]
