"""A ledger is opened against the mark in the landing: one that is lost, another or older sends nothing."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from huggy_connector.actions.ledger import Ledger
from huggy_connector.actions.ledger.session import CLAIMS_A_STAMP
from huggy_connector.errors import LandingUnwritable, LedgerUnusable
from huggy_connector.storage import LocalStorage
from tests.integration.actions.ledgers import COMPANY, begin, begun, kill, open_ledger, planned

MARK = f"{COMPANY}/.ledger.json"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "actions"


@pytest.fixture
def landing(tmp_path: Path) -> LocalStorage:
    return LocalStorage(tmp_path / "landing")


def files(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def copy(folder: Path, target: Path) -> None:
    shutil.rmtree(target, ignore_errors=True)
    shutil.copytree(folder, target)


def test_a_first_run_makes_ledger_and_mark_and_the_next_goes_on(folder: Path, landing: LocalStorage) -> None:
    assert not Ledger.exists(folder, COMPANY)
    with begun(folder, 1, storage=landing) as ledger:
        first = ledger.id
    assert (files(folder), files(landing.root)) == ({"4242.lock", "4242.sqlite"}, {MARK})
    with begun(folder, 1, 2, storage=landing) as ledger:
        assert (ledger.id, ledger.counts("spring").planned, Ledger.exists(folder, COMPANY)) == (first, 2, True)


def test_who_may_make_nothing_writes_nothing(folder: Path, landing: LocalStorage, tmp_path: Path) -> None:
    with pytest.raises(LedgerUnusable, match="There is no ledger"):
        open_ledger(folder, storage=landing, create=False)
    assert files(tmp_path) == set()
    begun(folder, 1, storage=landing).close()
    before = {name: (tmp_path / name).read_bytes() for name in files(tmp_path)}
    with open_ledger(folder, storage=landing, create=False) as ledger:
        assert ledger.counts("spring").planned == 1
    assert {name: (tmp_path / name).read_bytes() for name in files(tmp_path)} == before


@pytest.mark.parametrize("how", ["deleted", "emptied"])
@pytest.mark.parametrize("create", [False, True])
def test_a_lost_ledger_is_not_made_again(folder: Path, landing: LocalStorage, how: str, *, create: bool) -> None:
    begun(folder, 1, storage=landing).close()
    if how == "deleted":
        shutil.rmtree(folder)
    else:
        (folder / "4242.sqlite").write_bytes(b"")
    with pytest.raises(LedgerUnusable, match=r"there is none at .*4242.sqlite: put it back, or set HUGGY_LEDGER"):
        open_ledger(folder, storage=landing, create=create)
    assert not Ledger.exists(folder, COMPANY)


def test_a_second_host_with_a_ledger_of_its_own_is_refused(folder: Path, landing: LocalStorage, tmp_path: Path) -> None:
    begun(tmp_path / "theirs", 1, storage=LocalStorage(tmp_path / "another landing")).close()
    begun(folder, 1, storage=landing).close()
    with pytest.raises(LedgerUnusable, match="is another one: act on that host, or move its ledger here"):
        open_ledger(tmp_path / "theirs", storage=landing)


def test_a_copy_from_before_the_last_run_is_refused_and_the_newest_is_not(
    folder: Path, landing: LocalStorage, tmp_path: Path
) -> None:
    begun(folder, 1, storage=landing).close()
    copy(folder, tmp_path / "backup")
    begun(folder, 1, storage=landing).close()
    copy(folder, tmp_path / "newest")
    for create in (False, True):
        with pytest.raises(LedgerUnusable, match="is an older copy of it, which lacks what was sent since"):
            open_ledger(tmp_path / "backup", storage=landing, create=create)
    open_ledger(tmp_path / "newest", storage=landing).close()


def test_a_copy_from_within_a_run_is_refused_after_so_many_claims(
    folder: Path, landing: LocalStorage, tmp_path: Path
) -> None:
    ledger = begun(folder, *range(1, 50), storage=landing)
    copy(folder, tmp_path / "backup")
    for row_id in range(1, CLAIMS_A_STAMP + 2):
        assert ledger.claim(row_id, mark={})
    kill(ledger)
    with pytest.raises(LedgerUnusable, match="is an older copy of it"):
        open_ledger(tmp_path / "backup", storage=landing)
    open_ledger(folder, storage=landing).close()


def test_a_copy_from_within_a_run_is_refused_once_the_run_has_ended_however_short_it_was(
    folder: Path, landing: LocalStorage, tmp_path: Path
) -> None:
    with begun(folder, 1, 2, storage=landing) as ledger:
        copy(folder, tmp_path / "before")
        assert ledger.claim(1, mark={})
        copy(folder, tmp_path / "between")
        assert ledger.claim(2, mark={})
    copy(folder, tmp_path / "newest")
    for name in ("before", "between"):
        with pytest.raises(LedgerUnusable, match="is an older copy of it"):
            open_ledger(tmp_path / name, storage=landing)
    open_ledger(tmp_path / "newest", storage=landing).close()


def test_of_two_copies_that_are_both_used_one_is_refused_before_it_claims(
    folder: Path, landing: LocalStorage, tmp_path: Path
) -> None:
    begun(folder, 1, storage=landing).close()
    copy(folder, tmp_path / "copy")
    one, other = open_ledger(folder, storage=landing), open_ledger(tmp_path / "copy", storage=landing)
    begin(one)
    with pytest.raises(LedgerUnusable, match="is an older copy of it"):
        begin(other)
    with pytest.raises(LedgerUnusable, match="is an older copy of it"):
        other.claim(1, mark={})
    assert one.claim(1, mark={})
    one.close()
    other.close()


def test_a_run_that_was_killed_before_it_wrote_the_mark_can_go_on(folder: Path, landing: LocalStorage) -> None:
    begun(folder, 1, storage=landing).close()
    mark = landing.read(MARK)
    kill(begun(folder, 1, storage=landing))
    landing.write(MARK, mark)
    with begun(folder, 1, storage=landing) as ledger:
        assert ledger.claim(1, mark={})
    assert landing.read(MARK) != mark


def test_with_a_new_landing_the_ledger_goes_on(folder: Path, landing: LocalStorage, tmp_path: Path) -> None:
    begun(folder, 1, storage=landing).close()
    with begun(folder, 1, storage=LocalStorage(tmp_path / "new landing")) as ledger:
        assert ledger.counts("spring").planned == 1
    assert files(tmp_path / "new landing") == {MARK}


def test_a_landing_that_takes_no_mark_lets_nothing_be_claimed(folder: Path, tmp_path: Path) -> None:
    class Full(LocalStorage):
        def exchange(self, name: str, old: bytes, new: bytes) -> bool:
            raise LandingUnwritable("full")

    begun(folder, 1, storage=LocalStorage(tmp_path / "landing")).close()
    ledger: Any = open_ledger(folder, storage=Full(tmp_path / "landing"))
    with pytest.raises(LandingUnwritable):
        begin(ledger)
    with pytest.raises(LandingUnwritable):
        ledger.claim(1, mark={})
    assert ledger.counts("spring").left == 1
    ledger.close()


def test_a_file_that_is_taken_away_in_a_run_lets_nothing_be_sent(folder: Path, landing: LocalStorage) -> None:
    ledger = begun(folder, 1, 2, storage=landing)
    assert ledger.claim(1, mark={})
    (folder / "4242.sqlite").rename(folder / "away")
    with pytest.raises(LedgerUnusable, match="was deleted or replaced while it was in use"):
        ledger.claim(2, mark={})
    ledger.close()


def test_each_company_has_a_ledger_of_its_own(folder: Path, landing: LocalStorage) -> None:
    begun(folder, 1, storage=landing).close()
    with open_ledger(folder, storage=landing, company_id=4343) as other:
        assert other.campaigns() == []
        begin(other)
        assert other.plan([planned(1)]) == 1
