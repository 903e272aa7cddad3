"""Upkeep of the inbox beside its receiver: pruned is only what is landed and old; erased leaves no byte; replayed comes
again once.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from huggy_connector.webhook import Inbox, InboxReader, InboxUpkeep, inbox_upkeep
from huggy_connector.webhook.entries import Entry
from tests.integration.webhook.inboxes import COMPANY, Ticking, at, entry, kept, refusal, row


@pytest.fixture(autouse=True)
def _small_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inbox_upkeep, "STEP", 3)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "inbox"


@pytest.fixture
def box(folder: Path) -> Iterator[Inbox]:
    with Inbox.open(folder, now=Ticking()) as opened:
        yield opened


@pytest.fixture
def upkeep(folder: Path, box: Inbox) -> Iterator[InboxUpkeep]:
    del box
    with InboxUpkeep.open(folder) as opened:
        yield opened


def test_what_is_landed_and_old_is_pruned_and_nothing_else(folder: Path, box: Inbox, upkeep: InboxUpkeep) -> None:
    for number in range(10):
        box.append(entry(number, minutes=number), entry(100 + number, company_id=7, minutes=number))
    landed = {COMPANY: {box.session: 15}, 7: {"another session": 99}}
    assert upkeep.prune(landed, keep=timedelta(minutes=5), now=at(10)) == 5
    assert (kept(folder), kept(folder, 7)) == ([5, 6, 7, 8, 9], [*range(100, 110)])
    assert upkeep.prune(landed, keep=timedelta(0), now=at(10)) == 3
    assert kept(folder) == [8, 9]
    with InboxReader.open(folder) as reader:
        assert reader.landed() == landed


def test_a_number_is_never_given_again_after_a_prune(folder: Path, box: Inbox, upkeep: InboxUpkeep) -> None:
    box.append(entry(1))
    upkeep.prune({COMPANY: {box.session: 1}}, keep=timedelta(0), now=at(1))
    box.append(entry(2))
    with InboxReader.open(folder) as reader:
        assert [item.seq for item in reader.items(COMPANY, after={})] == [2]


def test_a_prune_reads_no_further_than_the_first_step_in_which_nothing_is_old(
    folder: Path, box: Inbox, upkeep: InboxUpkeep
) -> None:
    count, old = 3 * inbox_upkeep.STEP, inbox_upkeep.STEP // 2
    box.append(*(entry(number, minutes=0 if number < old else 9) for number in range(count)))
    asked = list[str]()
    upkeep._connection.set_trace_callback(asked.append)
    assert upkeep.prune({COMPANY: {box.session: count}}, keep=timedelta(0), now=at(5)) == old
    assert sum("received_at FROM entries" in each for each in asked) == 3  # two steps of the company, one of nobody
    assert len(kept(folder)) == count - old


def test_refusals_of_nobody_go_when_they_are_old(folder: Path, box: Inbox, upkeep: InboxUpkeep) -> None:
    box.append(refusal(company_id=None), refusal(company_id=None, minutes=8), refusal())
    assert upkeep.prune({}, keep=timedelta(minutes=5), now=at(10)) == 1
    with InboxReader.open(folder) as reader:
        assert len(reader.refusals(COMPANY, after={})) == 1


def test_a_file_shrinks_with_what_is_pruned(folder: Path, box: Inbox, upkeep: InboxUpkeep) -> None:
    for number in range(500):
        box.append(Entry.of_row(COMPANY, row(number) | {"item": "x" * 10_000}))
    upkeep._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    before = (folder / "inbox.sqlite").stat().st_size
    upkeep.prune({COMPANY: {box.session: 500}}, keep=timedelta(0), now=at(1))
    upkeep._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    assert (folder / "inbox.sqlite").stat().st_size < before / 10


def test_what_is_erased_leaves_no_byte_in_any_file(folder: Path, box: Inbox, upkeep: InboxUpkeep) -> None:
    for number in range(50):
        box.append(Entry.of_row(COMPANY, row(number) | {"item": {"name": f"Maria {number % 2} Silva"}}))
        box.append(Entry.of_row(7, row(number) | {"item": {"name": "Maria of another company"}}))
    assert upkeep.erase(COMPANY, lambda each: None if each["item"]["name"] == "Maria 1 Silva" else each) == 25
    content = b"".join(path.read_bytes() for path in folder.iterdir())
    assert (b"Maria 1 Silva" in content, b"Maria 0 Silva" in content) == (False, True)
    assert (len(kept(folder)), len(kept(folder, 7))) == (25, 50)
    box.append(entry(99))
    assert kept(folder)[-1] == 99


def test_what_is_replayed_comes_again_once_in_the_session_that_runs(
    folder: Path, box: Inbox, upkeep: InboxUpkeep
) -> None:
    for number in range(10):
        box.append(entry(number, minutes=number))
    with InboxReader.open(folder) as reader:
        landed = reader.newest(COMPANY)
    for _ in range(2):
        assert upkeep.replay(at(2), at(7), now=at(20)) == 5
    with InboxReader.open(folder) as reader:
        again = [(item.session, item.row) for item in reader.items(COMPANY, after=landed)]
    assert again == [(box.session, row(number, minutes=number)) for number in range(2, 7)]
    assert sorted(kept(folder)) == [*range(10)]


def test_without_a_receiver_a_replay_has_a_session_of_its_own(folder: Path) -> None:
    with Inbox.open(folder, now=Ticking()) as box:
        box.append(entry(1))
        session = box.session
    with InboxUpkeep.open(folder) as upkeep:
        assert upkeep.replay(at(0), at(1), now=at(2)) == 1
    with InboxReader.open(folder) as reader:
        assert [*reader.newest(COMPANY)] != [session]
        assert [item.row["item_id"] for item in reader.items(COMPANY, after={session: 99})] == [1]
