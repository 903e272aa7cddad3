"""`huggy sandbox` takes every option of a sandbox and refuses impossible ones; `huggy demo` needs nothing."""

from __future__ import annotations

import os
import signal
import socket
import threading
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
import pytest

from huggy_connector.cli.sandbox_commands import sandbox as command
from huggy_connector.sandbox import OPTION_HELP, Options
from tests.integration.conftest import LONGEST, Run

Huggy = Callable[..., Run]
SHARES = ("faults", "write_faults", "webhook_disorders")
"""Options that the command line writes as a text of shares."""


def test_every_option_of_a_sandbox_is_an_option_of_the_command_with_its_default_and_help() -> None:
    options = {each.name: each for each in command.params if isinstance(each, click.Option)}
    assert {*options} == {*OPTION_HELP, "port"}
    assert {name: options[name].help for name in OPTION_HELP} == OPTION_HELP
    given: dict[str, Any] = {name: options[name].default for name in OPTION_HELP if name not in SHARES}
    assert Options(**given) == Options()


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("--chats", "-1"), "chats is -1, it must not be negative."),
        (("--departments", "9"), "departments is 9, it must lie between 1 and 8."),
        (("--timezone", "Mars"), "timezone is 'Mars', which this machine's zone database lacks."),
        (("--now", "noon"), "now is 'noon', it must read like 2025-03-10T14:00:00."),
        (("--faults", "500"), ""),
        (("--faults", "fire=0.1"), ""),
        (("--write-faults", "storm=0.1"), "there is no fault 'storm'; there are 500, 502, 503, 504, reset, stall,"),
        (("--write-faults", "500"), "write faults are written kind=share, as in 500=0.02,reset-before=0.01; '500' is"),
        (("--closed-windows", "2"), "closed_windows is 2.0, it must lie between 0 and 1."),
        (("--webhook", "localhost:8088"), "webhook is no URL; it must read like http://127.0.0.1:8088/webhook/4242."),
        (("--webhook-disorders", "thrice=1"), "there is no disorder 'thrice'; there are all, together, bundle,"),
        (("--webhook-timeout", "0"), "webhook_timeout is 0.0, it must be more than 0."),
        (("--port", "65536"), "Invalid value for '--port': 65536 is not in the range 0<=x<=65535."),
        (("--chats", "many"), "Invalid value for '--chats': 'many' is not a valid integer."),
    ],
)
def test_an_impossible_option_is_one_sentence(huggy: Huggy, arguments: tuple[str, ...], sentence: str) -> None:
    done = huggy("sandbox", "--port", "0", *arguments)
    assert (done.code, done.out, len(done.err.splitlines())) == (2, "", 1)
    assert done.err.startswith(f"huggy: {sentence}")


def test_a_port_in_use_is_one_sentence(huggy: Huggy) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        done = huggy("sandbox", "--port", str(port))
    assert (done.code, done.out, done.err) == (
        2,
        "",
        f"huggy: Port {port} is taken: choose another with --port, or 0 for a free one.\n",
    )


def test_a_sandbox_answers_until_it_is_interrupted_and_prints_what_to_set(huggy: Huggy, free_port: int) -> None:
    def visit_and_interrupt() -> None:
        deadline = time.monotonic() + LONGEST
        while time.monotonic() < deadline:
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{free_port}/sandbox/truth?resource=contacts").close()
            except OSError:
                time.sleep(0.02)
            else:
                answered.append(True)
                break
        os.kill(os.getpid(), signal.SIGINT)

    answered: list[bool] = []
    visitor = threading.Thread(target=visit_and_interrupt)
    visitor.start()
    done = huggy("sandbox", "--port", str(free_port), "--chats", "3", "--no-quirks", "--faults", "500=0,reset=0")
    visitor.join()
    lines = done.out.splitlines()
    assert (done.code, answered, done.err) == (0, [True], "")
    assert lines[1] == f"export HUGGY_BASE_URL=http://127.0.0.1:{free_port}/v3"
    assert [line.partition("=")[0] for line in lines[1:]] == [
        f"export HUGGY_{name}"
        for name in ("BASE_URL", "AUTH_URL", "ACCESS_TOKEN", "CLIENT_ID", "CLIENT_SECRET", "REFRESH_TOKEN")
    ]


def test_the_demo_goes_from_nothing_to_an_answer(huggy: Huggy, tmp_path: Path) -> None:
    """It heeds no setting of an account that the user has."""
    folder = tmp_path / "new" / "it's a demo"
    done = huggy("demo", "--chats", "40", "--folder", str(folder), HUGGY_COMPANY_ID="999")
    assert (done.code, "Chats a day by channel" in done.out) == (0, True)
    assert f"The file is {folder / 'huggy.duckdb'}. Ask it something:" in done.out
    hint = done.out.splitlines()[-1]
    assert hint.startswith("  huggy query --warehouse '")
    asked = huggy("query", "--warehouse", str(folder / "huggy.duckdb"), "SELECT count(*) AS n FROM chats", "--json")
    assert '"rows": [{"n": 40}]' in asked.out


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("--chats", "0"), "Invalid value for '--chats': 0 is not in the range x>=1."),
        (("--folder", "file"), "Invalid value for '--folder': Directory '"),
        (("--folder", "file/below"), "The folder {here}/file/below cannot be made (Not a directory): choose another "),
    ],
)
def test_a_demo_without_a_place_is_one_sentence(
    huggy: Huggy, tmp_path: Path, arguments: tuple[str, ...], sentence: str
) -> None:
    (tmp_path / "file").write_text("mine")
    done = huggy("demo", *arguments)
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith(f"huggy: {sentence.format(here=tmp_path)}")
    assert (tmp_path / "file").read_text() == "mine"
