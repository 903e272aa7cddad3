"""The command `huggy init`: five questions, and the env file that every command reads."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import click

from huggy_connector.cli.output import note, say
from huggy_connector.errors import ConfigurationError, Interrupted
from huggy_connector.settings import EnvFile, Settings, is_secret_variable, name_variable
from huggy_connector.settings.env_file import ENV_FILE, EnvPlace, locate_env_file, parse_env_file, read_env_text
from huggy_connector.settings.env_text import change_variables

if TYPE_CHECKING:
    from huggy_connector.cli.first_run.interview import Answers
    from huggy_connector.cli.first_run.questions import Questions

_VARIABLES = [*map(name_variable, Settings.model_fields)]


@click.command()
def init() -> None:
    """Ask the five things that a first run needs, check each, and write them into .env.

    Every command in this folder reads that file; the environment takes precedence. Secrets are typed, or taken from the
    environment. Without a terminal each line of standard input is an answer, and an empty one takes the proposal.

    \b
    Examples: huggy init
              HUGGY_ENV_FILE=~/north.env huggy init
    """
    from huggy_connector.cli.first_run.questions import Questions

    place = _require_place()
    questions = Questions(sys.stdin, has_person=sys.stdin.isatty())
    try:
        answers = _ask(questions, parse_env_file(_read(place), place.name, names=_VARIABLES))
        text = _read(place)  # once more: somebody may have changed it while the questions were answered
        changes = {name_variable(name): value for name, value in answers.values.items()}
        changed = change_variables(text, changes)
        outvoted = _find_outvoted(parse_env_file(changed, place.name, names=_VARIABLES), answers)
        if text and changed != text and not _may_change(questions, place, text, changes):
            raise Interrupted("Nothing is written.")
    except KeyboardInterrupt:
        raise Interrupted("Interrupted: nothing is written.") from None
    if changed != text:
        _write(place, changed)
    _tell_end(place, answers, outvoted, is_new=changed != text)


def _require_place() -> EnvPlace:
    """Return where the file is to be, before anything is asked. Raises ConfigurationError if it cannot be there."""
    from huggy_connector.storage import check_private_file, probe_folder

    place = locate_env_file(os.environ)
    if place is None:
        raise ConfigurationError(f"{ENV_FILE} is set and empty, so no command reads a file: unset it, or name one.")
    try:
        check_private_file(place.path)
        probe_folder(place.path.absolute().parent)
    except OSError as error:
        raise _explain_unwritable(place, error) from None
    return place


def _read(place: EnvPlace) -> str:
    return read_env_text(place, is_secret=is_secret_variable) or ""


def _write(place: EnvPlace, text: str) -> None:
    from huggy_connector.storage import write_private_file

    try:
        write_private_file(place.path, text.encode())
    except OSError as error:
        raise _explain_unwritable(place, error) from None


def _explain_unwritable(place: EnvPlace, error: OSError) -> ConfigurationError:
    return ConfigurationError(
        f"{place.name} cannot be written ({error.strerror}): go to a folder of yours, or name another file in "
        f"{ENV_FILE}."
    )


def _ask(questions: Questions, env_file: EnvFile) -> Answers:
    from huggy_connector.cli.first_run.checks import RealChecks
    from huggy_connector.cli.first_run.interview import Interview
    from huggy_connector.cli.first_run.known_settings import KnownSettings
    from huggy_connector.clock import SYSTEM_CLOCK

    known = KnownSettings.read(os.environ, env_file)
    note("Five questions. Enter takes what stands in brackets. Ctrl-C ends it, and nothing is written.")
    for warning in env_file.warnings:
        note(f"Warning: {warning}")
    return Interview(questions, RealChecks(known.others), known, SYSTEM_CLOCK.now).run()


def _find_outvoted(env_file: EnvFile, answers: Answers) -> list[str]:
    """Return the variables of the shell that keep answers from taking effect.

    Raises ConfigurationError if no command could run with this file and this shell.
    """
    alone = Settings.resolve(environ={}, env_file=env_file)
    together = Settings.resolve(environ=os.environ, env_file=env_file)
    return [name_variable(name) for name in answers.values if getattr(alone, name) != getattr(together, name)]


def _may_change(questions: Questions, place: EnvPlace, text: str, changes: Mapping[str, str | None]) -> bool:
    """Ask whether the lines of ours in a file that is there may be changed."""
    before = parse_env_file(text, place.name, names=_VARIABLES).values
    written = [name for name, value in changes.items() if value is not None and before.get(name) != value]
    removed = [name for name, value in changes.items() if value is None and name in before]
    questions.begin(f"{place.name} is there already")
    for done, names in (("Written", written), ("Removed", removed)):
        if names:
            questions.tell(f"{done}: {', '.join(names)}.")
    return questions.confirm("All other lines stay. Change it?", default=True)


def _tell_end(place: EnvPlace, answers: Answers, outvoted: list[str], *, is_new: bool) -> None:
    path = place.path.absolute()
    readers = f"while {ENV_FILE} names it" if place.is_named else "in this folder"
    note("")
    say(f"{path} {'is written' if is_new else 'holds all of this already'}. Only you can read it.")
    say(f"Every command reads it {readers}.")
    if outvoted:
        say(f"But this shell sets {', '.join(outvoted)}, which takes precedence: unset it, or open a new shell.")
    if _is_open_to_git(path):
        say(f"This folder is in a git repository: add {path.name} to its .gitignore.")
    say("Next:", f"  huggy {'sync' if answers.has_token else 'auth login'}")


def _is_open_to_git(path: Path) -> bool:
    """Say whether the file could be committed, as far as the usual lines of a .gitignore say."""
    ignored: set[str] = set()
    for folder in path.parents:
        with suppress(OSError):
            text = (folder / ".gitignore").read_text(encoding="utf-8", errors="replace")
            ignored |= {line.strip().lstrip("/") for line in text.splitlines()}
        if (folder / ".git").exists():
            return not ignored & {path.name, ".env", ".env*", "*.env", ".*"}
    return False
