"""A budget's state as somebody sees it who takes no part in it."""

from __future__ import annotations

from pathlib import Path

import pytest

from huggy_connector.budget import BudgetReading, inspect_budget
from huggy_connector.budget.file import FileBudgetStore
from huggy_connector.budget.spec import BudgetSpec
from huggy_connector.budget.types import Lane
from huggy_connector.budget.window import RateLimit, RequestWindow
from huggy_connector.errors import ConfigurationError

pytestmark = pytest.mark.slow

NOW = 1000.0


def read(folder: Path, *, now: float = NOW, boot: bytes = b"boot-1", spec: str = "file:") -> BudgetReading:
    return inspect_budget(
        spec,
        scope="someone",
        rate=20,
        state_folder=folder,
        longest_pause=3600,
        clock=lambda: now,
        clock_name=lambda: boot,
    )


def file_in(folder: Path) -> Path:
    return BudgetSpec.parse("file:").file("someone", state_folder=folder)


def store_in(folder: Path, *, now: float = NOW) -> FileBudgetStore:
    return FileBudgetStore(file_in(folder), RateLimit(20), note=print, clock=lambda: now, clock_name=lambda: b"boot-1")


def test_it_counts_what_was_sent_what_is_in_flight_and_what_waits(tmp_path: Path) -> None:
    store_in(tmp_path, now=NOW - 30).close()  # full at that time
    store = store_in(tmp_path)

    def act(window: RequestWindow) -> None:
        for number in range(3):
            assert window.request_slot(f"{store.holder}.{number}", Lane.NORMAL) == 0.0 or number
        window.record_answer(f"{store.holder}.0", round_trip=0.1)

    store.change(act)
    before = file_in(tmp_path).read_bytes()
    assert read(tmp_path) == BudgetReading(
        f"the file {file_in(tmp_path)}", rate=20, sent=1, in_flight=0, waiting=2, share=1.0, pause=0.0
    )
    assert read(tmp_path, now=NOW + 5) == BudgetReading(f"the file {file_in(tmp_path)}", rate=20)
    assert file_in(tmp_path).read_bytes() == before
    store.close()


def test_after_a_429_it_tells_the_pause_and_the_share_that_is_left(tmp_path: Path) -> None:
    store_in(tmp_path, now=NOW - 30).close()
    store = store_in(tmp_path)

    def act(window: RequestWindow) -> None:
        window.request_slot(f"{store.holder}.0", Lane.NORMAL)
        window.record_refusal(f"{store.holder}.0", round_trip=0.1, retry_after=40)

    store.change(act)
    found = read(tmp_path, now=NOW + 10)
    assert (found.pause, found.share) == (30, 0.75)
    store.close()


def test_what_was_written_before_the_last_boot_is_over(tmp_path: Path) -> None:
    store_in(tmp_path).close()
    assert (read(tmp_path).sent, read(tmp_path, boot=b"boot-2").sent) == (20, 0)


def test_where_nothing_was_sent_yet_nothing_is_made(tmp_path: Path) -> None:
    folder = tmp_path / "state"
    assert read(folder) == BudgetReading(f"the file {file_in(folder)}", rate=20)
    assert not folder.exists()


@pytest.mark.parametrize("text", [b"garbage", b"garbage\nmore", b"00000000 boot-1\n{}\n"])
def test_a_damaged_file_is_told_and_stays(tmp_path: Path, text: bytes) -> None:
    file_in(tmp_path).write_bytes(text)
    file_in(tmp_path).chmod(0o644)
    assert read(tmp_path).damage == "is damaged"
    assert (file_in(tmp_path).read_bytes(), file_in(tmp_path).stat().st_mode & 0o777) == (text, 0o644)


def test_a_file_that_no_budget_can_use_is_an_error(tmp_path: Path) -> None:
    file_in(tmp_path).symlink_to(tmp_path / "other")
    with pytest.raises(ConfigurationError, match="cannot be used: it is a link"):
        read(tmp_path)
    blocked = tmp_path / "file"
    blocked.write_text("")
    with pytest.raises(ConfigurationError, match="cannot be used: Not a directory"):
        read(blocked)


def test_the_memory_of_other_processes_is_not_seen(tmp_path: Path) -> None:
    assert read(tmp_path, spec="memory:?share=0.5") == BudgetReading("the memory of each process", rate=10)


def test_a_redis_that_is_away_is_an_error_that_names_it_without_its_password(tmp_path: Path) -> None:
    pytest.importorskip("redis")
    with pytest.raises(ConfigurationError) as raised:
        read(tmp_path, spec="redis://:hidden@127.0.0.1:1/0")
    assert str(raised.value).startswith("The budget's Redis at 127.0.0.1:1 does not answer (ConnectionError): correct ")
