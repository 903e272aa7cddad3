"""The token file: private, whole or missing, and one sentence if it is not usable."""

import os
import resource
import signal
import stat
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from huggy_connector.api.auth.stored_token import StoredToken, UnreadableToken, read_token
from huggy_connector.api.auth.token_file import TokenFile
from huggy_connector.api.auth.token_grant import TokenGrant
from huggy_connector.errors import ConfigurationError, HuggyError

FIRST = StoredToken("APP-1", TokenGrant("hidden-1", "hidden-r1"))
SECOND = StoredToken("APP-1", TokenGrant("hidden-2", "hidden-r2"), ("seed",))


def put(path: Path, kept: StoredToken) -> None:
    with TokenFile(path).lock() as held:
        held.put(kept)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def refusal(path: Path) -> HuggyError:
    """What reading or writing raises, whichever is refused first."""

    def read_and_write() -> None:
        with TokenFile(path).lock() as held:
            held.read()
            held.put(SECOND)

    with pytest.raises(HuggyError) as raised:
        read_and_write()
    assert "hidden" not in str(raised.value)
    return raised.value


def test_stored_tokens_are_read_back_and_no_other_file_is_left(tmp_path: Path) -> None:
    path = tmp_path / "tokens" / "one.json"
    assert TokenFile(path).read() is None
    put(path, FIRST)
    put(path, SECOND)
    with TokenFile(path).lock() as held:
        assert held.read() == SECOND
    assert {each.name for each in path.parent.iterdir()} == {"one.json", "one.json.lock"}


def test_file_lock_and_folder_are_private(tmp_path: Path) -> None:
    path, before = tmp_path / "tokens" / "one.json", os.umask(0)
    try:
        put(path, FIRST)
    finally:
        os.umask(before)
    assert [oct(mode(each)) for each in (path.parent, path, Path(f"{path}.lock"))] == ["0o700", "0o600", "0o600"]


def test_a_file_that_others_may_read_is_made_private_again(tmp_path: Path) -> None:
    path = tmp_path / "one.json"
    put(path, FIRST)
    path.chmod(0o644)
    assert (TokenFile(path).read(), oct(mode(path))) == (FIRST, "0o600")


def test_an_existing_folder_keeps_its_mode(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    put(tmp_path / "one.json", FIRST)
    assert oct(mode(tmp_path)) == "0o755"


def test_a_link_leads_to_the_file_that_is_written(tmp_path: Path) -> None:
    (tmp_path / "volume").mkdir()
    link = tmp_path / "one.json"
    link.symlink_to(tmp_path / "volume" / "tokens.json")
    put(link, FIRST)
    put(link, SECOND)
    assert (link.is_symlink(), TokenFile(tmp_path / "volume" / "tokens.json").read()) == (True, SECOND)


def test_a_swap_replaces_only_the_tokens_that_were_read(tmp_path: Path) -> None:
    path = tmp_path / "one.json"
    put(path, FIRST)
    with TokenFile(path).lock() as held:
        assert not held.swap(None, SECOND)
        assert not held.swap(SECOND, SECOND)
        assert held.swap(FIRST, SECOND)
    assert TokenFile(path).read() == SECOND


def test_only_one_holds_the_lock_of_the_file(tmp_path: Path) -> None:
    path, told = tmp_path / "one.json", list[str]()

    def another() -> None:
        with TokenFile(path).lock() as held:
            told.append(f"another finds {held.read() == FIRST}")

    with TokenFile(path).lock() as held:
        thread = threading.Thread(target=another)
        thread.start()
        held.put(FIRST)
        told.append("kept")
    thread.join()
    assert told == ["kept", "another finds True"]


def test_a_killed_holder_leaves_the_file_unchanged_and_nobody_waits_for_it(tmp_path: Path) -> None:
    path = tmp_path / "one.json"
    put(path, FIRST)
    script = (
        "import os, signal, sys; from pathlib import Path; from huggy_connector.api.auth.token_file import TokenFile\n"
        "with TokenFile(Path(sys.argv[1])).lock(): os.kill(os.getpid(), signal.SIGKILL)"
    )
    assert subprocess.run([sys.executable, "-c", script, str(path)], check=False).returncode == -signal.SIGKILL
    assert TokenFile(path).read() == FIRST
    put(path, SECOND)
    assert {each.name for each in tmp_path.iterdir()} == {"one.json", "one.json.lock"}


# One sentence ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("contents", "reason"),
    [
        (b"", "does not hold what was kept there"),
        (FIRST.to_json()[:-5], "does not hold what was kept there"),
        (b"\x00" * 600, "does not hold what was kept there"),
        (FIRST.to_json().replace(b'"format":1', b'"format":7'), "was written by another version of huggy-connector"),
    ],
)
def test_a_damaged_file_is_an_error_and_can_be_overwritten(tmp_path: Path, contents: bytes, reason: str) -> None:
    path = tmp_path / "one.json"
    path.write_bytes(contents)
    error = refusal(path)
    assert (type(error), str(error)) == (
        UnreadableToken,
        f"The token file {path} {reason}: run `huggy auth login`, or delete the file and set HUGGY_REFRESH_TOKEN.",
    )
    put(path, SECOND)
    assert TokenFile(path).read() == SECOND


