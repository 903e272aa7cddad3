"""The three standard streams, as cron, pipes and old terminals hand them over: closed, full, broken, of few letters."""

import io
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, Any

from huggy_connector.errors import HuggyError


class ReaderGone(Exception):
    """Whoever read standard output reads no more: `| head -1`. Nobody is to be told."""


class AnswerLost(HuggyError):
    """Standard output takes nothing more: a full disk, a terminal that was closed."""


@contextmanager
def standard_streams() -> Iterator[None]:
    """While it lasts, standard output and standard error take any text.

    A closed stream becomes the null device, which gets its number: else the next file that is opened would, and with it
    whatever libraries print there. What an encoding lacks is shown by its number. Standard error is a courtesy: where
    it cannot be written to it is silent, and no work is lost for it. Standard output is the answer: where it cannot be
    written to, `ReaderGone` or `AnswerLost` is raised.

    Streams that are no files of this process, such as those of a test, are left alone.
    """
    before = sys.stdin, sys.stdout, sys.stderr
    sys.stdin = _readable(sys.stdin)  # in the order of their numbers: the system gives the lowest that is free
    sys.stdout, sys.stderr = _writable(sys.stdout, _Answer), _writable(sys.stderr, _Courtesy)
    try:
        yield
    finally:
        sys.stdin, sys.stdout, sys.stderr = before


def _readable(given: IO[str] | None) -> Any:
    if given is None:
        return open(os.devnull)  # noqa: PTH123 -- it is a stream for as long as the program runs
    if given is sys.__stdin__ and isinstance(given, io.TextIOWrapper):
        given.reconfigure(errors="replace")
    return given


def _writable(given: IO[str] | None, kind: "type[_Answer | _Courtesy]") -> Any:
    if given is None:
        return open(os.devnull, "w", encoding="utf-8")  # noqa: PTH123
    if given not in {sys.__stdout__, sys.__stderr__} or not isinstance(given, io.TextIOWrapper):
        return given
    given.flush()
    return io.TextIOWrapper(
        io.BufferedWriter(kind(given.fileno(), "w", closefd=False)),
        encoding=given.encoding,
        errors="backslashreplace",
        line_buffering=True,
    )


class _Answer(io.FileIO):
    def write(self, told: Any, /) -> int:
        try:
            return super().write(told)
        except BrokenPipeError:
            raise ReaderGone from None
        except OSError as error:
            raise AnswerLost(
                f"The answer cannot be written to standard output ({error.strerror}): what was done stays done. "
                "Make room, or send the answer elsewhere."
            ) from None


class _Courtesy(io.FileIO):
    def write(self, told: Any, /) -> int:
        try:
            return super().write(told)
        except OSError:
            return memoryview(told).nbytes
