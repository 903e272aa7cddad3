"""The env file counts if it is this user's, and closed to others where it holds a secret."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from huggy_connector.errors import ConfigurationError
from huggy_connector.settings import EnvFile, Settings

pytestmark = pytest.mark.slow

NEIGHBOUR = 23456
NOT_READ = "Set HUGGY_ENV_FILE to a file of yours, or empty."
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can play two users")


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Path]:
    """Returns a function that writes a file into the current folder, which is an empty one."""
    monkeypatch.chdir(tmp_path)

    def write(text: str | bytes, name: str = ".env", *, mode: int = 0o600, owner: int | None = None) -> Path:
        path = tmp_path / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        path.chmod(mode)
        if owner is not None:
            os.chown(path, owner, owner)
        return path

    return write


def read(**environ: str) -> EnvFile | None:
    return Settings.read_env_file(environ)


def read_refusal(**environ: str) -> str:
    with pytest.raises(ConfigurationError) as raised:
        read(**environ)
    return str(raised.value)


def test_no_file_is_no_source(write: Callable[..., Path], tmp_path: Path) -> None:
    assert read() is None
    (tmp_path / ".env").mkdir()  # somebody's virtual environment
    assert read() is None


def test_a_folder_that_is_gone_has_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    assert read() is None


def test_the_file_of_the_current_folder_is_read_and_no_other(write: Callable[..., Path], tmp_path: Path) -> None:
    write("\ufeffHUGGY_LANGUAGE=es\r\nAWS_SECRET_ACCESS_KEY=x\r\n")
    assert read() == EnvFile(".env", {"HUGGY_LANGUAGE": "es"})
    (tmp_path / "below").mkdir()
    os.chdir(tmp_path / "below")
    assert read() is None


def test_the_environment_names_another_file_or_none(write: Callable[..., Path]) -> None:
    write("HUGGY_LANGUAGE=es\n")
    other = write("HUGGY_LANGUAGE=en\n", "north.env")
    assert read(HUGGY_ENV_FILE="north.env") == EnvFile(str(other), {"HUGGY_LANGUAGE": "en"})
    assert [read(HUGGY_ENV_FILE=nothing) for nothing in ("", " ", '""')] == [None, None, None]


@pytest.mark.parametrize(
    ("named", "why"),
    [
        ("none.env", "there is no such file"),
        ("north.env/x", "there is no such file"),
        (".", "it is no regular file"),
        ("$HOME/.env", "holds a variable or template that nobody has filled in: write the path itself"),
    ],
)
def test_a_named_file_must_be_there(write: Callable[..., Path], tmp_path: Path, named: str, why: str) -> None:
    write("HUGGY_LANGUAGE=es\n", "north.env")
    path = named if named.startswith("$") else str((tmp_path / named).absolute())
    assert read_refusal(HUGGY_ENV_FILE=named) == f"HUGGY_ENV_FILE {path!r}: {why}."


def test_the_library_reads_no_file(write: Callable[..., Path]) -> None:
    write("HUGGY_LANGUAGE=es\n")
    assert Settings.resolve(environ={}) == Settings()
    assert Settings.resolve(connection={}, environ={}) == Settings()


def test_the_file_comes_before_the_default_and_after_the_environment(write: Callable[..., Path]) -> None:
    write("HUGGY_LANGUAGE=es\nHUGGY_TIMEZONE=America/Manaus\nHUGGY_COMPANY_ID=7\n")
    settings = Settings.resolve(explicit={"company_id": "9"}, environ={"HUGGY_TIMEZONE": "UTC"}, env_file=read())
    assert (settings.company_id, settings.timezone, settings.language, settings.clock) == (9, "UTC", "es", "api")


def test_a_wrong_value_says_in_which_file_it_stands(write: Callable[..., Path]) -> None:
    write("HUGGY_TIMEZONE=Mars\n")
    with pytest.raises(ConfigurationError) as raised:
        Settings.resolve(environ={}, env_file=read())
    assert str(raised.value) == (
        "HUGGY_TIMEZONE in .env 'Mars': is no zone of the IANA database such as America/Sao_Paulo."
    )


# Who may read and write it --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o644])
@pytest.mark.parametrize(
    "line",
    [
        "HUGGY_ACCESS_TOKEN=hidden",
        "HUGGY_CLIENT_SECRET=hidden",
        "HUGGY_HASH_KEY=hidden",
        "HUGGY_BUDGET=redis://:hidden@host:6379/0",
    ],
)
def test_a_secret_that_others_may_read_is_refused(write: Callable[..., Path], mode: int, line: str) -> None:
    write(line, mode=mode)
    assert read_refusal() == (
        f".env holds {line.partition('=')[0]}, and other users of this machine may read it: run `chmod 600 .env`."
    )


def test_a_file_without_a_secret_may_be_read_by_others_and_changed_by_a_group(write: Callable[..., Path]) -> None:
    write("HUGGY_LANGUAGE=es\nHUGGY_ACCESS_TOKEN=\nAWS_SECRET_ACCESS_KEY=x\n", mode=0o664)
    assert read() == EnvFile(".env", {"HUGGY_LANGUAGE": "es", "HUGGY_ACCESS_TOKEN": ""})


def test_a_file_that_everybody_may_change_is_refused(write: Callable[..., Path]) -> None:
    write("HUGGY_LANGUAGE=es\n", mode=0o606)
    assert read_refusal() == (".env is not read, for every user of this machine may change it: run `chmod 600 .env`.")


@as_root
@pytest.mark.parametrize("mode", [0o600, 0o644, 0o666])
def test_a_file_of_another_user_is_not_read_and_a_sentence_says_so(write: Callable[..., Path], mode: int) -> None:
    path = write("HUGGY_BASE_URL=https://elsewhere.example\n", mode=mode, owner=NEIGHBOUR)
    assert read() == EnvFile(".env", {}, (f".env is not read: it belongs to another user. {NOT_READ}",))
    assert read_refusal(HUGGY_ENV_FILE=str(path)) == f"HUGGY_ENV_FILE {str(path)!r}: it belongs to another user."


@as_root
def test_a_link_of_another_user_is_not_followed_and_one_of_ours_is(write: Callable[..., Path], tmp_path: Path) -> None:
    write("HUGGY_LANGUAGE=es\n", "ours.env")
    (tmp_path / ".env").symlink_to("ours.env")
    assert read() == EnvFile(".env", {"HUGGY_LANGUAGE": "es"})
    os.chown(tmp_path / ".env", NEIGHBOUR, NEIGHBOUR, follow_symlinks=False)
    assert read() == EnvFile(".env", {}, (f".env is not read: it is a link of another user. {NOT_READ}",))


def test_a_pipe_in_its_place_is_not_waited_for(write: Callable[..., Path], tmp_path: Path) -> None:
    os.mkfifo(tmp_path / ".env")
    assert read() == EnvFile(".env", {}, (f".env is not read: it is no regular file. {NOT_READ}",))


# What it holds --------------------------------------------------------------------------------------------------------


def test_what_is_no_text_or_too_large_is_one_sentence(write: Callable[..., Path]) -> None:
    write(b"HUGGY_LANGUAGE=\xff\n")
    assert read_refusal() == ".env is no UTF-8 text: write it again in that encoding."
    write(b"#" * (2**20 + 1))
    assert read_refusal() == ".env is larger than 1 MB: it is no env file."


def test_a_name_that_is_no_setting_is_one_warning_and_its_value_is_not_quoted(write: Callable[..., Path]) -> None:
    write("HUGGY_TOKEN=hidden\nHUGGY_XQ=hidden\nHUGGY_DEBUG=1\nHUGGY_ENV_FILE=hidden\nHUGGY_LANGUAGE=es\n")
    assert read() == EnvFile(
        ".env",
        {"HUGGY_LANGUAGE": "es"},
        (
            "HUGGY_TOKEN in .env is no setting, and does nothing. Is HUGGY_ACCESS_TOKEN meant?",
            "HUGGY_XQ in .env is no setting, and does nothing.",
            "HUGGY_DEBUG in .env does nothing: it counts only in the environment.",
            "HUGGY_ENV_FILE in .env does nothing: it counts only in the environment.",
        ),
    )


def test_no_value_is_in_its_repr(write: Callable[..., Path]) -> None:
    write("HUGGY_ACCESS_TOKEN=hidden\n")
    assert "hidden" not in repr(read())
