"""Local copies of the files of an object store, which reads and writes only whole objects."""

from __future__ import annotations

import secrets
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from huggy_connector.errors import LandingUnwritable
from huggy_connector.storage.temporary_folder import TemporaryFolder

_PREFIX = "huggy-landing-"


class LocalCache:
    """A cache in a temporary folder. The folder is made when it is first needed, and removed with this object.

    It is removed at the end of the process at the latest; after a kill, by the next process.
    """

    def __init__(self) -> None:
        self._temporary_folder: TemporaryFolder | None = None
        self._lock = threading.Lock()

    def path(self, name: str) -> Path:
        """Return the path of the copy of `name`, whether or not it exists."""
        return self._folder() / name

    @contextmanager
    def temporary_path(self) -> Iterator[Path]:
        """Give a path for a temporary file, and remove it afterwards. Raises LandingUnwritable if there is no room."""
        path = self._folder() / f".{secrets.token_hex(8)}.tmp"
        try:
            with _raise_unwritable():
                yield path
        finally:
            path.unlink(missing_ok=True)

    def store(self, temporary: Path, name: str) -> Path:
        """Make a finished temporary file the copy of `name`. Return its path."""
        path = self.path(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        return temporary.replace(path)

    def remove(self, name: str) -> None:
        """Remove the copy of `name`, if there is one."""
        if self._temporary_folder is not None:
            (self._temporary_folder.path / name).unlink(missing_ok=True)

    def _folder(self) -> Path:
        with self._lock, _raise_unwritable():
            if self._temporary_folder is None:
                try:
                    self._temporary_folder = TemporaryFolder(_PREFIX)
                except FileNotFoundError:
                    raise LandingUnwritable(
                        "There is no folder for temporary files: set TMPDIR to one with room."
                    ) from None
            return self._temporary_folder.path


@contextmanager
def _raise_unwritable() -> Iterator[None]:
    try:
        yield
    except FileNotFoundError:
        raise
    except OSError as error:
        reason = (error.strerror or type(error).__name__).lower()
        raise LandingUnwritable(
            f"The temporary folder {tempfile.gettempdir()} cannot be used ({reason}): "
            "see to it, or set TMPDIR to a folder with room."
        ) from error
