"""Drives a walk: keeps up to `workers` asks out at once and hands the pages over in the order they came."""

import sys
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait

from huggy_connector.sweep.types import Ask, Page, Walk

SWITCH = 0.001
"""Seconds after which Python gives a thread that waits its turn; by default 5 ms, for which a request that may leave
would wait while rows are taken in.
"""


def drive(
    walk: Walk, fetch: Callable[[Ask], Page], *, workers: int = 1, cancel: Callable[[], None] = lambda: None
) -> Iterator[Page]:
    """Pages as they come. When a page is yielded, `walk.state()` includes it: what was kept and the state agree. What
    is to be asked next is on its way by then, whatever time the page's receiver takes.

    An error of `fetch` ends the walk and is raised. However it ends, `cancel` is called if requests are still out, so
    that they come back soon; what they bring is dropped.
    """
    out: set[Future[Page]] = set()

    def send() -> None:
        while len(out) < workers and (ask := walk.next_ask()) is not None:
            out.add(pool.submit(fetch, ask))

    usual = sys.getswitchinterval()
    with ThreadPoolExecutor(max_workers=workers, thread_name_prefix="sweep") as pool:
        try:
            sys.setswitchinterval(min(usual, SWITCH))
            send()
            while out and not walk.finished:
                for future in wait(out, return_when=FIRST_COMPLETED).done:
                    out.remove(future)
                    page = future.result()
                    walk.take(page)
                    send()
                    yield page
        finally:
            sys.setswitchinterval(usual)
            if out:
                cancel()
