"""Unit tests touch nothing: they open no socket, start no process, write no file and do not sleep. `slow` ones may."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import Phase, settings

settings.register_profile("quick", phases=[Phase.explicit])
"""For `make quick`: a property is tried with the cases that it names."""

FORBIDDEN = {
    "os.fork",
    "os.posix_spawn",
    "socket.bind",
    "socket.connect",
    "socket.getaddrinfo",
    "subprocess.Popen",
    "tempfile.mkdtemp",
    "tempfile.mkstemp",
    "time.sleep",
}
OF_TOOLS = (".hypothesis", "__pycache__", "matplotlib", "fc-list")
"""Libraries write into these folders at any time, and matplotlib asks fc-list for the fonts of a new machine."""

_noticed: list[str] | None = None
"""What the test under way has done that it must not; None while there is none that is watched."""


def _watch(event: str, arguments: tuple[Any, ...]) -> None:
    """Fail what is forbidden. Servers of other tests run on in threads of their own."""
    if _noticed is None or threading.current_thread() is not threading.main_thread():
        return
    is_forbidden = event in FORBIDDEN or (event == "open" and _is_written(*arguments[:2]))
    if is_forbidden and not any(each in str(arguments[:1]) for each in OF_TOOLS):
        _noticed.append(f"{event} {arguments[:1]}")
        raise RuntimeError(f"A unit test must not do this: {_noticed[-1]}. Mark it `slow`, or move it.")


def _is_written(path: object, mode: object) -> bool:
    return isinstance(path, str | bytes) and isinstance(mode, str) and ("+" in mode or not mode.startswith("r"))


sys.addaudithook(_watch)


@pytest.fixture(autouse=True)
def _touches_nothing(request: pytest.FixtureRequest) -> Iterator[None]:
    global _noticed  # noqa: PLW0603 -- an audit hook stays for ever, and is told here when to look
    if request.node.get_closest_marker("slow"):
        yield
        return
    assert not {"tmp_path", "tmp_path_factory"} & {*request.fixturenames}, "a unit test with a folder: mark it `slow`"
    _noticed = []
    yield
    noticed, _noticed = _noticed, None
    assert noticed == []
