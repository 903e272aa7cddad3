"""`main` ends every command with one sentence and an exit code, and never with a traceback that nobody asked for."""

from __future__ import annotations

import errno
import signal
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import click
import pytest

from huggy_connector import __version__, errors
from huggy_connector.cli.app import huggy, main
from huggy_connector.cli.shell.standard_streams import PipeClosed

Run = Callable[..., tuple[int, str, str]]
SIGNALS = (signal.SIGTERM, signal.SIGHUP)
INTERRUPTED = "Interrupted: what was done so far is kept, and the same command goes on from there."


@pytest.fixture(autouse=True)
def _signals() -> Iterator[None]:
    before = {number: signal.signal(number, signal.SIG_DFL) for number in SIGNALS}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    """Returns a function that runs a command line. It returns the exit code and what was printed."""
    monkeypatch.delenv("HUGGY_DEBUG", raising=False)

    def run(*arguments: str) -> tuple[int, str, str]:
        code = main(arguments)
        return (code, *capsys.readouterr())

    return run


@pytest.fixture
def fail(run: Run, monkeypatch: pytest.MonkeyPatch) -> Callable[[BaseException], tuple[int, str, str]]:
    """Returns a function that runs a command which ends with an error."""

    def fail(error: BaseException) -> tuple[int, str, str]:
        def raise_it() -> None:
            raise error

        monkeypatch.setitem(huggy.commands, "fail", click.Command("fail", callback=raise_it))
        return run("fail")

    return fail


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (errors.ConfigurationError("Do this."), 2),
        (errors.ClockWrong("Do this."), 2),
        (errors.RateLimited("Do this.", 900.0), 1),
        (errors.WarehouseBusy("Do this."), 1),
        (errors.Interrupted("Do this."), 130),
        (click.UsageError("Do this."), 2),
        (click.ClickException("Do this."), 2),
    ],
)
def test_an_error_is_its_sentence_on_standard_error_and_its_exit_code(
    fail: Callable[..., Any], error: Exception, code: int
) -> None:
    assert fail(error) == (code, "", "huggy: Do this.\n")


@pytest.mark.parametrize("error", [KeyboardInterrupt(), click.exceptions.Abort()])
def test_an_interrupt_says_that_the_same_command_goes_on(fail: Callable[..., Any], error: BaseException) -> None:
    code, out, err = fail(error)
    assert (code, out, err.strip()) == (130, "", f"huggy: {INTERRUPTED}")


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (
            PermissionError(errno.EACCES, "Permission denied", "/data/a\x1b[2Jb"),
            "The file /data/a\\x1b[2Jb cannot be used (Permission denied): see to that, and do this again.",
        ),
        (
            OSError(errno.ENOSPC, "No space left on device"),
            "The disk cannot be used (No space left on device): see to that, and do this again.",
        ),
        (
            OSError(errno.EIO, "Input/output error", 3),
            "The disk cannot be used (Input/output error): see to that, and do this again.",
        ),
        *(
            (error, f"Unexpected {type(error).__name__}: set HUGGY_DEBUG=1 for the traceback, and please report it.")
            for error in (
                ValueError("a value of hidden@example.com"),
                ConnectionResetError(errno.ECONNRESET, "Connection reset by peer"),
                TimeoutError(errno.ETIMEDOUT, "Connection timed out"),
                OSError("without a number"),
            )
        ),
    ],
)
def test_an_error_that_is_not_of_ours_is_one_sentence_without_its_values(
    fail: Callable[..., Any], error: Exception, sentence: str
) -> None:
    assert fail(error) == (1, "", f"huggy: {sentence}\n")


def test_with_huggy_debug_an_unexpected_error_is_raised_and_an_expected_one_is_not(
    fail: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HUGGY_DEBUG", "1")
    error = ValueError("odd")
    with pytest.raises(ValueError, match=r"^odd$") as raised:
        fail(error)
    assert raised.value is error
    assert fail(errors.ConfigurationError("Do this.")) == (2, "", "huggy: Do this.\n")


def test_an_answer_that_nobody_reads_needs_no_sentence(fail: Callable[..., Any]) -> None:
    assert fail(PipeClosed()) == (141, "", "")


def test_a_company_that_stopped_comes_after_the_warnings_about_the_others(fail: Callable[..., Any]) -> None:
    report = SimpleNamespace(warnings=("Late.", "Odd\n\x1b."))
    assert fail(errors.CompanyStopped("Company 5 stays as it was.", report)) == (
        1,
        "",
        "Warning: Late.\nWarning: Odd\\n\\x1b.\nhuggy: Company 5 stays as it was.\n",
    )


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("sink",), "No such command 'sink'"),
        (("load", "--everything"), "No such option"),
        (("land",), "Missing argument 'RESOURCE...'"),
        (("get", "chats", "0"), "Invalid value for '[ID]': 0 is not in the range x>=1."),
        (("describe", "\udcff"), "\\udcff is no UTF-8: write it so, or set LANG to what it is."),
        (("describe", "\ud83d"), "\\ud83d is no UTF-8: write it so, or set LANG to what it is."),
    ],
)
def test_a_command_line_that_is_wrong_is_one_sentence(run: Run, arguments: tuple[str, ...], sentence: str) -> None:
    code, out, err = run(*arguments)
    assert (code, out, len(err.splitlines())) == (2, "", 1)
    assert err.startswith(f"huggy: {sentence}")


@pytest.mark.parametrize("arguments", [("act",), ("auth",), ("webhook",), ()])
def test_a_group_without_a_command_shows_its_help_line_by_line(run: Run, arguments: tuple[str, ...]) -> None:
    _, shown, _ = run(*arguments, "--help")
    assert run(*arguments) == (2, "", shown)


def test_bytes_of_utf_8_are_read_as_text_where_the_locale_knows_only_ascii(run: Run) -> None:
    code, _, err = run("describe", "cr\udcc3\udca9ditos")
    assert (code, err.split(":")[1]) == (2, " There is no table called 'cr\u00e9ditos'")


@pytest.mark.parametrize("arguments", [("--help",), ("-h",), ("auth", "--help"), ("--version",), ("describe", "chats")])
def test_an_answer_is_on_standard_output_and_the_exit_code_is_0(run: Run, arguments: tuple[str, ...]) -> None:
    code, out, err = run(*arguments)
    assert (code, out != "", err) == (0, True, "")
    assert ("--version" in arguments) == (out == f"huggy, version {__version__}\n")


@pytest.mark.parametrize("number", SIGNALS)
def test_a_signal_to_end_interrupts_the_command(
    run: Run, monkeypatch: pytest.MonkeyPatch, number: signal.Signals
) -> None:
    def end() -> None:
        assert callable(signal.getsignal(number))  # else the tests would end here, too
        signal.raise_signal(number)

    monkeypatch.setitem(huggy.commands, "end", click.Command("end", callback=end))
    code, out, err = run("end")
    assert (code, out, err.strip()) == (130, "", f"huggy: {INTERRUPTED}")


def test_under_nohup_a_closed_terminal_ends_nothing() -> None:
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    assert main(["--version"]) == 0
    assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