def unusable(path: Path, reason: str) -> tuple[type[HuggyError], str]:
    sentence = (
        f"The token file {path} cannot be used ({reason}): set HUGGY_TOKEN_STORE or HUGGY_STATE to a place of your own."
    )
    return ConfigurationError, sentence


def test_a_folder_in_place_of_the_file_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "one.json"
    path.mkdir()
    error = refusal(path)
    assert (type(error), str(error)) == unusable(path, "it is no regular file")


def test_a_file_in_place_of_the_folder_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    path = tmp_path / "file" / "one.json"
    error = refusal(path)
    assert (type(error), str(error)) == unusable(path, "Not a directory")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file away")
def test_a_file_of_another_user_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "one.json"
    put(path, FIRST)
    path.chmod(0o644)
    os.chown(path, 12345, 12345)
    error = refusal(path)
    assert (type(error), str(error)) == unusable(path, "it belongs to another user")


@pytest.mark.parametrize("closed", ["file", "folder"])
def test_a_folder_without_permission_is_an_error(tmp_path: Path, closed: str) -> None:
    path = tmp_path / "tokens" / "one.json"
    put(path, FIRST)
    shut = path if closed == "file" else path.parent
    shut.chmod(0)
    if os.access(shut, os.R_OK):
        pytest.skip("root may read and write everything")
    try:
        error = refusal(path)
    finally:
        path.parent.chmod(0o700)
    assert (type(error), str(error)) == unusable(path, "Permission denied")


def test_a_full_disk_is_an_error_before_any_request(tmp_path: Path) -> None:
    path, asked = tmp_path / "one.json", list[str]()
    put(path, FIRST)
    ignored, limits = signal.signal(signal.SIGXFSZ, signal.SIG_IGN), resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, limits[1]))
    try:
        with pytest.raises(ConfigurationError) as raised, TokenFile(path).lock():
            asked.append("a refresh")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        signal.signal(signal.SIGXFSZ, ignored)
    assert (asked, str(raised.value)) == ([], unusable(path, "File too large")[1])
    assert TokenFile(path).read() == FIRST


def test_the_tokens_of_another_app_are_not_used(tmp_path: Path) -> None:
    path = tmp_path / "one.json"
    put(path, FIRST)
    store = TokenFile(path)
    with pytest.raises(
        ConfigurationError, match=r"^The tokens in the file .* are another app's: set HUGGY_TOKEN_STORE"
    ):
        read_token("APP-2", store, store.location)
    assert read_token("APP-1", store, store.location) == FIRST
