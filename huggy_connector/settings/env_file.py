"""The env file of a command line: `.env` of the current folder, or the file that HUGGY_ENV_FILE names.

It is a source of settings of its own, weaker than the environment. It counts only if it is this user's: a file that
another user has put into the folder is not read, and one that holds a secret must be closed to all others. Only the
command line reads it, never the library and never Airflow.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from huggy_connector.errors import ConfigurationError
from huggy_connector.settings.env_text import read_variables, suggest_name
from huggy_connector.settings.places import parse_path
from huggy_connector.settings.texts import clean_text, quote_value

ENV_FILE = "HUGGY_ENV_FILE"
"""Names another file. Set and empty: no file is read."""
DEFAULT_NAME = ".env"
ENVIRONMENT_ONLY = (ENV_FILE, "HUGGY_DEBUG")
"""Variables that count only in the environment."""
MAX_BYTES = 2**20


@dataclass(frozen=True, slots=True)
class EnvPlace:
    """Where the file is or would be. `name` is how messages call it; `is_named`: HUGGY_ENV_FILE says so."""

    path: Path
    name: str
    is_named: bool


@dataclass(frozen=True, slots=True)
class EnvFile:
    """What the file says: the values of our variables by their names, and what a person should know about it."""

    name: str
    values: Mapping[str, str] = field(repr=False)
    warnings: tuple[str, ...] = ()


class _NotOurs(ConfigurationError):
    """What is at the file's place is no file of this user; the message says what it is."""


def locate_env_file(environ: Mapping[str, str]) -> EnvPlace | None:
    """Return where the env file is, whether or not it is there; None if there is to be none.

    Raises ConfigurationError if HUGGY_ENV_FILE names no path.
    """
    if (given := environ.get(ENV_FILE)) is None:
        return EnvPlace(Path(DEFAULT_NAME), DEFAULT_NAME, is_named=False)
    try:
        path = parse_path(text) if (text := clean_text(given)) else ""
    except ValueError as error:
        raise ConfigurationError(f"{ENV_FILE}{quote_value(given)}: {error}.") from None
    return EnvPlace(Path(path), path, is_named=True) if path else None


def read_env_file(
    environ: Mapping[str, str], *, names: Collection[str], is_secret: Callable[[str, str], bool]
) -> EnvFile | None:
    """Return what the env file says; None if there is none. `names` are the variables that there are.

    Raises ConfigurationError for a file that HUGGY_ENV_FILE names and that cannot be used; for one of this user whose
    secrets others may read, or which others may change; and for a line of ours that cannot be read. A `.env` of another
    user becomes a warning.
    """
    place = locate_env_file(environ)
    if place is None:
        return None
    try:
        text = read_env_text(place, is_secret=is_secret)
    except _NotOurs as why:
        if place.is_named:
            raise ConfigurationError(f"{ENV_FILE}{quote_value(place.name)}: {why}.") from None
        warning = f"{place.name} is not read: {why}. Set {ENV_FILE} to a file of yours, or empty."
        return EnvFile(place.name, {}, (warning,))
    if text is None:
        if place.is_named:
            raise ConfigurationError(f"{ENV_FILE}{quote_value(place.name)}: there is no such file.")
        return None
    return parse_env_file(text, place.name, names=names)


def parse_env_file(text: str, file: str, *, names: Collection[str]) -> EnvFile:
    """Return what the text of `file` says. Raises ConfigurationError for a line of ours that cannot be read."""
    values = read_variables(text, file)
    known = {name: value for name, value in values.items() if name in names}
    return EnvFile(file, known, tuple(_describe_unknown(name, file, names) for name in values if name not in known))


def read_env_text(place: EnvPlace, *, is_secret: Callable[[str, str], bool]) -> str | None:
    """Return the text of the file; None if there is none. Raises as `read_env_file`."""
    try:
        file = _open_own_file(place)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise ConfigurationError(
            f"{place.name} cannot be read ({error.strerror}): change its rights, or set {ENV_FILE} to another file."
        ) from None
    if file is None:
        return None
    with os.fdopen(file, "rb") as opened:
        mode = os.fstat(file).st_mode
        content = opened.read(MAX_BYTES + 1)
    if len(content) > MAX_BYTES:
        raise ConfigurationError(f"{place.name} is larger than 1 MB: it is no env file.")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise ConfigurationError(f"{place.name} is no UTF-8 text: write it again in that encoding.") from None
    _refuse_open_file(place, mode, read_variables(text, place.name), is_secret)
    return text


def _open_own_file(place: EnvPlace) -> int | None:
    """Open a regular file of this user for reading. Return its descriptor, or None for what is no env file at all.

    A folder called `.env` is somebody's virtual environment. Where the current folder is closed to this user, as after
    `sudo -u`, there is no file to read. Raises _NotOurs, or OSError.
    """
    try:
        link = place.path.lstat()
    except PermissionError:
        if place.is_named:
            raise
        return None
    if stat.S_ISLNK(link.st_mode) and link.st_uid != os.geteuid():
        raise _NotOurs("it is a link of another user")
    about = place.path.stat()
    if stat.S_ISDIR(about.st_mode) and not place.is_named:
        return None
    _refuse_foreign(about)
    file = os.open(place.path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    try:
        _refuse_foreign(os.fstat(file))  # another file may have taken its place
    except _NotOurs:
        os.close(file)
        raise
    return file


def _refuse_foreign(about: os.stat_result) -> None:
    if not stat.S_ISREG(about.st_mode):
        raise _NotOurs("it is no regular file")
    if about.st_uid != os.geteuid():
        raise _NotOurs("it belongs to another user")


def _refuse_open_file(
    place: EnvPlace, mode: int, values: Mapping[str, str], is_secret: Callable[[str, str], bool]
) -> None:
    mend = f"run `chmod 600 {place.name}`"
    if mode & stat.S_IWOTH:
        raise ConfigurationError(f"{place.name} is not read, for every user of this machine may change it: {mend}.")
    secret = next((name for name, value in values.items() if is_secret(name, value)), None)
    if mode & 0o077 and secret is not None:
        raise ConfigurationError(f"{place.name} holds {secret}, and other users of this machine may read it: {mend}.")


def _describe_unknown(name: str, file: str, names: Collection[str]) -> str:
    if name in ENVIRONMENT_ONLY:
        return f"{name} in {file} does nothing: it counts only in the environment."
    near = suggest_name(name, names)
    question = f" Is {near} meant?" if near else ""
    return f"{name} in {file} is no setting, and does nothing.{question}"
