"""Drives a walk: keeps up to `workers` asks out at once and hands the pages over in the order they came."""

from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait

from huggy_connector.sweep.types import Ask, Page, Walk


def drive(
    walk: Walk, fetch: Callable[[Ask], Page], *, workers: int = 1, cancel: Callable[[], None] = lambda: None
) -> Iterator[Page]:
    """Pages as they come. When a page is yielded, `walk.state()` includes it: what was kept and the state agree.

    An error of `fetch` ends the walk and is raised. However it ends, `cancel` is called if requests are still out, so
    that they come back soon; what they bring is dropped.
    """
    out: set[Future[Page]] = set()
    with ThreadPoolExecutor(max_workers=workers, thread_name_prefix="sweep") as pool:
        try:
            while not walk.finished:
                while len(out) < workers and (ask := walk.next_ask()) is not None:
                    out.add(pool.submit(fetch, ask))
                if not out:
                    return
                done, out = wait(out, return_when=FIRST_COMPLETED)
                for future in done:
                    page = future.result()
                    walk.take(page)
                    yield page
        finally:
            if out:
                cancel()
