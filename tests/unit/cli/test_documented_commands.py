"""Every command line that a document shows is one that `huggy` understands to its last word."""

from __future__ import annotations

import re
import shlex

import click
import pytest

from huggy_connector.cli.app import huggy
from tests.documents import list_commands

COMMANDS = list_commands()
PLACEHOLDERS = {"D": "2026-11-01", "ID": "1", "VERSION": "1", "SHELL": "bash"}
"""What stands for a value in a table of commands, where a word would not be a value."""


def parse(line: str, *, whole: bool) -> None:
    """Read a command line as `huggy` does, without running the command. A mention may end before a value."""
    words = [re.sub(r"[\[\]]|\.\.\.", "", word) for word in shlex.split(line)]
    words = [PLACEHOLDERS.get(word, word) for word in words if word]
    context = huggy.make_context("huggy", [*words])
    command: click.Command = huggy
    while isinstance(command, click.Group):
        told = vars(context)
        first = told.get("_protected_args") or told.get("protected_args", [])  # the latter in Click 8.1
        name, found, words = command.resolve_command(context, [*first, *context.args])
        assert found is not None
        if not words and not whole:
            return
        try:
            context = found.make_context(name, words, parent=context)
        except (click.MissingParameter, click.BadOptionUsage):
            if whole:
                raise
            return
        command = context.command


def test_commands_are_found_in_every_kind_of_document() -> None:
    assert {
        ("README.md", "sync", True),
        ("README.md", "query 'SELECT channel, count(*) AS chats FROM chats GROUP BY ALL ORDER BY 2 DESC'", True),
        ("README.md", "rollback", False),
        ("docs/pt-BR/commands.md", "rollback [--to VERSION]", False),
        ("docs/airflow.md", "sync --json", True),
        ("docs/output.md", "query ...", False),
        ("docs/report.md", "report --out report.html --language pt-BR", True),
        ("docs/tutorial.md", "sandbox --chats 3000 --port 0", True),
        ("examples/analysis.ipynb", "status", False),
        ("huggy_connector/cli/shell/completion_command.py", "completion zsh", True),
        ("huggy_connector/cli/landing_commands.py", "land chats --mode incremental", True),
        ("huggy_connector/report/texts.py", "describe marts.chat_times --language pt-BR", False),
        ("huggy_connector/warehouse/load/deletes.py", "rollback --accept", False),
    } - {*COMMANDS} == set()


@pytest.mark.parametrize(
    ("line", "whole"),
    sorted({(line, whole) for _, line, whole in COMMANDS}),
    ids=lambda each: each if isinstance(each, str) else "whole" if each else "mention",
)
def test_a_command_line_that_a_document_shows_is_understood(line: str, whole: bool) -> None:
    places = ", ".join(sorted({where for where, each, _ in COMMANDS if each == line}))
    assert find_fault(line, whole=whole) == "", f"huggy {line} stands in {places}."


def find_fault(line: str, *, whole: bool) -> str:
    """Return what `huggy` says is wrong with a command line; "" if it understands it."""
    try:
        parse(line, whole=whole)
    except click.ClickException as error:
        return error.format_message()
    return ""


@pytest.mark.parametrize(
    ("line", "whole"),
    [
        ("rollback --block", True),
        ("land", True),
        ("stauts", False),
        ("auth logout", False),
        ("sync --message", False),
        ("status now", False),
        ("describe chats --language de", False),
        ("land chats --mode all", True),
        ("get chats many", True),
    ],
)
def test_a_command_line_that_is_wrong_is_found(line: str, whole: bool) -> None:
    assert find_fault(line, whole=whole) != ""
