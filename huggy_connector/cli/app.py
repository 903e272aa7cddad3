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
from huggy_connector.cli.output import note
from huggy_connector.cli.shell import LazyCommand, PipeClosed, keep_process_lean, standard_streams
from huggy_connector.errors import CompanyStopped, ConfigurationError, HuggyError, Interrupted
from huggy_connector.visible import escape_controls

INTERRUPTED_MESSAGE = "Interrupted: what was done so far is kept, and the same command goes on from there."
BROKEN_PIPE_EXIT_CODE = 141
"""Exit code where the reader of the answer went away: what a shell shows for SIGPIPE."""


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


COMMANDS = {
    "init_command:init": "Ask the five things that a first run needs, check each, and write them into .env.",
    "doctor_command:doctor": "Check everything that support would ask, and say what to do.",
    "auth_commands:auth": "Log in, and see how long the token lasts.",
    "api_commands:check": "Say who the token is, and whether clock and zone are plausible.",
    "api_commands:get": "Print rows as the API gives them now; nothing is written.",
    "api_commands:plan": "Say what a landing would cost, before its first page: requests, minutes, share of the "
    "budget.",
    "landing_commands:land": "Fetch resources and publish each as a Parquet snapshot in the landing.",
    "landing_commands:load": "Load the landing's new snapshots into the DuckDB file.",
    "landing_commands:sync": "Land what is due and load it: everything, or the resources named.",
    "landing_commands:backfill": "Land and load what was created in a span of days: the chats, or what is named "
    "(`messages`: of those chats).",
    "webhook.serve_command:serve": "Take what Huggy's webhook sends, and answer its flows from the warehouse: until "
    "Ctrl-C.",
    "webhook.webhook_commands:webhook": "The inbox of `huggy serve`: learn its token, see how it is, land it again.",
    "webhook.live_command:live": "Land what `huggy serve` received, read again what it touched, and load both: "
    "until Ctrl-C, or once.",
    "act.act_commands:act": "Write to Huggy: an action for each row of a query, never twice; and see what "
    "became of it.",
    "warehouse_commands:status": "How fresh each table is, the last landings, the webhook, campaigns with "
    "something left, and the checks.",
    "warehouse_commands:query": "Ask the DuckDB file a question in SQL.",
    "dictionary.describe_command:describe": "What the tables and their columns mean, and what is in them.",
    "warehouse_commands:report": "Charts of the service desk and how fresh they are, as one HTML file that needs "
    "no network.",
    "warehouse_commands:calendar": "The business hours that the marts count with: propose them from the data.",
    "maintenance_commands:rebuild": "Rebuild the DuckDB file from the landing alone.",
    "maintenance_commands:compact": "Put the many small snapshots of the landing into few files, for a rebuild in "
    "minutes.",
    "maintenance_commands:rollback": "Publish a kept version of the DuckDB file again, and block the snapshots that "
    "were loaded since.",
    "maintenance_commands:forget": "Erase one person from landing, warehouse and kept versions for good.",
    "sandbox_commands:sandbox": "Run a stand-in Huggy API on loopback, until Ctrl-C.",
    "sandbox_commands:demo": "From an invented account to an answer in DuckDB, at the API's real limit, in under a "
    "minute.",
    "shell.completion_command:completion": "Print the script that lets a shell complete `huggy`.",
}
"""Where each command is, and the first sentence of its help. A command is imported when it is called."""

for path, summary in COMMANDS.items():
    huggy.add_command(LazyCommand(f"{__package__}.{path}", summary))


def start() -> int:
    """Run the command line as the only program of this process. Return the exit code."""
    keep_process_lean()
    return main()


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line. Return the exit code. There is no traceback unless HUGGY_DEBUG is set."""
    for number in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) is signal.SIG_DFL:  # under nohup a closed terminal ends nothing
            signal.signal(number, _raise_interrupt)
    with standard_streams():
        try:
            arguments = [_decode_argument(each) for each in (sys.argv[1:] if argv is None else argv)]
            result = huggy.main(args=arguments, prog_name="huggy", standalone_mode=False)
            sys.stdout.flush()
        except (Exception, KeyboardInterrupt) as error:  # noqa: BLE001
            return _report_error(error)
    return result if isinstance(result, int) else 0


def _decode_argument(argument: str) -> str:
    """Return the argument as UTF-8 text.

    The locale may know less than the terminal: in LANG=C each byte of "ã" is a lone surrogate.
    """
    try:
        argument.encode()
    except UnicodeEncodeError:
        try:
            return os.fsencode(argument).decode()
        except UnicodeError:
            raise click.UsageError(f"{argument} is no UTF-8: write it so, or set LANG to what it is.") from None
    return argument


def _report_error(error: BaseException) -> int:
    """Print one sentence on standard error. Return the exit code."""
    if isinstance(error, PipeClosed):
        return BROKEN_PIPE_EXIT_CODE
    if isinstance(error, CompanyStopped):
        for warning in error.report.warnings:
            note(f"Warning: {warning}")
    if isinstance(error, click.exceptions.NoArgsIsHelpError):  # a group without a command of it: its help, as it is
        note(*error.format_message().splitlines())
        return ConfigurationError.exit_code
    sentence, code = _describe_error(error)
    note(f"huggy: {sentence}")
    return code


def _describe_error(error: BaseException) -> tuple[str, int]:
    """Return the sentence and the exit code. Raise the error itself where HUGGY_DEBUG asks for the traceback."""
    match error:
        case click.ClickException():
            return error.format_message(), ConfigurationError.exit_code
        case click.exceptions.Abort() | KeyboardInterrupt():
            return INTERRUPTED_MESSAGE, Interrupted.exit_code
        case HuggyError():
            return str(error), error.exit_code
        case _ if os.environ.get("HUGGY_DEBUG"):
            raise error
        case OSError() if error.strerror and not isinstance(error, ConnectionError | TimeoutError):
            file = f"file {error.filename}" if isinstance(error.filename, str) else "disk"
            return escape_controls(f"The {file} cannot be used ({error.strerror}): see to that, and do this again."), 1
        case _:
            return f"Unexpected {type(error).__name__}: set HUGGY_DEBUG=1 for the traceback, and please report it.", 1


def _raise_interrupt(signum: int, frame: FrameType | None) -> None:
    del signum, frame
    raise KeyboardInterrupt
