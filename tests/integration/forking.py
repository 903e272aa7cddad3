"""Orders of a parent, each done in a fork of a process that has imported everything: what takes long is done once."""

import json
import os
import sys
import traceback
from collections.abc import Callable, Iterator
from resource import struct_rusage
from typing import Any

FAILED = 99
"""The exit code of a fork that ended with an error, whose traceback is what it said."""


def orders(child: Callable[[dict[str, Any]], None]) -> Iterator[tuple[int, struct_rusage]]:
    """Does each line of standard input, which is JSON, in a fork: its wait status, and what it used.

    Whoever iterates answers before the next order is read.
    """
    for line in os.fdopen(os.dup(0), buffering=1):  # sys.stdin itself is the command's, as yet unread
        process = os.fork()
        if not process:
            try:
                child(json.loads(line))
            finally:
                traceback.print_exc()
                sys.stderr.flush()
                os._exit(FAILED)
        _, status, used = os.wait4(process, 0)
        yield status, used


def say(answer: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(answer) + "\n")
    sys.stdout.flush()
