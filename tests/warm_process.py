"""`huggy` in processes forked from one that has imported everything: an import takes a second or two, a fork nothing.

`huggy_command()` is the start of a command line that may stand wherever `python -m ...` stands, with any arguments,
environment, folder and streams. What it starts is a small client (`warm_client.py`). It hands all of them to a fork,
passes signals on, and ends as the fork does. A fork is a process of its own in all but this: what Python itself reads
as it starts (`PYTHON...`, the locale, `LD_PRELOAD`, limits, another user) is that of the tests. Tests of those start a
Python of their own (`COLD`), as do those that stop a process for a while; and with HUGGY_PROOF=full all do.
"""

from __future__ import annotations

import atexit
import gc
import importlib
import marshal
import os
import select
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from functools import cache
from pathlib import Path
from typing import NoReturn
from zoneinfo import ZoneInfo

ROOT = Path(__file__).parents[1]
COLD = (sys.executable, "-c", "import sys; from huggy_connector.cli import start; sys.exit(start())")
"""What a command line begins with that is a Python of its own. It needs ROOT in `PYTHONPATH`."""
CLIENT = Path(__file__).with_name("warm_client.py")
STREAMS = (("stdin", "r", "strict"), ("stdout", "w", "strict"), ("stderr", "w", "backslashreplace"))
"""By number: the name in `sys`, and how Python opens it."""
LENGTH = 8
"""Bytes that say how long an order is; and of a number in an answer."""


@cache
def huggy_command() -> tuple[str, ...]:
    """Start the process at the first call. Return what a command line begins with. It ends with this process."""
    if os.environ.get("HUGGY_PROOF") == "full":
        return COLD
    door = str(Path(tempfile.mkdtemp(prefix="huggy-warm-")) / "door")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(door)
        listener.listen(64)
        environ = {name: value for name, value in os.environ.items() if not name.startswith(("HUGGY_", "AIRFLOW_"))}
        process = subprocess.Popen(
            [sys.executable, "-W", "ignore", "-m", "tests.warm_process", str(listener.fileno()), door],
            cwd=ROOT,
            env=environ | {"PYTHONPATH": str(ROOT)},
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            pass_fds=[listener.fileno()],
            start_new_session=True,
        )

    def end() -> None:
        assert process.stdin is not None
        process.stdin.close()
        process.wait()

    atexit.register(end)
    return (sys.executable, "-I", "-S", str(CLIENT), door)


def serve(listener: socket.socket, door: Path) -> NoReturn:
    """Fork a handler for each client, until standard input ends. Then remove the folder of the door."""
    import_everything()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    while True:
        ready, _, _ = select.select([listener, sys.stdin], [], [])
        if sys.stdin in ready:
            shutil.rmtree(door.parent)
            os._exit(0)  # else C libraries tell of what they have not freed
        client, _ = listener.accept()
        with client:
            if not os.fork():
                listener.close()
                signal.signal(signal.SIGCHLD, signal.SIG_DFL)
                handle(client)


def import_everything() -> None:
    """Import all that a command may import, and compute the default calendar. Nothing of it starts a thread."""
    import aiohttp.web  # noqa: F401
    import duckdb  # noqa: F401
    import jwt  # noqa: F401
    import obstore.store  # noqa: F401
    import pandas as pd  # noqa: F401
    import pyarrow.parquet  # noqa: F401

    for module in sorted((ROOT / "huggy_connector").rglob("*.py")):
        path = module.relative_to(ROOT).with_suffix("").parts
        if "airflow" not in path and path[-1] != "__main__":
            importlib.import_module(".".join(path).removesuffix(".__init__"))
    business_time = importlib.import_module("huggy_connector.warehouse.marts.business_time")
    opening = business_time.BusinessCalendar().opening  # whose days and hours a load computes once in a process
    business_time._build_day_rows(opening)
    business_time._build_hour_rows(opening, ZoneInfo("America/Sao_Paulo"))
    gc.freeze()


def handle(client: socket.socket) -> NoReturn:
    """Run the client's command in a fork. Tell the client its process id, then its wait status. Kill it without one."""
    head, streams, _, _ = socket.recv_fds(client, LENGTH, len(STREAMS))
    order = marshal.loads(_receive(client, int.from_bytes(head)))
    alive, held = os.pipe()
    process = os.fork()
    if not process:
        client.close()
        os.close(alive)
        arguments, environ, folder, numbers = order
        perform(arguments, environ, folder, numbers, streams)
    os.close(held)
    # The streams stay open here until the fork is reaped: who reads to their end finds no process of it any more.
    try:
        client.sendall(process.to_bytes(LENGTH))
        ready, _, _ = select.select([client.fileno(), alive], [], [])
        if alive not in ready:
            os.kill(process, signal.SIGKILL)
        _, status = os.waitpid(process, 0)
        client.sendall(status.to_bytes(LENGTH))
    finally:
        os._exit(0)


def perform(
    arguments: list[str], environ: dict[str, str], folder: str, numbers: list[int], streams: list[int]
) -> NoReturn:
    """Run `huggy` with these, as `sys.exit(main())` of a new Python does."""
    code = 1
    try:
        _take_over(numbers, streams)
        os.chdir(folder)
        os.environ.clear()
        os.environ.update(environ)
        time.tzset()
        tempfile.tempdir = None  # it is read again
        sys.argv[1:] = arguments
        from huggy_connector.cli import main

        code = main()
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else int(end.code is not None)
    except BaseException:  # noqa: BLE001 -- as a new Python ends
        sys.excepthook(*sys.exc_info())
    finally:
        threading._shutdown()  # type: ignore[attr-defined]
        atexit._run_exitfuncs()
        for stream in (sys.stdout, sys.stderr):
            if stream is not None:
                stream.flush()
        os._exit(code)


def _take_over(numbers: list[int], streams: list[int]) -> None:
    """Make the client's streams those of this process; what the client has closed is closed here, and None in `sys`."""
    for number in range(len(STREAMS)):
        os.close(number)
    for number, stream in zip(numbers, streams, strict=True):
        os.dup2(stream, number)
    for stream in streams:
        os.close(stream)
    for number, (name, mode, errors) in enumerate(STREAMS):
        opened = open(number, mode, errors=errors, closefd=False) if number in numbers else None  # noqa: SIM115
        setattr(sys, name, opened)
        setattr(sys, f"__{name}__", opened)


def _receive(client: socket.socket, length: int) -> bytes:
    received = b""
    while len(received) < length:
        part = client.recv(length - len(received))
        if not part:
            os._exit(0)
        received += part
    return received


if __name__ == "__main__":
    serve(socket.socket(fileno=int(sys.argv[1])), Path(sys.argv[2]))
