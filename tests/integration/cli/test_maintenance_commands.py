"""rebuild, rollback, compact and forget say what they did, in sentences or as one JSON object."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest

from huggy_connector.maintenance.compaction import MIN_LOOSE_SNAPSHOTS
from tests.integration.conftest import Run
from tests.integration.warehouse.conftest import COMPANY, Desk

Huggy = Callable[..., Run]


@pytest.fixture(scope="module")
def master(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    """Two snapshots, each of which made a version of the warehouse. No test changes it."""
    desk = Desk(tmp_path_factory.mktemp("master"))
    for rows in (2, 3):
        desk.land([{"id": number, "name": f"n{number}"} for number in range(1, rows + 1)], resource="contacts")
        desk.load()
    return desk


@pytest.fixture
def desk(master: Desk, tmp_path: Path) -> Desk:
    """A copy of it where `huggy` looks for it."""
    shutil.copytree(master.folder, tmp_path, dirs_exist_ok=True)
    return Desk(tmp_path, runs=master.runs, made=[*master.made])


def count(desk: Desk) -> int:
    [(rows,)] = desk.read("SELECT count(*) FROM contacts WHERE deleted_at IS NULL")
    return int(rows)


def test_rebuild_makes_the_file_from_the_landing_and_says_which_version_it_is(huggy: Huggy, desk: Desk) -> None:
    with duckdb.connect(str(desk.warehouse)) as connection:
        connection.execute("DELETE FROM contacts WHERE id = 1")
    done = huggy("rebuild")
    assert (done.code, count(desk)) == (0, 3)
    assert [cell.strip() for cell in done.out.splitlines()[3].split("│")[1:-1]] == ["contacts", "3"]
    assert done.out.splitlines()[-1] == f"{desk.warehouse}: rebuilt as version 3."
    told = json.loads(huggy("rebuild", "--json").out)
    assert (told["version"], told["published"], len(told["snapshots"])) == (4, True, 2)


def test_rollback_brings_the_version_before_and_blocks_what_came_since(huggy: Huggy, desk: Desk) -> None:
    blocked = desk.made[1]
    done = huggy("rollback")
    assert (done.code, done.out.splitlines(), count(desk)) == (
        0,
        [f"Blocked: {blocked.folder}", f"{desk.warehouse}: version 3 holds what version 1 held."],
        2,
    )
    again = huggy("rollback", "--to", "1")
    assert again.out.splitlines()[-1].endswith(" That was done before; nothing more has changed.")
    told = json.loads(huggy("rollback", "--unblock", blocked.run_key, "--json").out)
    assert told == {"blocked": [], "accepted": []}
    assert (huggy("load").code, count(desk)) == (0, 3)


def test_rollback_as_json_is_one_object(huggy: Huggy, desk: Desk) -> None:
    done = huggy("rollback", "--to", "1", "--json")
    told = json.loads(done.out)
    assert (done.out.count("\n"), told["to"], told["version"], told["published"]) == (1, 1, 3, True)
    assert told["blocked"] == [desk.made[1].address]


def test_a_decision_about_snapshots_is_kept_for_the_loads_to_come_and_goes_back_nowhere(
    huggy: Huggy, desk: Desk
) -> None:
    first, second = (each.run_key for each in desk.made)
    before = desk.warehouse.read_bytes()
    done = huggy("rollback", "--block", first, "--accept", second)
    assert (done.code, done.out) == (
        0,
        "1 snapshots are blocked, 1 accepted. Next: huggy load, or huggy rebuild for what is loaded.\n",
    )
    assert desk.warehouse.read_bytes() == before


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (
            ("rollback", "--to", "1", "--block", "x"),
            "--to goes back; --block, --unblock and --accept only decide: give one or the other.",
        ),
        (("rollback", "--to", "0"), "Invalid value for '--to': 0 is not in the range x>=1."),
        (("compact", "--older-than", "-1"), "Invalid value for '--older-than': -1 is not in the range x>=0."),
        (("forget",), "Give --contact with the id of the person, or --again."),
        (("forget", "--contact", "1", "--again"), "Give --contact with the id of the person, or --again."),
        (("forget", "--contact", "0"), "Invalid value for '--contact': 0 is not in the range x>=1."),
        (
            ("forget", "--contact", "1"),
            "Who is forgotten is kept on a list of hashes, which needs HUGGY_HASH_KEY: set ",
        ),
    ],
)
def test_a_wrong_order_is_one_sentence_and_writes_nothing(
    huggy: Huggy, tmp_path: Path, arguments: tuple[str, ...], sentence: str
) -> None:
    done = huggy(*arguments)
    assert (done.code, done.out, len(done.err.splitlines())) == (2, "", 1)
    assert done.err.startswith(f"huggy: {sentence}")
    assert [*tmp_path.iterdir()] == []


def test_a_version_or_snapshot_that_is_not_there_is_named_and_nothing_changes(huggy: Huggy, desk: Desk) -> None:
    before = desk.warehouse.read_bytes()
    kept = f"beside {desk.warehouse}: there are 1."
    for arguments, sentence in {
        ("--to", "9"): f"No version 9 is kept {kept}",
        ("--block", "x"): "The landing has no snapshot 'x': `huggy status` lists the last ones.",
        ("--unblock", "x\n"): "The landing has no snapshot 'x\\n': `huggy status` lists the last ones.",
    }.items():
        done = huggy("rollback", *arguments)
        assert (done.code, done.out, done.sentence) == (2, "", f"huggy: {sentence}")
    assert desk.warehouse.read_bytes() == before


def test_compact_says_what_it_did_and_as_json_in_one_line(huggy: Huggy, desk: Desk) -> None:
    def land(snapshots: int) -> None:
        for _ in range(snapshots):
            desk.land([{"id": 1}, {"id": 2}], resource="contacts")

    assert huggy("compact").out == f"{desk.root}: there is nothing to put together.\n"
    land(MIN_LOOSE_SNAPSHOTS)
    packed = huggy("compact", "--older-than", "0", "--json")
    snapshots, rows = MIN_LOOSE_SNAPSHOTS + 2, 2 * MIN_LOOSE_SNAPSHOTS + 5
    assert packed.out.count("\n") == 1
    assert json.loads(packed.out) == {"packs": 1, "snapshots": snapshots, "rows": rows, "deleted": 0}
    land(MIN_LOOSE_SNAPSHOTS)
    snapshots, rows = snapshots + MIN_LOOSE_SNAPSHOTS, rows + 2 * MIN_LOOSE_SNAPSHOTS
    said = huggy("compact", "--older-than", "0").out
    assert said == f"{snapshots} snapshots of {rows} rows are in 1 packs now.\n"


def test_forget_erases_the_person_everywhere_and_names_the_receipt(huggy: Huggy, desk: Desk) -> None:
    key = {"HUGGY_HASH_KEY": "invented " * 8}
    done = huggy("forget", "--contact", "1", **key)
    assert (done.code, desk.read("SELECT id FROM contacts ORDER BY 1")) == (0, [(2,), (3,)])
    landing = [cell.strip() for cell in done.out.splitlines()[3].split("│")[1:-1]]
    assert landing == ["landing", "2", "2", "0"]
    receipt = done.out.splitlines()[-1].removeprefix("The receipt is ").removesuffix(" of the landing.")
    assert (desk.root / receipt).is_file()
    again = huggy("forget", "--again", "--json", **key)
    assert (again.code, json.loads(again.out)["rows_removed"]) == (0, 0)
    assert str(COMPANY) in receipt
