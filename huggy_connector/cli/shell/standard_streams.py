"""Repairs the three standard streams that cron, pipes and old terminals give: closed, full, broken, or not UTF-8."""

import io
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, Any

from huggy_connector.errors import HuggyError


class PipeClosed(Exception):
    """The reader of standard output is gone, as with `| head -1`. Nobody needs a message."""


class OutputLost(HuggyError):
    """Standard output cannot be written to: a full disk, a closed terminal."""


@contextmanager
def standard_streams() -> Iterator[None]:
    """Make standard output and standard error take any text inside the block.

    A closed stream becomes the null device under the stream's own number. Else the next file that is opened would get
    that number, and with it whatever libraries print there. A character that the encoding lacks is shown by its number.
    Standard error is a courtesy: where it cannot be written to it is silent, and no work is lost for it. Standard
    output is the answer: where it cannot be written to, `PipeClosed` or `OutputLost` is raised.

    Streams that are no files of this process, such as those of a test, are left alone.
    """
    before = sys.stdin, sys.stdout, sys.stderr
    sys.stdin = _open_input(sys.stdin)  # in the order of their numbers: the system gives the lowest free one
    sys.stdout, sys.stderr = _open_output(sys.stdout, _SafeStdout), _open_output(sys.stderr, _SafeStderr)
    try:
        yield
    finally:
        sys.stdin, sys.stdout, sys.stderr = before


def _open_input(stream: IO[str] | None) -> Any:
    if stream is None:
        return open(os.devnull)  # noqa: PTH123 -- it is a stream for as long as the program runs
    if stream is sys.__stdin__ and isinstance(stream, io.TextIOWrapper):
        stream.reconfigure(errors="replace")
    return stream


def _open_output(stream: IO[str] | None, kind: "type[_SafeStdout | _SafeStderr]") -> Any:
    if stream is None:
        return open(os.devnull, "w", encoding="utf-8")  # noqa: PTH123
    if stream not in {sys.__stdout__, sys.__stderr__} or not isinstance(stream, io.TextIOWrapper):
        return stream
    stream.flush()
    return io.TextIOWrapper(
        io.BufferedWriter(kind(stream.fileno(), "w", closefd=False)),
        encoding=stream.encoding,
        errors="backslashreplace",
        line_buffering=True,
    )


class _SafeStdout(io.FileIO):
    def write(self, data: Any, /) -> int:
        try:
            return super().write(data)
        except BrokenPipeError:
            raise PipeClosed from None
        except OSError as error:
            raise OutputLost(
                f"The answer cannot be written to standard output ({error.strerror}): what was done stays done. "
                "Make room, or send the answer elsewhere."
            ) from None


class _SafeStderr(io.FileIO):
    def write(self, data: Any, /) -> int:
        try:
            return super().write(data)
        except OSError:
            return memoryview(data).nbytes
