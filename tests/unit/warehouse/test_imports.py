import subprocess
import sys

import pytest

SOURCE = """
import sys
import huggy_connector.warehouse
print([name for name in ("duckdb", "pandas", "pyarrow") if name in sys.modules])
"""


@pytest.mark.slow
def test_importing_the_warehouse_loads_nothing_heavy() -> None:
    told = subprocess.run([sys.executable, "-c", SOURCE], capture_output=True, text=True, check=True).stdout
    assert told == "[]\n"
