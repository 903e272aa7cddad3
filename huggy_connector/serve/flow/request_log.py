"""A line of the log for each request, with a hash in place of what was asked.

The lines are written in a thread of their own: a terminal or a pipe that takes nothing holds up no request. Where too
many wait, the newest are counted and left out.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from queue import Full, Queue

MAX_WAITING = 2_000


class RequestLog:
    """Takes lines in any thread."""

    def __init__(self, note: Callable[[str], None], *, max_waiting: int = MAX_WAITING) -> None:
        self._note = note
        self._lines: Queue[str | None] = Queue(max_waiting)
        self._left_out = 0
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        self._thread = threading.Thread(target=self._write, name="flow log", daemon=True)
        self._thread.start()

    def add(self, line: str) -> None:
        """Take a line, or leave it out where too many wait."""
        try:
            self._lines.put_nowait(line)
        except Full:
            self._left_out += 1

    def close(self, *, seconds: float = 2.0) -> None:
        """Let the thread end. Lines that are not written by then are lost."""
        if self._thread is not None:
            try:
                self._lines.put(None, timeout=seconds)
            except Full:
                return
            self._thread.join(seconds)

    def _write(self) -> None:
        while (line := self._lines.get()) is not None:
            left_out, self._left_out = self._left_out, 0
            self._note(line)
            if left_out:
                self._note(f"{left_out:,} lines about flows were left out: the log takes them too slowly.")
