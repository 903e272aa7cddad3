"""The budget's file: what it survives and what it refuses, with a clock of the test."""

import fcntl
import json
import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from itertools import cycle
from pathlib import Path

import pytest

from huggy_connector.budget import open_budget
from huggy_connector.budget.file import FileBudgetStore
from huggy_connector.budget.limiter import SharedBudget
from huggy_connector.budget.types import Lane
from huggy_connector.budget.window import RateLimit, RequestWindow
from huggy_connector.errors import ConfigurationError
from tests.sleeping_clock import Clock

# The children touch nothing but the budget's file; threads that other tests left behind do not concern them.
pytestmark = pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")


class Party:
    """Stores on one file, on one clock, at one request a second."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.clock = Clock()
        self.told: list[str] = []

    def store(self, clock_name: bytes = b"the host's") -> FileBudgetStore:
        return FileBudgetStore(
            self.path,
            RateLimit(1.0),
            note=self.told.append,
            clock=self.clock,
            clock_name=lambda: clock_name,
            sleep=self.clock.sleep,
        )

    def until_free(self, store: FileBudgetStore) -> float:
        """Seconds until a request may leave; it is answered at once."""
        start = self.clock.now
        while wait := store.change(lambda window: window.request_slot(f"{store.holder}.1", Lane.NORMAL)):
            self.clock.now += wait
        store.change(lambda window: window.record_answer(f"{store.holder}.1", round_trip=0.0))
        return round(self.clock.now - start, 3)


@pytest.fixture
def party(tmp_path: Path) -> Party:
    return Party(tmp_path / "state" / "budget-1")


def test_a_new_file_is_full_for_a_second_and_gives_no_note(party: Party) -> None:
    assert party.until_free(party.store()) == 1.0
    assert party.told == []


def test_two_stores_on_one_file_share_its_slots(party: Party) -> None:
    one, other = party.store(), party.store()
    assert [party.until_free(store) for store in (one, other, one)] == [1.0, 1.0, 1.0]


def test_the_next_process_finds_the_state_of_the_last(party: Party) -> None:
    store = party.store()
    party.until_free(store)
    store.close()
    party.clock.now += 0.4
    assert party.until_free(party.store()) == 0.6


def test_only_the_file_is_left_and_only_its_owner_may_read_it(party: Party) -> None:
    store = party.store()
    party.until_free(store)
    store.close()
    assert [path.name for path in party.path.parent.iterdir()] == ["budget-1"]
    assert oct(party.path.stat().st_mode) == "0o100600"
    assert oct(party.path.parent.stat().st_mode) == "0o40700"


@pytest.mark.parametrize(
    ("contents", "what"),
    [
        (b"", "was deleted or emptied"),
        (b"garbage", "is damaged"),
        (b"00000000 the host's\n{}\n", "is damaged"),
        (b"\x00" * 16_384, "is damaged"),
        (None, "was deleted or emptied"),
    ],
    ids=["emptied", "garbage", "wrong checksum", "zeros", "deleted"],
)
def test_a_damaged_file_starts_again_as_if_the_last_second_had_been_full(
    party: Party, contents: bytes | None, what: str
) -> None:
    store = party.store()
    party.until_free(store)
    party.clock.now += 60.0
    if contents is None:
        party.path.unlink()
    else:
        party.path.write_bytes(contents)
    assert [party.until_free(store), party.until_free(store)] == [1.0, 1.0]
    assert party.told == [f"The budget's file {what}: it begins anew, as if the last second had been full."]


@pytest.mark.parametrize("length", range(0, 200, 17))
def test_a_file_cut_off_anywhere_starts_again(party: Party, length: int) -> None:
    store = party.store()
    party.until_free(store)
    os.truncate(party.path, length)
    party.clock.now += 60.0
    assert party.until_free(store) == 1.0


def test_a_lost_folder_is_made_again(party: Party) -> None:
    store = party.store()
    for path in party.path.parent.iterdir():
        path.unlink()
    party.path.parent.rmdir()
    assert party.until_free(store) == 1.0


def test_requests_in_flight_outlive_the_file(party: Party) -> None:
    store = party.store()

    def sleep_for_a_while(seconds: float) -> None:
        party.clock.sleep(seconds)
        if party.clock.now > 1200.0:
            raise TimeoutError

    budget = SharedBudget(store, rate=1.0, note=print, stopwatch=party.clock, sleep=sleep_for_a_while)
    with budget.take_turn():
        party.path.unlink()
        with pytest.raises(TimeoutError), budget.take_turn():
            pytest.fail("the only slot was held")


def test_a_lock_that_is_not_released_is_replaced_and_noted(party: Party) -> None:
    store = party.store()
    party.until_free(store)
    stopped = os.open(party.path, os.O_RDWR)
    fcntl.flock(stopped, fcntl.LOCK_EX)
    assert party.until_free(store) == pytest.approx(5.0 + 1.0, abs=0.01)
    assert [sentence.partition(":")[0] for sentence in party.told] == [
        "The budget's file was held by a process that does not go on"
    ]
    after = party.path.read_bytes()
    os.pwrite(stopped, b"what he was about to write", 0)
    os.close(stopped)
    assert party.path.read_bytes() == after
    assert party.until_free(store) == 1.0


def test_a_lock_that_others_hold_in_turn_is_waited_for(party: Party) -> None:
    store = party.store()
    party.until_free(store)
    before = party.path.read_bytes()
    party.until_free(store)
    versions = cycle([before, party.path.read_bytes()])
    others = os.open(party.path, os.O_RDWR)
    fcntl.flock(others, fcntl.LOCK_EX)
    end = party.clock.now + 60.0

    def sleep(_: float) -> None:
        party.clock.now += 1.0
        os.pwrite(others, next(versions), 0)
        if party.clock.now >= end:
            fcntl.flock(others, fcntl.LOCK_UN)

    patient = FileBudgetStore(
        party.path,
        RateLimit(1.0),
        note=party.told.append,
        clock=party.clock,
        clock_name=lambda: b"the host's",
        sleep=sleep,
    )
    os.close(others)
    assert party.until_free(patient) == 0.0
    assert party.told == []


def test_simultaneous_changes_of_many_processes_are_all_kept(tmp_path: Path) -> None:
    store = FileBudgetStore(tmp_path / "budget-1", RateLimit(1.0), note=print)
    store.change(lambda window: window.record_refusal("a.0", round_trip=0.0, retry_after=900.0))
    names = {f"{store.holder}.{process}-{number}" for process in range(4) for number in range(50)}
    children = []
    for process in range(4):
        child = os.fork()
        if not child:
            for name in names:
                if f".{process}-" in name:
                    store.change(partial(RequestWindow.request_slot, name=name, lane=Lane.NORMAL))
            os._exit(0)
        children.append(child)
    assert [os.waitpid(child, 0)[1] for child in children] == [0, 0, 0, 0]
    state = json.loads((tmp_path / "budget-1").read_bytes().split(b"\n")[1])
    assert set(state["waiting"]) == names


def test_the_slots_of_a_killed_process_are_free_after_two_seconds(party: Party) -> None:
    reader, writer = os.pipe()
    child = os.fork()
    if not child:
        store = party.store()
        party.until_free(store)
        party.clock.now += 5.0
        store.change(lambda window: window.request_slot(f"{store.holder}.2", Lane.NORMAL))
        os.write(writer, b"!")
        signal.pause()
    os.read(reader, 1)
    party.clock.now += 10.0
    store = party.store()
    assert store.change(lambda window: window.request_slot(f"{store.holder}.1", Lane.NORMAL)) > 0
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    assert party.until_free(store) <= 2.0
    assert len(list(party.path.parent.iterdir())) == 2


def test_the_slots_of_a_living_process_are_not(party: Party) -> None:
    living, store = party.store(), party.store()
    party.until_free(living)
    party.clock.now += 5.0
    living.change(lambda window: window.request_slot(f"{living.holder}.2", Lane.NORMAL))
    for _ in range(50):
        party.clock.now += 1.0
        assert store.change(lambda window: window.request_slot(f"{store.holder}.1", Lane.NORMAL)) > 0


def test_a_forked_child_is_another_holder_with_its_own_lock(party: Party) -> None:
    store = party.store()
    party.until_free(store)
    parent = store.holder
    reader, writer = os.pipe()

    def from_within(_: object) -> None:
        child = os.fork()
        if not child:
            signal.signal(signal.SIGALRM, signal.SIG_DFL)
            signal.alarm(10)
            try:
                os.write(writer, store.holder.encode())
                # The parent holds the lock: a child that shared it would not have to wait for it.
                store.change(lambda _: None)
                os.write(writer, " ".join(party.told).encode() or b"never waited")
            finally:
                os._exit(0)
        os.waitpid(child, 0)

    store.change(from_within)
    holder, _, told = os.read(reader, 1000).decode().partition("The budget's file was held")
    assert len(holder) == len(parent)
    assert holder != parent
    assert told == " by a process that does not go on: it begins anew, as if the last second had been full."
    assert store.holder == parent


def test_a_state_from_before_the_last_boot_is_ignored(party: Party) -> None:
    party.until_free(party.store(b"of an earlier boot"))
    party.clock.now = 10.0
    assert party.until_free(party.store()) == 1.0
    assert party.told == []


def test_a_file_used_on_two_clocks_is_refused(party: Party) -> None:
    here = party.store()
    there = party.store(b"another host's")
    there.change(lambda _: None)
    with pytest.raises(ConfigurationError) as raised:
        here.change(lambda _: None)
    assert str(raised.value) == (
        f"The budget's file {party.path} cannot be used: a host or container with a clock of its own uses it too. "
        "Set HUGGY_STATE to a folder of your own on a local disk, or HUGGY_BUDGET to another budget."
    )


def refusal(folder: Path, spec: str = "file:") -> str:
    with pytest.raises(ConfigurationError) as raised:
        open_budget(spec, scope="a", rate=20.0, state_folder=folder, note=print)
    return str(raised.value).replace(str(folder), "<folder>")


ADVICE = "Set HUGGY_STATE to a folder of your own on a local disk, or HUGGY_BUDGET to another budget."
FILE = "<folder>/budget-ca978112ca1bbdca"


@contextmanager
def as_nobody(folder: Path) -> Iterator[None]:
    """Root may write everywhere; so it becomes someone who may not, and may reach the folder."""
    if os.geteuid() != 0:
        yield
        return
    for parent in (folder, *folder.parents):
        if parent.stat().st_uid == 0 and parent.stat().st_mode & 0o077 == 0:
            parent.chmod(0o711)
    os.seteuid(65_534)
    try:
        yield
    finally:
        os.seteuid(0)


def test_a_folder_where_nothing_may_be_written_is_refused(tmp_path: Path) -> None:
    tmp_path.chmod(0o555)
    with as_nobody(tmp_path):
        said = refusal(tmp_path)
    tmp_path.chmod(0o755)
    assert said == f"The budget's file {FILE} cannot be used: Permission denied. {ADVICE}"


def test_a_folder_that_is_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert refusal(tmp_path / "file") == f"The budget's file {FILE} cannot be used: Not a directory. {ADVICE}"


def test_a_budget_file_that_is_a_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "budget-ca978112ca1bbdca").mkdir()
    assert refusal(tmp_path) == f"The budget's file {FILE} cannot be used: it is no regular file. {ADVICE}"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file away")
def test_a_budget_file_of_another_user_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "budget-ca978112ca1bbdca"
    path.touch()
    os.chown(path, 65_534, 65_534)
    assert refusal(tmp_path) == f"The budget's file {FILE} cannot be used: it belongs to another user. {ADVICE}"


def test_a_budget_file_that_may_not_be_opened_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "budget-ca978112ca1bbdca"
    path.touch()
    path.chmod(0)
    with as_nobody(tmp_path):
        said = refusal(tmp_path)
    assert said == f"The budget's file {FILE} cannot be used: Permission denied. {ADVICE}"


def test_the_folder_named_in_the_budget_is_used(tmp_path: Path) -> None:
    open_budget(f"file:{tmp_path}/here", scope="a", rate=20.0, state_folder=tmp_path / "there", note=print).close()
    assert [path.name for path in tmp_path.iterdir()] == ["here"]


def test_each_scope_has_a_file_of_its_own_that_does_not_name_it(tmp_path: Path) -> None:
    for scope in ("https://api.example/v3 1", "https://api.example/v3 2"):
        open_budget("file:", scope=scope, rate=20.0, state_folder=tmp_path, note=print).close()
    names = sorted(path.name for path in tmp_path.iterdir())
    assert [len(name) for name in names] == [len("budget-") + 16] * 2
    assert not [path for path in tmp_path.iterdir() if b"example" in path.read_bytes()]
