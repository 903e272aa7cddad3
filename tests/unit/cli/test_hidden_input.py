"""A secret is read from a terminal whole, whatever its length, and is not shown."""

import os
import termios
import threading
from collections.abc import Iterator
from typing import IO

import pytest

from huggy_connector.cli.first_run.hidden_input import read_hidden_line

LONG = "eyJ0eXAi." * 1_000
"""9,000 characters: more than a terminal collects in a line."""


@pytest.fixture
def keyboard() -> Iterator[tuple[int, IO[str]]]:
    """The end of a terminal where a person types, and the end where a program reads."""
    person, program = os.openpty()
    with os.fdopen(program) as terminal:
        yield person, terminal
        os.close(person)


def type_keys(person: int, keys: bytes) -> threading.Thread:
    """Type from a thread once the terminal hides it: a terminal takes only so many keys before they are read."""

    def type_when_hidden() -> None:
        while termios.tcgetattr(person)[3] & (termios.ECHO | termios.ICANON):
            os.sched_yield()
        os.write(person, keys)

    typing = threading.Thread(target=type_when_hidden, daemon=True)
    typing.start()
    return typing


@pytest.mark.parametrize(
    ("keys", "line"),
    [
        ("a.b.c\n", "a.b.c"),
        (f"{LONG}\n", LONG),
        ("wrong\x15right\n", "right"),
        ("ax\x7fb\bc\n", "ac"),
        ("\x7f\x7fa\n", "a"),
        ("a\x04", "a"),
        ("\n", ""),
    ],
)
def test_a_line_is_read_as_it_was_typed(keyboard: tuple[int, IO[str]], keys: str, line: str) -> None:
    person, terminal = keyboard
    before = termios.tcgetattr(terminal)
    typing = type_keys(person, keys.encode())
    assert read_hidden_line(terminal, "Token: ") == line
    typing.join()
    assert termios.tcgetattr(terminal) == before


def test_ctrl_d_on_an_empty_line_is_the_end(keyboard: tuple[int, IO[str]]) -> None:
    person, terminal = keyboard
    type_keys(person, b"\x04")
    with pytest.raises(EOFError):
        read_hidden_line(terminal, "Token: ")
