"""Keeps pyarrow small in the command line: it takes memory from the system's pool, and finds no pandas."""

import os
import sys
from importlib.abc import MetaPathFinder


class _PandasFinder(MetaPathFinder):
    """Finds no pandas, wherever it is."""

    def find_spec(self, fullname: str, *_: object) -> None:
        if fullname == "pandas":
            raise ModuleNotFoundError("No command of huggy uses pandas.", name=fullname)


def keep_arrow_lean() -> None:
    """Let pyarrow, before it is imported, find no pandas, and take its memory from the system.

    Where pandas is installed, pyarrow imports it with the first array, which takes a quarter of a second and 40 MB. Its
    own pools keep what is freed: up to 80 MB in a landing. It remembers both, so call this only where no code of a user
    runs. A pool that the environment names is kept.
    """
    os.environ.setdefault("ARROW_DEFAULT_MEMORY_POOL", "system")
    sys.meta_path.insert(0, _PandasFinder())
