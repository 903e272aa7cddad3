"""Whether a file can be written into a folder: the one way to find out is to write one."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

PROBE_BYTES = 4096
"""A full disk still takes an empty file."""


def probe_folder(folder: Path) -> None:
    """Raise OSError if no file can be written into this folder. The file is gone again, whatever happens."""
    with tempfile.TemporaryFile(dir=folder, buffering=0) as file:
        file.write(bytes(PROBE_BYTES))
        os.fsync(file.fileno())
