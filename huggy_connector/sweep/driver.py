"""Drives a walk: it keeps up to `workers` requests out at once and yields the answers in the order they come."""

import sys
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait

from huggy_connector.sweep.types import PageAnswer, PageRequest, Walk

SWITCH_SECONDS = 0.001
"""Seconds after which Python switches to a thread that waits. With the default of 5 ms, a request that may be sent
would wait for so long while the walk takes in rows.
"""


def drive(
    walk: Walk,
    fetch: Callable[[PageRequest], PageAnswer],
    *,
    workers: int = 1,
    cancel: Callable[[], None] = lambda: None,
) -> Iterator[PageAnswer]:
    """Yield the answers as they come.

    When an answer is yielded, `walk.state()` includes it, so the stored rows and the state agree. The next requests are
    on their way by then, so the caller may take its time with the answer.

    An error of `fetch` ends the walk and is raised. If requests are still out at the end, `cancel` is called, so that
    they come back soon. Their answers are dropped.
    """
    sent: set[Future[PageAnswer]] = set()

    def send() -> None:
        while len(sent) < workers and (request := walk.next_request()) is not None:
            sent.add(pool.submit(fetch, request))

    usual_interval = sys.getswitchinterval()
    with ThreadPoolExecutor(max_workers=workers, thread_name_prefix="sweep") as pool:
        try:
            sys.setswitchinterval(min(usual_interval, SWITCH_SECONDS))
            send()
            while sent and not walk.is_finished:
                for future in wait(sent, return_when=FIRST_COMPLETED).done:
                    sent.remove(future)
                    answer = future.result()
                    walk.receive(answer)
                    send()
                    yield answer
        finally:
            sys.setswitchinterval(usual_interval)
            if sent:
                cancel()
