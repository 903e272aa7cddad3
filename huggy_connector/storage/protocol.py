"""The protocol of a storage, for a folder and for an object store (see `object_store`); and the folder itself.

Names are paths below the root, with `/`. A folder exists while something is in it.
"""

import errno
import os
import stat
from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path
from typing import Protocol

from huggy_connector.errors import LandingError, LandingUnwritable
from huggy_connector.storage.atomic_write import create_beside, move_into_place, sync_to_disk
from huggy_connector.storage.folder_probe import probe_folder
from huggy_connector.storage.trust import UnsafePath, check_path, open_shared_file

_MAX_CREATIONS = 5
"""How often a folder is made again if another process removes it, empty, at the same moment."""


class Storage(Protocol):
    """A storage of files: what the landing needs.

    A written file appears under its name whole and durable, or not at all, even if the writer is killed. A failed write
    raises LandingUnwritable, a failed read LandingError, and a missing name FileNotFoundError.
    """

    @property
    def parallel_reads(self) -> int:
        """How many threads that read at the same time make reading faster."""

    def list_names(self, folder: str) -> Sequence[str]:
        """Return the names directly in a folder, sorted, with folders among them; none if there is no such folder."""

    def read(self, name: str) -> bytes:
        """Return the contents of a file."""

    def write(self, name: str, data: bytes) -> None:
        """Create or replace a file."""

    def create(self, name: str, data: bytes) -> bool:
        """Create a file if there is none. Return True to exactly one of all callers, over all hosts."""

    def exchange(self, name: str, old: bytes, new: bytes) -> bool:
        """Replace a file if it holds `old`; return False if it does not. Two callers may both get True."""

    def write_file(self, name: str) -> AbstractContextManager[Path]:
        """Give a local path to write to. If the block ends without an error, that file creates or replaces `name`."""

    def fetch(self, name: str) -> Path:
        """Return a local path to read a file from. It is valid while this storage is in use."""

    def fetch_all(self, names: Iterable[str]) -> Iterator[Path]:
        """Yield local paths of many different files, in order. Each is valid until the next one is requested."""

    def delete(self, name: str) -> None:
        """Delete a file, if it exists."""

    def check_writable(self) -> None:
        """Raise LandingUnwritable if no file can be written here. It leaves nothing behind."""


