"""Where the landing lies: a folder, or an object store (see `objects`) behind the same protocol.

Names are paths below the root, with `/`. A folder is there while something is in it.
"""

import errno
import os
import stat
from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path
from typing import Protocol

from huggy_connector.errors import LandingError, LandingUnwritable
from huggy_connector.storage import Unsafe, check_way, new_beside, open_shared, put_in_place, sync

_PATIENCE = 5
"""How often a folder is made anew that another removes, empty, at the same moment."""


class Storage(Protocol):
    """What the landing asks of the place it lies in.

    Whatever is written appears under its name whole and durable or not at all, even when the writer is killed. Failing
    to write raises LandingUnwritable, failing to read LandingError; a name that is not there, FileNotFoundError.
    """

    @property
    def lanes(self) -> int:
        """How many threads reading at once make it faster."""

    def children(self, folder: str) -> Sequence[str]:
        """The names directly in a folder, sorted, folders among them; none where there is no such folder."""

    def read(self, name: str) -> bytes: ...

    def write(self, name: str, data: bytes) -> None:
        """Creates or replaces."""

    def create(self, name: str, data: bytes) -> bool:
        """Creates unless it is there. True for exactly one of any number of callers, over all hosts."""

    def exchange(self, name: str, old: bytes, new: bytes) -> bool:
        """Replaces `old`; False where something else, or nothing, is there. Two may both think that they did it."""

    def writing(self, name: str) -> AbstractContextManager[Path]:
        """A local path to write a file to; `name` is created or replaced by it when the block ends without an error."""

    def local(self, name: str) -> Path:
        """A local path to read a file from, good for as long as this storage is in use."""

    def locals(self, names: Iterable[str]) -> Iterator[Path]:
        """Local paths of many different files, in order, each good until the next one is asked for."""

    def delete(self, name: str) -> None:
        """One file, if it is there."""


class Folder:
    """A folder, maybe on a disk shared by several hosts: it relies on atomic rename and link, and on no locks.

    What is made in it is open to the world (everybody on the machine) as the folder itself is and the umask allows; the
    folder, where it is made here, as `world_readable` says. What a neighbour may have put there is not used.
    """

    lanes = 1

    def __init__(
        self,
        root: Path | str,
        *,
        called: str = "landing",
        setting: str = "HUGGY_LANDING",
        world_readable: bool = False,
    ) -> None:
        self.root = Path(root).absolute()
        self._world_readable = world_readable
        self._called = f"The {called} {self.root}"
        self._setting = setting

    def children(self, folder: str) -> Sequence[str]:
        with self._explained_reading():
            check_way(self.root, folder)
            try:
                return sorted(path.name for path in (self.root / folder).iterdir())
            except FileNotFoundError:
                return ()

    def read(self, name: str) -> bytes:
        with self._explained_reading():
            check_way(self.root, name)
            with os.fdopen(open_shared(self.root / name), "rb") as file:
                return file.read()

    def write(self, name: str, data: bytes) -> None:
        with self.writing(name) as path:
            path.write_bytes(data)

    def create(self, name: str, data: bytes) -> bool:
        with self._explained_writing():
            for _ in range(_PATIENCE):
                with suppress(FileNotFoundError), self._aside(name) as (aside, target):
                    aside.write_bytes(data)
                    return _create(aside, target)
            raise FileNotFoundError(errno.ENOENT, "the folder is being removed again and again", name)

    def exchange(self, name: str, old: bytes, new: bytes) -> bool:
        with suppress(FileNotFoundError):
            if self.read(name) == old:
                self.write(name, new)
                return True
        return False

    @contextmanager
    def writing(self, name: str) -> Iterator[Path]:
        with self._explained_writing(), self._aside(name) as (aside, target):
            yield aside
            put_in_place(aside, target)

    def local(self, name: str) -> Path:
        path = self.root / name
        with self._explained_reading():
            check_way(self.root, name)
            os.close(open_shared(path))
        return path

    def locals(self, names: Iterable[str]) -> Iterator[Path]:
        return map(self.local, names)

    def delete(self, name: str) -> None:
        path = self.root / name
        with self._explained_writing(), suppress(FileNotFoundError):
            check_way(self.root, str(Path(name).parent))
            path.unlink()
        with suppress(OSError):  # unless something else is in it
            path.parent.rmdir()

    @contextmanager
    def _aside(self, name: str) -> Iterator[tuple[Path, Path]]:
        """A path beside the target, whose name no `*.parquet` matches; nothing is left at it."""
        target = self.root / name
        check_way(self.root, name)
        self._make(target.parent)
        file, aside = new_beside(target, 0o666 if self._is_open() else 0o660)
        os.close(file)
        try:
            yield aside, target
        finally:
            with suppress(OSError):
                aside.unlink()

    @contextmanager
    def _explained_writing(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise LandingUnwritable(self._sentence(error)) from error

    @contextmanager
    def _explained_reading(self) -> Iterator[None]:
        try:
            yield
        except FileNotFoundError:
            raise
        except OSError as error:
            reason = error.strerror if isinstance(error, Unsafe) else _reason(error)
            raise LandingError(f"{self._called} cannot be read: {reason}.") from error

    def _make(self, folder: Path) -> None:
        """The folder and those above it, so that they outlast a power cut."""
        if folder.is_dir():
            return
        self._make(folder.parent)
        is_open = self._is_open() if folder.is_relative_to(self.root) else True
        folder.mkdir(mode=0o777 if is_open else 0o770, exist_ok=True)
        sync(folder.parent)

    def _is_open(self) -> bool:
        """Whether everybody may read what is new here."""
        try:
            return bool(self.root.stat().st_mode & stat.S_IROTH)
        except FileNotFoundError:
            return self._world_readable

    def _sentence(self, error: OSError) -> str:
        match error.errno:
            case _ if isinstance(error, Unsafe):
                return f"{self._called} cannot be written to: {error.strerror}. Remove it, or see who put it there."
            case errno.ENOSPC | errno.EDQUOT:
                return f"{self._called} has no room left: free some, or set {self._setting} to a folder with room."
            case errno.EACCES | errno.EROFS:
                return (
                    f"{self._called} may not be written to ({_reason(error)}): "
                    f"allow it, or set {self._setting} to another folder."
                )
            case errno.ENOTDIR | errno.EEXIST | errno.EISDIR:
                return (
                    f"{self._called} is no folder, or a file lies in its way: "
                    f"move the file, or set {self._setting} to another folder."
                )
            case errno.EPERM | errno.ENOTSUP | errno.ENOSYS | errno.EMLINK:
                return (
                    f"{self._called} lies on a disk without hard links ({_reason(error)}), on which nothing "
                    f"can be published safely: set {self._setting} to a folder on another disk."
                )
            case _:
                return (
                    f"{self._called} cannot be written to ({_reason(error)}): "
                    f"look after the disk, or set {self._setting} to another folder."
                )


def _create(aside: Path, target: Path) -> bool:
    sync(aside)
    try:
        os.link(aside, target)
    except FileExistsError:
        # A network disk may repeat a call whose answer was lost: then the link is there, and it is ours.
        if aside.stat().st_nlink == 1:
            return False
    sync(target.parent)
    return True


def _reason(error: OSError) -> str:
    return (os.strerror(error.errno) if error.errno else type(error).__name__).lower()
