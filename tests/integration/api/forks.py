"""Runs `huggy` in processes forked from one that has imported everything, and measures each: see test_hostile_answers.

Each line of standard input is an order, as JSON: `arguments`, the `environ` to add, and the seconds that an answer may
take (`longest`). The answer is a line of JSON too. In a fork each wait takes a part of its time, and only waits count
for the time of retries: so a busy machine does not change how often something is sent again.
"""

from __future__ import annotations

import gc
import os
import signal
import sys
import tempfile
import threading
import time
from functools import partial
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import jwt  # noqa: F401
import pyarrow.parquet  # noqa: F401 -- imported before the fork, as all that takes long

from huggy_connector.api import Client
from huggy_connector.api.http import HttpTransport
from huggy_connector.api.response_limits import BodyReader
from huggy_connector.budget import SharedBudget
from huggy_connector.budget.file import FileBudgetStore, read_boot_clock
from huggy_connector.catalogue import get_resource
from huggy_connector.cli import main
from huggy_connector.clock import SYSTEM_CLOCK
from huggy_connector.landing import warm_up
from tests.integration.forking import orders, say

LONGEST = 600
"""Seconds after which a fork is ended, and its row failed."""
RETRY_TIMEOUT = 3.0
"""Seconds of waiting for which a page is asked for again."""
FASTER = 10
"""As often as a second of the budget passes in one."""
AT_ONCE = 50
"""As much shorter is a wait before something is asked again."""


class Waits:
    """The seconds that were waited for."""

    def __init__(self) -> None:
        self.seconds = time.monotonic()

    def of_client(self, closed: threading.Event, seconds: float) -> bool:
        self.seconds += seconds
        return closed.wait(seconds / AT_ONCE)

    def of_budget(self, seconds: float) -> None:
        self.seconds += seconds
        time.sleep(seconds / FASTER)


def shorten(longest: float) -> None:
    """The waits of this process, and the seconds that an answer may take; a body must soon come at the least speed."""
    waits = Waits()
    for name, way in {"wait": waits.of_client, "monotonic": lambda: waits.seconds}.items():
        object.__setattr__(SYSTEM_CLOCK, name, way)
    defaults: tuple[tuple[Any, dict[str, Any]], ...] = (
        (Client.__init__, {"retry_timeout": RETRY_TIMEOUT}),
        (HttpTransport.__init__, {"max_seconds": longest}),
        (BodyReader.__init__, {"slow_after": longest / 2}),
        (FileBudgetStore.__init__, {"clock": lambda: read_boot_clock() * FASTER}),
        (SharedBudget.__init__, {"sleep": waits.of_budget}),
    )
    for call, shorter in defaults:
        assert call.__kwdefaults__.keys() >= shorter.keys()
        call.__kwdefaults__ |= shorter


def child(order: dict[str, Any], answer: Path) -> None:
    signal.alarm(LONGEST)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    for number, name in ((1, "out"), (2, "err")):
        os.dup2(os.open(answer / name, os.O_CREAT | os.O_TRUNC | os.O_RDWR), number)
    os.environ.update(order["environ"])
    shorten(order["longest"])
    code = main(order["arguments"])
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


def serve() -> None:
    HttpTransport("http://127.0.0.1", language="en").close()  # it has read the certificates
    warm_up(get_resource("chats"), ZoneInfo("America/Sao_Paulo"))
    gc.freeze()
    with tempfile.TemporaryDirectory() as folder:
        answer = Path(folder)
        for status, used in orders(partial(child, answer=answer)):
            said = {name: (answer / name).read_text(errors="replace") for name in ("out", "err")}
            say({"code": os.waitstatus_to_exitcode(status), "megabytes": used.ru_maxrss / 1024, **said})


if __name__ == "__main__":
    serve()
