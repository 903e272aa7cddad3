"""With a ledger that is lost, another one or an older copy nothing is sent: the mark in the landing tells."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, cast

import pytest

from huggy_connector.actions.ledger.loss_guard import TRIES, LedgerMark, LossGuard, name_host
from huggy_connector.errors import LedgerBusy, LedgerUnusable
from huggy_connector.storage import Storage

NAME = "4242/.ledger.json"
MARK = LedgerMark("0a1b", "stamp 2", 2, "etl-1")
NEXT = LedgerMark("0a1b", "stamp 3", 3, "etl-1")


class Files:
    """A storage in memory. `meanwhile` happens between a reading and a writing."""

    def __init__(self, mark: LedgerMark | None = None, *meanwhile: LedgerMark) -> None:
        self.files = {} if mark is None else {NAME: mark.encode()}
        self.meanwhile = list(meanwhile)

    def read(self, name: str) -> bytes:
        try:
            return self.files[name]
        except KeyError:
            raise FileNotFoundError(name) from None

    def create(self, name: str, data: bytes) -> bool:
        self.happen(name)
        return self.files.setdefault(name, data) is data

    def exchange(self, name: str, old: bytes, new: bytes) -> bool:
        self.happen(name)
        if self.files.get(name) != old:
            return False
        self.files[name] = new
        return True

    def happen(self, name: str) -> None:
        if self.meanwhile:
            self.files[name] = self.meanwhile.pop(0).encode()


def guard(files: Files) -> LossGuard:
    return LossGuard(cast("Storage", files), 4242, Path("/ledgers/4242.sqlite"))


def knows(*stamps: str) -> Any:
    return lambda stamp: stamp in stamps


def test_the_mark_names_the_ledger_its_newest_stamp_and_the_host_and_nothing_else() -> None:
    files = Files()
    guard(files).write(MARK, knows())
    assert json.loads(files.files[NAME]) == {
        "format": 1,
        "ledger": "0a1b",
        "stamp": "stamp 2",
        "number": 2,
        "host": "etl-1",
    }
    assert guard(files).read() == MARK


def test_no_mark_is_no_objection_neither_to_a_new_ledger_nor_to_one_in_a_new_landing() -> None:
    for ledger in (None, "0a1b"):
        guard(Files()).check(guard(Files()).read(), ledger, knows())


def test_the_ledger_that_knows_the_stamp_is_the_right_one_however_far_it_is_ahead() -> None:
    guard(Files()).check(MARK, "0a1b", knows("stamp 1", "stamp 2", "stamp 3"))


@pytest.mark.parametrize(
    ("ledger", "stamps", "sentence"),
    [
        (None, (), "a ledger of the host etl-1, and there is none at /ledgers/4242.sqlite: put it back"),
        ("ffff", ("stamp 1",), "and /ledgers/4242.sqlite is another one: act on that host, or move its ledger here"),
        ("0a1b", ("stamp 1",), "is an older copy of it, which lacks what was sent since: put the newest one back"),
    ],
)
def test_any_other_is_refused_with_what_to_do(ledger: str | None, stamps: tuple[str, ...], sentence: str) -> None:
    with pytest.raises(LedgerUnusable, match=sentence):
        guard(Files()).check(MARK, ledger, knows(*stamps))


def test_a_copy_that_is_used_beside_its_original_is_refused_before_it_sends() -> None:
    files = Files(MARK)
    guard(files).write(NEXT, knows("stamp 2", "stamp 3"))
    with pytest.raises(LedgerUnusable, match="is an older copy"):
        guard(files).write(
            LedgerMark("0a1b", "stamp 3 of the copy", 3, "etl-2"), knows("stamp 2", "stamp 3 of the copy")
        )
    assert guard(files).read() == NEXT


@pytest.mark.parametrize("mark", [None, MARK])
def test_another_ledger_that_began_meanwhile_wins(mark: LedgerMark | None) -> None:
    other = LedgerMark("ffff", "its stamp", 1, "etl-2")
    with pytest.raises(LedgerUnusable, match="a ledger of the host etl-2"):
        guard(Files(mark, other)).write(NEXT, knows("stamp 2", "stamp 3"))


def test_a_mark_that_another_process_of_this_ledger_wrote_meanwhile_is_replaced() -> None:
    files = Files(MARK, LedgerMark("0a1b", "stamp 4", 4, "etl-1"))
    guard(files).write(NEXT, knows("stamp 2", "stamp 3", "stamp 4"))
    assert guard(files).read() == NEXT


def test_one_that_changes_each_time_is_given_up() -> None:
    others = [LedgerMark("0a1b", "stamp 4", number, "etl-1") for number in range(TRIES)]
    with pytest.raises(LedgerBusy, match=r"keep changing 4242/.ledger.json in the landing: try again in a moment"):
        guard(Files(MARK, *others)).write(NEXT, knows("stamp 2", "stamp 4"))


@pytest.mark.parametrize(
    "data", [b"", b"{", b"[]", b'{"ledger": "0a1b"}', b"\xff\xfe", b'{"ledger": 1, "number": "x"}']
)
def test_a_damaged_mark_stops_everything(data: bytes) -> None:
    files = Files()
    files.files[NAME] = data
    with pytest.raises(LedgerUnusable, match=r"4242/.ledger.json in the landing is damaged"):
        guard(files).read()


def test_a_host_has_a_name() -> None:
    assert name_host() != ""
