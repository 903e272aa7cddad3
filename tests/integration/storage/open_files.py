"""Which files of a folder this process has open: other threads open and close others at any time."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path


def list_open_files(folder: Path) -> list[str]:
    """Return what this process has open in the folder."""
    targets = []
    for descriptor in Path("/proc/self/fd").iterdir():
        with suppress(FileNotFoundError):  # it was that of the listing
            targets.append(str(descriptor.readlink()))
    return [target for target in targets if target.startswith(str(folder))]
