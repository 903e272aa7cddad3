"""The list of commands is shown without the commands, and what starts at a prompt imports next to nothing."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import click
import pytest

from huggy_connector.cli.app import huggy, main
from huggy_connector.cli.shell import LazyCommand
from huggy_connector.cli.warehouse_commands import LANGUAGES
from huggy_connector.maintenance import MIN_AGE
from huggy_connector.report import LANGUAGES as LANGUAGES_OF_THE_REPORT

ROOT = Path(__file__).parents[3]
COMMANDS = [each for each in huggy.commands.values() if isinstance(each, LazyCommand)]
HEAVY = {
    *("aiohttp", "airflow", "asyncio", "cryptography", "duckdb", "h11", "holidays", "httpx", "jinja2", "matplotlib"),
    *("numpy", "obstore", "pandas", "phonenumbers", "pyarrow", "pyroaring", "redis", "rich", "stdnum", "tenacity"),
}
ROOMS = {f"huggy_connector.{room}" for room in ("api", "landing", "maintenance", "pipeline", "report", "warehouse")}
OF_EVERY_COMMAND = {"huggy_connector.catalogue", "huggy_connector.settings", "pydantic"}
each_command = pytest.mark.parametrize("command", COMMANDS, ids=lambda each: each.name)

RUN = """
import json, sys
from huggy_connector.cli import main
for arguments in json.loads(sys.argv[1]):
    try:
        code = main(arguments)
    except SystemExit as end:
        code = end.code
    assert code == 0, (arguments, code)
sys.stderr.write("\\n" + json.dumps(sorted(sys.modules)))
"""


def imported_by(*command_lines: list[str], **environ: str) -> set[str]:
    """Run command lines in a Python of its own. Return the modules that it has imported at the end."""
    done = subprocess.run(
        [sys.executable, "-c", RUN, json.dumps(command_lines)],
        env={**os.environ, "PYTHONPATH": str(ROOT), **environ},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout != ""
    return {*json.loads(done.stderr.splitlines()[-1])}


def completing(words: str) -> dict[str, str]:
    return {"_HUGGY_COMPLETE": "zsh_complete", "COMP_WORDS": words, "COMP_CWORD": str(words.count(" "))}


@each_command
def test_the_list_says_of_a_command_what_its_own_help_says_first(command: LazyCommand) -> None:
    own = command.load()
    assert own.name == command.name
    assert [command.get_short_help_str(room) for room in range(20, 200)] == [
        own.get_short_help_str(room) for room in range(20, 200)
    ]


@each_command
def test_a_call_and_its_help_are_those_of_the_command_itself(command: LazyCommand) -> None:
    with click.Context(huggy, info_name="huggy", **huggy.context_settings) as above:
        assert command.to_info_dict(above) == command.load().to_info_dict(above)
        context = command.make_context(command.name, ["--json"], parent=above, resilient_parsing=True)
    assert (context.command, context.command_path) == (command.load(), f"huggy {command.name}")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("command_lines", "environ"),
    [
        ([["--help"]], {}),
        ([["--version"]], {}),
        ([["completion", "bash"]], {}),
        ([[]], completing("huggy ")),
        ([[]], completing("huggy st")),
    ],
)
def test_a_list_of_commands_imports_no_command_and_nothing_heavy(
    command_lines: list[list[str]], environ: dict[str, str]
) -> None:
    imported = imported_by(*command_lines, **environ)
    assert (HEAVY | ROOMS | OF_EVERY_COMMAND) & imported == set()
    commands = {name for name in imported if re.search(r"^huggy_connector\.cli\..*_commands?$", name)}
    assert {each for each in commands if ".shell." not in each} == set()


@pytest.mark.slow
def test_the_help_of_no_command_imports_what_only_its_work_needs() -> None:
    imported = imported_by(*([str(command.name), "--help"] for command in COMMANDS))
    assert (HEAVY | ROOMS) & imported == set()


@pytest.mark.slow
@pytest.mark.parametrize("words", ["huggy land ch", "huggy status --", "huggy backfill --", "huggy auth "])
def test_a_completion_imports_what_only_the_work_needs_of_no_command(words: str) -> None:
    assert (HEAVY | ROOMS) & imported_by([], **completing(words)) == set()


@pytest.mark.skipif(not hasattr(click.exceptions, "NoSuchCommand"), reason="click suggests nothing before 8.4")
def test_a_command_that_is_misspelt_brings_the_near_one(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["statu"]) == 2
    assert capsys.readouterr() == ("", "huggy: No such command 'statu'. Did you mean 'status'?\n")


def test_what_options_say_of_a_room_that_they_do_not_import_is_what_the_room_says() -> None:
    assert tuple(dict.fromkeys(LANGUAGES.values())) == LANGUAGES_OF_THE_REPORT
    (compact,) = (each.load() for each in COMMANDS if each.name == "compact")
    assert {option.name: option.default for option in compact.params}["older_than"] == MIN_AGE.days
