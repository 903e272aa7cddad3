"""A Postgres of Debian's for Airflow's own tables, on a port of 127.0.0.1: as docker-compose.yaml has it.

Each Airflow has a database of its own there: two schedulers of one database would run each other's tasks.
"""

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any

BIN = max(Path("/usr/lib/postgresql").glob("*/bin/initdb"), default=Path("/nowhere/initdb")).parent
IS_INSTALLED = BIN.is_dir()
LONGEST = 600
"""Seconds that the server is waited for."""


@contextmanager
def postgres() -> Iterator[Callable[[], str]]:
    """Makes a new database with each call, and returns its address as SQLAlchemy takes it. The server refuses to run
    as root, and then runs as Debian's user for it.
    """
    folder = Path(tempfile.mkdtemp(prefix="postgres-"))
    who: dict[str, Any] = {} if os.getuid() else {"user": "postgres", "group": "postgres", "extra_groups": ()}
    if who:
        owner = pwd.getpwnam("postgres")
        os.chown(folder, owner.pw_uid, owner.pw_gid)
    data, port = folder / "data", _free_port()
    try:
        _run(BIN / "initdb", "--pgdata", data, "--username", "airflow", "--auth", "trust", "--no-sync", **who)
        options = {
            "listen_addresses": "127.0.0.1",
            "port": port,
            "unix_socket_directories": "",
            "fsync": "off",
            "max_connections": 200,
        }
        told = [part for name, value in options.items() for part in ("-c", f"{name}={value}")]
        with (folder / "log").open("wb") as log:
            server = subprocess.Popen(
                [BIN / "postgres", "-D", data, *told],
                cwd=folder,
                stdout=log,
                stderr=log,
                **who,
            )
        try:
            _wait(port, server)
            yield partial(_new_database, port, count())
        finally:
            server.terminate()  # waits for its clients, which are gone
            server.wait(LONGEST)
    finally:
        shutil.rmtree(folder)


def _new_database(port: int, numbers: Iterator[int]) -> str:
    name = f"airflow_{next(numbers)}"
    _run(BIN / "createdb", "--host", "127.0.0.1", "--port", port, "--username", "airflow", name)
    return f"postgresql+psycopg2://airflow@127.0.0.1:{port}/{name}"


def _wait(port: int, server: subprocess.Popen[bytes]) -> None:
    end = time.monotonic() + LONGEST
    ready = [str(BIN / "pg_isready"), "--quiet", "--host", "127.0.0.1", "--port", str(port)]
    while subprocess.run(ready, check=False).returncode:
        assert server.poll() is None, "Postgres ended at once."
        assert time.monotonic() < end, "Postgres is not ready."
        time.sleep(0.1)


def _run(*command: object, **who: Any) -> None:
    told = [str(each) for each in command]
    ran = subprocess.run(told, cwd="/", capture_output=True, text=True, check=False, **who)
    assert ran.returncode == 0, ran.stderr


def _free_port() -> int:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        return int(listening.getsockname()[1])