class LocalStorage:
    """A storage in a folder, possibly on a disk of several hosts: it needs atomic rename and link, and no locks.

    Everybody on the machine may read new files in it if they may read the folder and the umask allows it. For a new
    folder `world_readable` decides. Files that another user may have put there are not used.
    """

    parallel_reads = 1

    def __init__(
        self,
        root: Path | str,
        *,
        label: str = "landing",
        setting: str = "HUGGY_LANDING",
        world_readable: bool = False,
    ) -> None:
        self.root = Path(root).absolute()
        self._world_readable = world_readable
        self._subject = f"The {label} {self.root}"
        self._setting = setting

    def list_names(self, folder: str) -> Sequence[str]:
        with self._translate_read_errors():
            check_path(self.root, folder)
            try:
                return sorted(path.name for path in (self.root / folder).iterdir())
            except FileNotFoundError:
                return ()

    def read(self, name: str) -> bytes:
        with self._translate_read_errors():
            check_path(self.root, name)
            with os.fdopen(open_shared_file(self.root / name), "rb") as file:
                return file.read()

    def write(self, name: str, data: bytes) -> None:
        with self.write_file(name) as path:
            path.write_bytes(data)

    def create(self, name: str, data: bytes) -> bool:
        with self._translate_write_errors():
            for _ in range(_MAX_CREATIONS):
                with suppress(FileNotFoundError), self._temporary_file(name) as (temporary, target):
                    temporary.write_bytes(data)
                    return _link_new(temporary, target)
            raise FileNotFoundError(errno.ENOENT, "the folder is being removed again and again", name)

    def exchange(self, name: str, old: bytes, new: bytes) -> bool:
        with suppress(FileNotFoundError):
            if self.read(name) == old:
                self.write(name, new)
                return True
        return False

    @contextmanager
    def write_file(self, name: str) -> Iterator[Path]:
        with self._translate_write_errors(), self._temporary_file(name) as (temporary, target):
            yield temporary
            move_into_place(temporary, target)

    def fetch(self, name: str) -> Path:
        path = self.root / name
        with self._translate_read_errors():
            check_path(self.root, name)
            os.close(open_shared_file(path))
        return path

    def fetch_all(self, names: Iterable[str]) -> Iterator[Path]:
        return map(self.fetch, names)

    def delete(self, name: str) -> None:
        path = self.root / name
        with self._translate_write_errors(), suppress(FileNotFoundError):
            check_path(self.root, str(Path(name).parent))
            path.unlink()
        with suppress(OSError):  # fails if something else is in it
            path.parent.rmdir()

    def check_writable(self) -> None:
        """Raise LandingUnwritable if no file can be written here. It leaves nothing behind, not even the folder."""
        with self._translate_write_errors():
            check_path(self.root)
            folder = self.root
            while not folder.exists():
                folder = folder.parent
            probe_folder(folder)

    @contextmanager
    def _temporary_file(self, name: str) -> Iterator[tuple[Path, Path]]:
        """Give a temporary path beside the target, and remove it afterwards. No `*.parquet` matches its name."""
        target = self.root / name
        check_path(self.root, name)
        self._make_folder(target.parent)
        file, temporary = create_beside(target, 0o666 if self._is_world_readable() else 0o660)
        os.close(file)
        try:
            yield temporary, target
        finally:
            with suppress(OSError):
                temporary.unlink()

    @contextmanager
    def _translate_write_errors(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise LandingUnwritable(self._describe_write_error(error)) from error

    @contextmanager
    def _translate_read_errors(self) -> Iterator[None]:
        try:
            yield
        except FileNotFoundError:
            raise
        except OSError as error:
            reason = error.strerror if isinstance(error, UnsafePath) else _describe_error(error)
            raise LandingError(f"{self._subject} cannot be read: {reason}.") from error

    def _make_folder(self, folder: Path) -> None:
        """Make the folder and those above it, durable on return."""
        if folder.is_dir():
            return
        self._make_folder(folder.parent)
        is_world_readable = self._is_world_readable() if folder.is_relative_to(self.root) else True
        folder.mkdir(mode=0o777 if is_world_readable else 0o770, exist_ok=True)
        sync_to_disk(folder.parent)

    def _is_world_readable(self) -> bool:
        """Say whether everybody may read new files here."""
        try:
            return bool(self.root.stat().st_mode & stat.S_IROTH)
        except FileNotFoundError:
            return self._world_readable

    def _describe_write_error(self, error: OSError) -> str:
        match error.errno:
            case _ if isinstance(error, UnsafePath):
                return f"{self._subject} cannot be written to: {error.strerror}. Remove it, or see who put it there."
            case errno.ENOSPC | errno.EDQUOT:
                return f"{self._subject} has no room left: free some, or set {self._setting} to a folder with room."
            case errno.EACCES | errno.EROFS:
                return (
                    f"{self._subject} may not be written to ({_describe_error(error)}): "
                    f"allow it, or set {self._setting} to another folder."
                )
            case errno.ENOTDIR | errno.EEXIST | errno.EISDIR:
                return (
                    f"{self._subject} is no folder, or a file lies in its way: "
                    f"move the file, or set {self._setting} to another folder."
                )
            case errno.EPERM | errno.ENOTSUP | errno.ENOSYS | errno.EMLINK:
                return (
                    f"{self._subject} lies on a disk without hard links ({_describe_error(error)}), on which nothing "
                    f"can be published safely: set {self._setting} to a folder on another disk."
                )
            case _:
                return (
                    f"{self._subject} cannot be written to ({_describe_error(error)}): "
                    f"look after the disk, or set {self._setting} to another folder."
                )


def _link_new(temporary: Path, target: Path) -> bool:
    sync_to_disk(temporary)
    try:
        os.link(temporary, target)
    except FileExistsError:
        # A network disk may repeat a call whose answer was lost: then the link exists, and it is ours.
        if temporary.stat().st_nlink == 1:
            return False
    sync_to_disk(target.parent)
    return True


def _describe_error(error: OSError) -> str:
    return (os.strerror(error.errno) if error.errno else type(error).__name__).lower()
