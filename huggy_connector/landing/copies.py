"""Local copies of a landing's files, while it lies somewhere that only gives and takes whole objects."""

from __future__ import annotations

import secrets
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from huggy_connector.errors import LandingUnwritable
from huggy_connector.storage import OwnFolder

_PREFIX = "huggy-landing-"


class Copies:
    """A temporary folder, made when it is first needed. It goes with this object, at the latest with the process.

    What a killed process has left is removed by the next one.
    """

    def __init__(self) -> None:
        self._made: OwnFolder | None = None
        self._making = threading.Lock()

    def path(self, name: str) -> Path:
        """Where the copy of `name` lies or would lie."""
        return self._folder() / name

    @contextmanager
    def aside(self) -> Iterator[Path]:
        """A path for a file in the making; nothing is left at it. Raises LandingUnwritable where there is no room."""
        path = self._folder() / f".{secrets.token_hex(8)}.tmp"
        try:
            with _explained():
                yield path
        finally:
            path.unlink(missing_ok=True)

    def keep(self, aside: Path, name: str) -> Path:
        """Makes a file that is done the copy of `name`."""
        path = self.path(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        return aside.replace(path)

    def drop(self, name: str) -> None:
        """Forgets a copy, if there is one."""
        if self._made is not None:
            (self._made.path / name).unlink(missing_ok=True)

    def _folder(self) -> Path:
        with self._making, _explained():
            if self._made is None:
                try:
                    self._made = OwnFolder(_PREFIX)
                except FileNotFoundError:
                    raise LandingUnwritable(
                        "There is no folder for temporary files: set TMPDIR to one with room."
                    ) from None
            return self._made.path


@contextmanager
def _explained() -> Iterator[None]:
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
