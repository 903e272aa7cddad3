"""Many reads of a remote storage at the same time."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

_T = TypeVar("_T")
_U = TypeVar("_U")


def read_in_threads(read: Callable[[_T], _U], names: list[_T], *, most_threads: int) -> Iterator[_U]:
    """Yield what `read` returns for each name, in their order."""
    threads = min(most_threads, len(names))
    if threads <= 1:
        yield from map(read, names)
        return
    with ThreadPoolExecutor(threads, thread_name_prefix="landing") as pool:
        try:
            yield from pool.map(read, names)
        finally:
            pool.shutdown(cancel_futures=True)
