"""A person is erased from a landing on a real disk: from every snapshot, and nobody else from any."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from huggy_connector.errors import LandingBusy, SnapshotDamaged
from huggy_connector.landing import DataSubject, Erasure, Landing, Manifest, SuppressedSubjects
from huggy_connector.landing.erasure.erasure import RewrittenSnapshot, SubjectTraces
from huggy_connector.landing.work.lease import ProcessIdentity
from huggy_connector.privacy import SuppressionList
from huggy_connector.storage import LocalStorage
from tests.integration.landing.conftest import Desk as WorkDesk
from tests.integration.landing.conftest import Killed, Mortal
from tests.integration.warehouse.conftest import COMPANY, ZONE, Desk

KEY = b"a key of more than sixteen bytes"
PERSON, OTHER = 800001, 800002
NOW = datetime(2027, 1, 1, tzinfo=UTC)
NOBODY = SuppressionList(COMPANY, KEY)


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """Two snapshots with the person among contacts, one with their chat, one with a message, and two without them."""
    desk = Desk(tmp_path)
    desk.land(
        [{"id": number} for number in (1, PERSON, 2)], resource="contacts", claim={"state": {"open": [1, PERSON]}}
    )
    desk.land([{"id": number} for number in (PERSON, PERSON, 3, 4)], resource="contacts", parts=4)
    desk.land([{"id": 5}], resource="contacts", mode="incremental")
    desk.land([{"id": 10, "contactId": PERSON, "situation": "queue"}, {"id": 11, "contactId": OTHER}])
    desk.land([{"id": 12}], mode="incremental")
    desk.land(
        [
            {"id": 20, "chat": {"id": 10}, "text": "a"},
            {"id": 21, "chat": {"id": 11}, "customer": {"id": PERSON}, "text": "b"},
            {"id": 22, "chat": {"id": 11}, "text": "c"},
        ],
        resource="messages",
    )
    return desk


def erasure_in(desk: Desk, landing: Landing | None = None, note: Callable[[str], None] = lambda _: None) -> Erasure:
    return Erasure(landing or desk.landing, COMPANY, now=lambda: NOW, note=note)


def someone(number: int, chats: frozenset[int] = frozenset(), listed: SuppressionList = NOBODY) -> DataSubject:
    return DataSubject(listed, ZONE, number, chats)


def erase(
    desk: Desk, storage: LocalStorage | None = None, *, person: int = PERSON, note: Callable[[str], None] = print
) -> list[RewrittenSnapshot]:
    """Do what `huggy forget` does to the landing."""
    storage = storage or LocalStorage(desk.root)
    erasure = erasure_in(desk, Landing(storage), note)
    cleared = erasure.read_cleared_snapshots()
    chats = erasure.find_traces(someone(person)).chats
    listed = SuppressionList.read(storage, COMPANY, key=KEY).add(storage, person, chats)
    return list(
        erasure.erase(
            SuppressedSubjects(listed, ZONE),
            subject=someone(person, chats, listed),
            cleared_before=cleared,
            on_work_given_up=lambda _: None,
        )
    )


def rows_of(desk: Desk) -> dict[str, list[dict[str, Any]]]:
    landing = desk.landing
    found = {}
    for resource in ("contacts", "chats", "messages"):
        for manifest in landing.snapshots(COMPANY, resource):
            landing.verify(manifest)
            batches = (batch for part in landing.parts(manifest) for batch in part.batches())
            found[manifest.address] = [row for batch in batches for row in batch.to_pylist()]
            ids = {row["id"] for row in found[manifest.address]}
            assert (manifest.rows, manifest.unique_ids) == (len(found[manifest.address]), len(ids))
    return found


def content(desk: Desk, *, of: str = "") -> dict[str, bytes]:
    found = {str(path.relative_to(desk.root)): path.read_bytes() for path in desk.root.rglob("*") if path.is_file()}
    return {name: data for name, data in found.items() if of in name and "/.forgotten/" not in name}


def test_the_traces_of_a_person_are_their_chats_and_the_messages_that_mention_them(desk: Desk) -> None:
    erasure = erasure_in(desk)

    assert erasure.find_traces(someone(PERSON)) == SubjectTraces(True, frozenset({10}), frozenset({21}))
    assert erasure.find_traces(someone(PERSON, frozenset({10}))).messages == {20, 21}
    assert erasure.find_traces(someone(5)) == SubjectTraces(is_known=True)
    assert erasure.find_traces(someone(6)) == SubjectTraces()


def test_only_snapshots_that_mention_the_person_are_written_anew_and_each_says_what_went(desk: Desk) -> None:
    rows, files = rows_of(desk), content(desk)
    notes: list[str] = []

    rewritten = erase(desk, note=notes.append)

    after = rows_of(desk)
    assert [(each.manifest.resource, each.files, each.removed, each.changed) for each in rewritten] == [
        ("chats", 1, 0, 1),
        ("contacts", 1, 1, 0),
        ("contacts", 2, 2, 0),
        ("messages", 1, 0, 2),
    ]
    assert notes == [
        f"{each.manifest.resource}: the snapshot {each.manifest.run_key} is rewritten." for each in rewritten
    ]
    addresses = {each.manifest.address for each in rewritten}
    untouched = {name for name in files if f"{name.rpartition('/')[0]}/manifest.json" not in addresses}
    assert len(untouched) == 4
    assert {name: content(desk)[name] for name in untouched} == {name: files[name] for name in untouched}
    for address, before in rows.items():
        assert [row["id"] for row in after[address]] == [row["id"] for row in before if row["id"] != PERSON]
    assert str(PERSON) not in str(after)
    assert desk.landing.snapshots(COMPANY, "contacts")[0].state == {"open": [1]}


def test_files_that_no_manifest_names_are_removed_and_those_without_a_manifest_too(desk: Desk) -> None:
    manifest = desk.landing.snapshots(COMPANY, "chats")[1]
    for name in (f"{manifest.folder}/part-b-00000.parquet", manifest.folder[:-1] + "f/part-a-00000.parquet"):
        path = desk.root / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(b"of a killed process")

    erase(desk)

    named = {
        f"{each.folder}/{name}"
        for resource in ("contacts", "chats", "messages")
        for each in desk.landing.snapshots(COMPANY, resource)
        for name in each.file_names
    }
    assert set(content(desk)) == named


def test_a_second_erasure_changes_nothing(desk: Desk) -> None:
    erase(desk)
    before = content(desk)

    assert erase(desk) == []
    assert content(desk) == before


def test_every_snapshot_is_cleared_afterwards_and_what_is_put_back_is_searched_for_everyone(
    desk: Desk, tmp_path: Path
) -> None:
    manifest = desk.landing.snapshots(COMPANY, "contacts")[0]
    old = content(desk, of=manifest.folder)
    erase(desk)
    cleared = erasure_in(desk).read_cleared_snapshots()
    assert [cleared.has(each) for each in desk.landing.snapshots(COMPANY, "contacts")] == [True] * 3
    for name, data in old.items():
        (desk.root / name).write_bytes(data)
    assert not cleared.has(manifest)

    rewritten = erase(desk, person=5)

    assert [(each.manifest.run_key, each.removed) for each in rewritten] == [
        (manifest.run_key, 1),
        (desk.landing.snapshots(COMPANY, "contacts")[2].run_key, 1),
    ]
    assert str(PERSON) not in str(rows_of(desk))


@pytest.mark.parametrize("at", range(0, 28, 2))
def test_killed_at_any_change_every_snapshot_is_whole_and_the_next_call_does_the_rest(desk: Desk, at: int) -> None:
    before = rows_of(desk)
    storage = Mortal(desk.root, at=at)
    with suppress(Killed):
        erase(desk, storage)
    half = rows_of(desk)
    assert half.keys() == before.keys()

    erase(desk)

    after = rows_of(desk)
    assert str(PERSON) not in str(after)
    assert {address: [row["id"] for row in rows if row["id"] != PERSON] for address, rows in before.items()} == {
        address: [row["id"] for row in rows] for address, rows in after.items()
    }
    assert len(content(desk, of="part-")) == sum(len(manifest.files) for manifest in all_snapshots(desk))


def all_snapshots(desk: Desk) -> list[Manifest]:
    return [each for name in ("contacts", "chats", "messages") for each in desk.landing.snapshots(COMPANY, name)]


def test_a_damaged_file_is_named_and_nothing_is_written_anew(desk: Desk) -> None:
    manifest = desk.landing.snapshots(COMPANY, "contacts")[0]
    (file,) = manifest.files
    (desk.root / manifest.folder / file.name).write_bytes(b"PAR1")

    with pytest.raises(SnapshotDamaged) as raised:
        erasure_in(desk).find_traces(someone(PERSON))

    assert str(raised.value) == (
        f"{file.name} of the snapshot {manifest.folder} cannot be read: bring the file back from a copy, "
        "or remove the snapshot's folder."
    )


def test_what_is_being_landed_is_not_erased_from_and_work_that_is_left_is_given_up(tmp_path: Path) -> None:
    desk = WorkDesk(tmp_path / "landing")
    work = desk.begin(process=ProcessIdentity("elsewhere", "worker-7", 123, "1"))
    desk.walk(work, stop=2)
    given_up: list[int] = []
    erasure = Erasure(desk.landing, 42, now=desk.now, note=desk.notes.append)
    everyone = SuppressedSubjects(SuppressionList(42, KEY).add(desk.storage, PERSON, []), ZONE)
    cleared = erasure.read_cleared_snapshots()

    with pytest.raises(LandingBusy, match=r"has been going on since .* in process 123 on worker-7"):
        erasure.check_free()
    with pytest.raises(LandingBusy):
        list(erasure.erase(everyone, cleared_before=cleared, on_work_given_up=given_up.append))
    desk.later(minutes=2)
    erasure.check_free()
    assert list(erasure.erase(everyone, cleared_before=cleared, on_work_given_up=given_up.append)) == []

    assert given_up == [1]
    assert desk.notes == [
        (
            "chats: the unfinished work begun at 2026-11-22 07:00:00 UTC is given up: "
            "it may hold data of a person who is being forgotten."
        )
    ]
    assert [name for name in desk.files() if "/.work/" in name] == []


def test_hashes_are_those_of_the_persons_chats_and_messages_as_they_are_landed_now(desk: Desk) -> None:
    erase(desk)
    rows = {name.split("/")[1]: found for name, found in reversed(rows_of(desk).items())}

    hashes = erasure_in(desk).row_hashes(someone(PERSON, frozenset({10})), frozenset({21}))

    assert {name: [(number, digest) for number, _, digest in found] for name, found in hashes.items()} == {
        name: [(row["id"], row["row_hash"]) for row in rows[name] if row["id"] in {10, 20, 21}]
        for name in ("chats", "messages")
    }


def test_ids_of_messages_are_kept_until_the_end_also_those_of_an_earlier_run(desk: Desk) -> None:
    mark = NOBODY.contact_mark(PERSON)

    assert erasure_in(desk).save_message_ids(mark, frozenset({20, 21})) == {20, 21}
    assert erasure_in(desk).save_message_ids(mark, frozenset({2**60})) == {20, 21, 2**60}
    assert erasure_in(desk).save_message_ids("contact-of-another", frozenset()) == frozenset()
    erasure_in(desk).delete_message_ids(mark)
    assert erasure_in(desk).save_message_ids(mark, frozenset()) == frozenset()


def test_a_receipt_is_written_where_it_says(desk: Desk) -> None:
    address = erasure_in(desk).write_receipt("20270101T000000Z", {"rows": 3, "at": NOW})

    assert address == f"{COMPANY}/.forgotten/receipt-20270101T000000Z.json"
    assert json.loads((desk.root / address).read_text()) == {"rows": 3, "at": "2027-01-01T00:00:00+00:00"}


def test_traces_add_up() -> None:
    one = SubjectTraces(False, frozenset({1}), frozenset({2}))

    assert one | SubjectTraces(True, frozenset({3})) == SubjectTraces(True, frozenset({1, 3}), frozenset({2}))
    assert replace(one, is_known=True) | SubjectTraces() == replace(one, is_known=True)
