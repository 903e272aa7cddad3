"""A storage in an object store: S3 and compatible stores, Google Cloud Storage, Azure.

Such a store lists a new object at once, replaces an object as a whole, and has two conditional writes: create only if
there is none, replace only if it has not changed. The promises of `Storage` rest on these four: see
docs/object-storage.md.
"""

from __future__ import annotations

import secrets
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from datetime import timedelta
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, TypeVar

from tenacity import Retrying, retry_if_exception_type, stop_after_delay, wait_random_exponential

from huggy_connector.errors import LandingError, LandingUnwritable, StoreAway
from huggy_connector.settings import is_url
from huggy_connector.storage.local_cache import LocalCache
from huggy_connector.storage.obstore_adapter import (
    RETRIES,
    RETRY_TIMEOUT,
    build_unchanged_mode,
    is_store_error,
    open_store,
    translate_store_errors,
)
from huggy_connector.storage.protocol import LocalStorage, Storage

if TYPE_CHECKING:
    from huggy_connector.storage.obstore_adapter import ObjectStore

T = TypeVar("T")

_CHUNK = 8 << 20
_UPLOADS = 4
_WRITER = "huggywriter"
"""The metadata key that names the creator of an object: the library repeats a request whose answer was lost."""


class ObjectStorage:
    """A storage in a bucket, or below a prefix of one. Local copies of its files exist while this object is in use.

    `store` is any store of obstore. `label` and `place` are how messages call it.
    """

    parallel_reads = 16

    def __init__(
        self, store: ObjectStore, place: str, *, label: str = "landing", retry_timeout: timedelta = RETRY_TIMEOUT
    ) -> None:
        """`retry_timeout`: for how long a read that is cut off is repeated."""
        self._retry_timeout = retry_timeout
        self._subject = f"The {label} {place}"
        self._store = store
        self._cache = LocalCache()

    @classmethod
    def open(
        cls, url: str, *, access: Mapping[str, str] | None = None, retries: int = RETRIES, label: str = "landing"
    ) -> ObjectStorage:
        """Return the storage at a URL such as s3://bucket/x; 0 `retries` means none. Raises as `open_store`."""
        store = open_store(url, access=access or {}, retries=retries)
        return cls(store, url, label=label, retry_timeout=RETRY_TIMEOUT if retries else timedelta(0))

    def list_names(self, folder: str) -> Sequence[str]:
        listing = self._read(lambda: self._store.list_with_delimiter(folder or None))
        files = [PurePosixPath(each["path"]).name for each in listing["objects"]]
        return sorted({*files, *(PurePosixPath(each).name for each in listing["common_prefixes"])})

    def read(self, name: str) -> bytes:
        return self._read(lambda: bytes(self._store.get(name).bytes()))

    def write(self, name: str, data: bytes) -> None:
        self._write(lambda: self._store.put(name, data))
        self._cache.remove(name)

    def create(self, name: str, data: bytes) -> bool:
        writer = secrets.token_hex(8)

        def put() -> bool:
            try:
                self._store.put(name, data, mode="create", attributes={_WRITER: writer})
            except Exception as error:
                if not is_store_error(error):
                    raise
                # It may still be our object: an answer was lost, whether or not the library repeated the request.
                creator = self._read_writer(name)
                if creator is None and not is_store_error(error, "AlreadyExistsError"):
                    raise
                return creator == writer
            return True

        return self._write(put)

    def exchange(self, name: str, old: bytes, new: bytes) -> bool:
        has_tried = False

        def put() -> bool:
            nonlocal has_tried
            try:
                found = self._store.get(name)
                current = bytes(found.bytes())
                if current != old:
                    return has_tried and current == new  # our own put, whose answer was lost
                has_tried = True
                self._store.put(name, new, mode=build_unchanged_mode(found.meta))
            except FileNotFoundError:
                return False
            except Exception as error:
                if not is_store_error(error, "PreconditionError", "AlreadyExistsError"):
                    raise
                # If an answer was lost, the library's second request meets what the first one has written.
                with suppress(FileNotFoundError):
                    return bytes(self._store.get(name).bytes()) == new
                return False
            return True

        is_exchanged = self._write(put)
        self._cache.remove(name)
        return is_exchanged

    @contextmanager
    def write_file(self, name: str) -> Iterator[Path]:
        with self._cache.temporary_path() as temporary:
            yield temporary
            self._write(lambda: self._store.put(name, temporary, chunk_size=_CHUNK, max_concurrency=_UPLOADS))
        self._cache.remove(name)

    def fetch(self, name: str) -> Path:
        path = self._cache.path(name)
        if path.exists():
            return path
        with self._cache.temporary_path() as temporary:
            self._read(lambda: self._download(name, temporary))
            return self._cache.store(temporary, name)

    def fetch_all(self, names: Iterable[str]) -> Iterator[Path]:
        remaining = deque(names)
        with ThreadPoolExecutor(self.parallel_reads, thread_name_prefix="landing") as pool:
            downloads = deque(
                (name, pool.submit(self.fetch, name))
                for name in (remaining.popleft() for _ in range(min(self.parallel_reads, len(remaining))))
            )
            try:
                while downloads:
                    name, copy = downloads.popleft()
                    yield copy.result()
                    self._cache.remove(name)
                    if remaining:
                        downloads.append((remaining[0], pool.submit(self.fetch, remaining.popleft())))
            finally:
                pool.shutdown(cancel_futures=True)

    def delete(self, name: str) -> None:
        with suppress(FileNotFoundError):
            self._write(lambda: self._store.delete(name))
        self._cache.remove(name)

    def check_writable(self) -> None:
        name = f".probe/{secrets.token_hex(8)}"
        try:
            self.create(name, b"")
        finally:
            self.delete(name)

    def _read_writer(self, name: str) -> str | None:
        """Return who created an object; "" if it is not one of ours, None if there is no such object."""
        try:
            return str(self._store.get(name, options={"head": True}).attributes.get(_WRITER, ""))
        except FileNotFoundError:
            return None

    def _download(self, name: str, path: Path) -> None:
        with path.open("wb") as file:
            for chunk in self._store.get(name).stream(min_chunk_size=_CHUNK):
                file.write(chunk)

    def _read(self, act: Callable[[], T]) -> T:
        return self._retry(act, f"{self._subject} cannot be read", LandingError)

    def _write(self, act: Callable[[], T]) -> T:
        return self._retry(act, f"{self._subject} cannot be written to", LandingUnwritable)

    def _retry(self, act: Callable[[], T], sentence: str, kind: type[LandingError]) -> T:
        """Run `act` until it succeeds or its time is over. Raises `kind` or StoreAway, with `sentence` and the reason.

        The library repeats a request that got no answer. A read that was cut off, and a write that may or may not have
        arrived, are repeated here.
        """

        def once() -> T:
            with translate_store_errors(sentence, kind):
                return act()

        attempts = Retrying(
            retry=retry_if_exception_type(StoreAway),
            stop=stop_after_delay(self._retry_timeout),
            wait=wait_random_exponential(multiplier=0.25, max=10),
            reraise=True,
        )
        return attempts(once)


def open_storage(place: str, *, label: str, setting: str) -> Storage:
    """Return the storage in a folder or at a URL of an object store. Messages call it by `label` and `setting`."""
    return (
        ObjectStorage.open(place, label=label) if is_url(place) else LocalStorage(place, label=label, setting=setting)
    )
