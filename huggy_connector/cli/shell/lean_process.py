"""Keeps a command small: it finds no module that only other programs use, and gives back the memory that it freed.

All of it holds for the whole process, so only the script `huggy` does it. docs/decisions/0041 has the figures.
"""

import ctypes
import os
import sys
from importlib.abc import MetaPathFinder
from typing import Final

UNUSED: Final = {
    "pandas": "pyarrow, with the first array that it makes of a Python list",
    "pyarrow._s3fs": "pyarrow.parquet",
    "httpx._main": "httpx, for a command line of its own",
    "tornado": "tenacity",
}
"""Modules that no command uses, and who would import them. Each of these does without."""
_ARENA_MAX, _TRIM_THRESHOLD, _MMAP_THRESHOLD = -8, -1, -3
"""Numbers of `mallopt` in malloc.h of the GNU C library."""
_GIVE_BACK_BYTES = 128 << 10


class _LeanFinder(MetaPathFinder):
    """Finds none of the modules that no command uses, wherever they are."""

    def find_spec(self, fullname: str, *_: object) -> None:
        if fullname in UNUSED or (fullname == "numpy" and "matplotlib" not in sys.modules):
            raise ModuleNotFoundError(f"No command of huggy uses {fullname}.", name=fullname)
        if fullname == "cryptography" and _is_being_imported("jwt", "decode"):
            raise ModuleNotFoundError("No signature of a token is verified here.", name=fullname)


def keep_process_lean() -> None:
    """Take what follows from the process, before pyarrow is imported and the first thread starts.

    - Modules that libraries import if they are there, and that no command uses. numpy is there for matplotlib alone.
    - pyarrow's own pools, which keep what is freed: it takes memory from the system, unless the environment names one.
    - The areas that the GNU C library has for each thread, and keeps when the thread has freed everything in them.
    """
    os.environ.setdefault("ARROW_DEFAULT_MEMORY_POOL", "system")
    sys.meta_path.insert(0, _LeanFinder())
    _tune_malloc()


def _tune_malloc() -> None:
    """Let the C library give freed memory back to the system. Do nothing where it is not the GNU one."""
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None and sys.platform == "linux":
        for option, value in (
            (_ARENA_MAX, 1),
            (_TRIM_THRESHOLD, _GIVE_BACK_BYTES),
            (_MMAP_THRESHOLD, _GIVE_BACK_BYTES),
        ):
            mallopt(option, value)


def _is_being_imported(package: str, last_name: str) -> bool:
    """Return whether the import of a package has begun, but has not yet reached this name of it."""
    return package in sys.modules and not hasattr(sys.modules[package], last_name)
