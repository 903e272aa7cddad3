"""The row of the actions: whether the ledger is the one that the landing knows, and what waits in it, in counts."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from huggy_connector.actions.types import RowState
from huggy_connector.pipeline.doctor.check_row import CheckState, Finding, Unknown, ok, warn
from huggy_connector.pipeline.doctor.check_runner import Fact
from huggy_connector.pipeline.doctor.landing_checks import look_at_landing
from huggy_connector.pipeline.doctor.ledger_checks import check_ledger
from huggy_connector.settings import Settings
from huggy_connector.storage import LocalStorage
from tests.integration.actions.ledgers import BEGIN, COMPANY, begun


def found(folder: Path, *, mounts: str = "", company_id: int | None = COMPANY, **more: Any) -> list[Finding]:
    settings = Settings(landing=str(folder / "landing"), ledger=str(folder / "actions"), company_id=company_id, **more)
    landing = Fact("landing", lambda: look_at_landing(settings))
    return [*check_ledger(settings, landing, now=BEGIN, mounts=lambda: mounts)]


def act(folder: Path) -> None:
    """Begin a campaign of three rows, of which one becomes unknown."""
    with begun(folder / "actions", 1, 2, 3, storage=LocalStorage(folder / "landing")) as ledger:
        ledger.claim(1, mark={})
        ledger.record(1, RowState.UNKNOWN)


def test_where_nothing_was_written_there_is_nothing_to_check(tmp_path: Path) -> None:
    (tmp_path / "landing").mkdir()
    assert found(tmp_path) == found(tmp_path, company_id=None) == [ok("nothing was written to Huggy from here")]
    assert [path.name for path in tmp_path.rglob("*")] == ["landing"]


def test_where_the_landing_is_not_known_nor_is_whether_the_ledger_is_the_right_one(tmp_path: Path) -> None:
    act(tmp_path)
    shutil.rmtree(tmp_path / "landing")
    with pytest.raises(Unknown, match="whether the ledger is the right one is not known: see landing"):
        found(tmp_path)


def test_rows_that_are_unknown_ask_for_a_person_and_those_that_wait_do_not(tmp_path: Path) -> None:
    act(tmp_path)
    sentence = f"company {COMPANY}: 1 campaigns, 0 stopped; 2 rows wait, 1 unknown"
    assert found(tmp_path, company_id=None) == [warn(sentence, "`huggy act list`, then `huggy act resolve`")]
    with begun(tmp_path / "actions", storage=LocalStorage(tmp_path / "landing")) as ledger:
        ledger.resolve("spring", row_id=1, as_sent=True, by="ana")
        ledger.stop("spring")
    assert found(tmp_path) == [ok(f"company {COMPANY}: 1 campaigns, 1 stopped; 2 rows wait, 0 unknown")]


def test_each_kill_switch_is_named(tmp_path: Path) -> None:
    act(tmp_path)
    folder = tmp_path / "actions"
    (folder / "STOP").touch()
    off, stopped, _ = found(tmp_path, actions="off")
    assert off == ok("HUGGY_ACTIONS is off: nothing is written to Huggy")
    assert stopped == warn(f"a file STOP in {folder} stops every write", "remove it to let campaigns go on")


def test_a_ledger_that_is_lost_is_a_failure(tmp_path: Path) -> None:
    act(tmp_path)
    shutil.rmtree(tmp_path / "actions")
    (row,) = found(tmp_path)
    assert (row.state, "there is none at" in row.found) == (CheckState.FAILED, True)


def test_a_network_disk_is_no_place_for_it(tmp_path: Path) -> None:
    act(tmp_path)
    mounts = f"20 1 0:1 / {tmp_path} rw - nfs4 host:/x rw\n"
    advice = "set HUGGY_LEDGER to a folder on a local disk"
    assert found(tmp_path, mounts=mounts)[0] == warn("the ledger is on a network file system (nfs4)", advice)
