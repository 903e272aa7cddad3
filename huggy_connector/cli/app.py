"""The command group, and how an error becomes one line and an exit code: 0 ok, 1 failed, 2 usage or configuration,
130 interrupted, 141 nobody reads the answer.
"""

import os
import signal
import sys
from collections.abc import Sequence
from types import FrameType

import click

from huggy_connector import __version__
from huggy_connector.cli.ask import check, get, plan
from huggy_connector.cli.auth import auth
from huggy_connector.cli.land import backfill, land, load, sync
from huggy_connector.cli.maintain import compact, forget, rebuild, rollback
from huggy_connector.cli.read import describe, query, report, status
from huggy_connector.cli.sandbox import demo, sandbox
from huggy_connector.cli.show import note
from huggy_connector.cli.streams import ReaderGone, standard_streams
from huggy_connector.errors import CompanyStopped, ConfigurationError, HuggyError, Interrupted
from huggy_connector.visible import visible

INTERRUPTED = "Interrupted: what was landed so far is kept, and the same command goes on from there."
BROKEN_PIPE = 141
"""Exit code where whoever read the answer went away: what a shell shows for SIGPIPE."""


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(__version__, prog_name="huggy")
def huggy() -> None:
    """Huggy's chats and contacts in a DuckDB warehouse.

    Settings come from the options, else from the environment (HUGGY_ACCESS_TOKEN, HUGGY_WAREHOUSE ...).

    \b
    Example, the whole way:
      export HUGGY_ACCESS_TOKEN=...
      huggy sync
      huggy query "SELECT channel, count(*) FROM chats GROUP BY ALL"
    """


for command in (
    auth,
    check,
    get,
    plan,
    land,
    load,
    sync,
    backfill,
    status,
    query,
    describe,
    report,
    rebuild,
    compact,
    rollback,
    forget,
    sandbox,
    demo,
):
    huggy.add_command(command)


def main(argv: Sequence[str] | None = None) -> int:
    """Runs the command line. Returns the exit code; no traceback unless HUGGY_DEBUG is set."""
    for number in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) is signal.SIG_DFL:  # under nohup a closed terminal ends nothing
            signal.signal(number, _interrupt)
    with standard_streams():
        try:
            arguments = [_in_utf8(each) for each in (sys.argv[1:] if argv is None else argv)]
            result = huggy.main(args=arguments, prog_name="huggy", standalone_mode=False)
            sys.stdout.flush()
        except (Exception, KeyboardInterrupt) as error:  # noqa: BLE001
            return _failed(error)
    return result if isinstance(result, int) else 0


def _in_utf8(argument: str) -> str:
    """The argument, also where the locale knows less than the terminal: in LANG=C each byte of "ã" is half a sign."""
    try:
        argument.encode()
    except UnicodeEncodeError:
        try:
            return os.fsencode(argument).decode()
        except UnicodeError:
            raise click.UsageError(f"{argument} is no UTF-8: write it so, or set LANG to what it is.") from None
    return argument


def _failed(error: BaseException) -> int:
    """The exit code, after one sentence on standard error."""
    if isinstance(error, ReaderGone):
        return BROKEN_PIPE
    if isinstance(error, CompanyStopped):
        for warning in error.report.warnings:
            note(f"Warning: {warning}")
    sentence, code = _told(error)
    note(f"huggy: {sentence}")
    return code


def _told(error: BaseException) -> tuple[str, int]:
    match error:
        case click.ClickException():
            return error.format_message(), ConfigurationError.exit_code
        case click.exceptions.Abort() | KeyboardInterrupt():
            return INTERRUPTED, Interrupted.exit_code
        case HuggyError():
            return str(error), error.exit_code
        case _ if os.environ.get("HUGGY_DEBUG"):
            raise error
        case OSError() if error.strerror and not isinstance(error, ConnectionError | TimeoutError):
            file = f"file {error.filename}" if isinstance(error.filename, str) else "disk"
            return visible(f"The {file} cannot be used ({error.strerror}): see to that, and do this again."), 1
        case _:
            return f"Unexpected {type(error).__name__}: set HUGGY_DEBUG=1 for the traceback, and please report it.", 1


def _interrupt(signum: int, frame: FrameType | None) -> None:
    del signum, frame
    raise KeyboardInterrupt
