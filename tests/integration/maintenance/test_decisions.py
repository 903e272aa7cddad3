"""What a person decides about snapshots, by their run keys, for the loads to come."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from huggy_connector.errors import ConfigurationError, SnapshotDamaged
from huggy_connector.landing import Manifest
from huggy_connector.maintenance.decisions import Decision, record_decision
from huggy_connector.settings import Settings
from huggy_connector.warehouse import SnapshotDecisions
from huggy_connector.warehouse.file.blocklist import NO_DECISIONS
from tests.integration.warehouse.conftest import COMPANY, Desk

KEY = "20261122T120100Z-full-00000001"


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def land(desk: Desk, number: int, *, company_id: int = COMPANY) -> Manifest:
    return desk.land([{"id": number}], resource="departments", company_id=company_id)


def decide(desk: Desk, **keys: tuple[str, ...]) -> SnapshotDecisions:
    settings = Settings(landing=str(desk.root), warehouse=str(desk.warehouse))
    return record_decision(settings, Decision(**keys))


def loaded(desk: Desk) -> list[int]:
    desk.load()
    return [row for (row,) in desk.read("SELECT id FROM departments ORDER BY 1")]


@pytest.mark.parametrize(
    ("decision", "is_one"),
    [
        (Decision(), False),
        (Decision(block=("x",)), True),
        (Decision(unblock=("x",)), True),
        (Decision(accept=("x",)), True),
    ],
)
def test_a_decision_without_a_run_key_is_none(decision: Decision, is_one: bool) -> None:
    assert bool(decision) is is_one


def test_a_blocked_snapshot_is_not_loaded_until_it_is_let_in_again(desk: Desk) -> None:
    bad = land(desk, 1)
    land(desk, 2)
    assert decide(desk, block=(bad.run_key,)) == replace(NO_DECISIONS, blocked=frozenset({bad.address}))
    assert loaded(desk) == [2]
    assert decide(desk, unblock=(bad.run_key,)) == NO_DECISIONS
    assert loaded(desk) == [1, 2]


def test_the_last_decision_about_a_snapshot_counts_and_the_others_stay(desk: Desk) -> None:
    one, two = land(desk, 1), land(desk, 2)
    decide(desk, block=(one.run_key, two.run_key))
    accepted = decide(desk, accept=(one.run_key,))
    assert accepted == SnapshotDecisions(frozenset({two.address}), frozenset({one.address}))
    assert decide(desk) == accepted
    assert decide(desk, block=(one.run_key,)) == replace(NO_DECISIONS, blocked=frozenset({one.address, two.address}))


def test_a_run_key_names_the_snapshots_of_every_company_that_has_it(desk: Desk) -> None:
    both = [desk.land([{"id": 1}], resource="agents", company_id=company, run_key=KEY) for company in (7, 8)]
    land(desk, 3, company_id=8)
    assert decide(desk, block=(KEY,)).blocked == {each.address for each in both}


@pytest.mark.parametrize("other", ["unblock", "accept"])
def test_a_snapshot_cannot_be_kept_out_and_let_in_at_once(desk: Desk, other: str) -> None:
    one = land(desk, 1)
    with pytest.raises(ConfigurationError) as raised:
        decide(desk, block=(one.run_key,), **{other: ("unknown", one.run_key)})
    assert str(raised.value) == f"{one.run_key} can be blocked or let in, not both: choose one."
    assert decide(desk) == NO_DECISIONS


@pytest.mark.parametrize("key", ["20200101T000000Z-full-00000000", "", "../x", "a\nb", "*"])
@pytest.mark.parametrize("verb", ["block", "unblock", "accept"])
def test_an_unknown_run_key_is_named_and_nothing_is_decided(desk: Desk, verb: str, key: str) -> None:
    known = land(desk, 1)
    with pytest.raises(ConfigurationError) as raised:
        decide(desk, **{verb: (known.run_key, key)})
    assert str(raised.value) == f"The landing has no snapshot {key!r}: `huggy status` lists the last ones."
    assert decide(desk) == NO_DECISIONS


def test_a_key_that_may_be_on_a_damaged_manifest_is_not_called_unknown(desk: Desk) -> None:
    well, ill = land(desk, 1, company_id=7), land(desk, 2, company_id=8)
    (desk.root / ill.address).write_bytes(b"{")
    assert decide(desk, block=(well.run_key,)).blocked == {well.address}
    with pytest.raises(SnapshotDamaged, match=ill.address):
        decide(desk, block=(ill.run_key,))
