"""Reads a secret from a terminal, which does not show it."""

from __future__ import annotations

import termios
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO

from huggy_connector.cli.output import show_prompt

_END_OF_INPUT, _ERASE_LINE = "\x04", "\x15"
_ERASE = ("\x7f", "\b")


def read_hidden_line(terminal: IO[str], prompt: str) -> str:
    """Show the prompt, and return a line without its end. Raises EOFError for Ctrl-D on an empty line.

    Characters are taken one by one: a terminal that collects a line cuts it (macOS after 1,024 characters), and
    Huggy's tokens are longer. So the keys that erase are obeyed here.
    """
    typed = ""
    with _silence(terminal):  # before the prompt: who pastes at once is not shown either
        show_prompt(prompt)
        while (key := terminal.read(1)) not in {"\n", "\r"}:
            if key in {"", _END_OF_INPUT}:
                if not typed:
                    raise EOFError
                break
            if key == _ERASE_LINE:
                typed = ""
            elif key in _ERASE:
                typed = typed[:-1]
            else:
                typed += key
    return typed


@contextmanager
def _silence(terminal: IO[str]) -> Iterator[None]:
    file = terminal.fileno()
    before = termios.tcgetattr(file)
    silent = termios.tcgetattr(file)
    silent[3] &= ~(termios.ECHO | termios.ICANON)
    termios.tcsetattr(file, termios.TCSADRAIN, silent)
    try:
        yield
    finally:
        termios.tcsetattr(file, termios.TCSADRAIN, before)
