"""Unfinished work: whose it was, and who resumes it."""

from __future__ import annotations

import json
import shutil
import threading
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from pyroaring import BitMap64

from huggy_connector.catalogue import get_resource
from huggy_connector.errors import LandingBusy
from huggy_connector.landing import Landing, Manifest, WorkCounters
from huggy_connector.landing.id_set import read_ids
from huggy_connector.landing.work.lease import ProcessIdentity
from huggy_connector.landing.work.work_in_progress import ClaimedWork, WorkArea
from huggy_connector.model import Certificate, Mode
from huggy_connector.privacy import KEEP_ALL, PrivacyPolicy
from huggy_connector.privacy.rules import read_rules
from tests.integration.landing.conftest import make_request

if TYPE_CHECKING:
    from pathlib import Path

    from tests.integration.landing.conftest import Desk

IdsIn = Callable[[Landing, Manifest], Sequence[int]]

GIVEN_UP = "chats: the unfinished work begun at 2026-11-22 07:00:00 UTC is given up"


def test_work_left_by_an_error_is_resumed_at_its_last_commit(desk: Desk, ids_in: IdsIn) -> None:
    with pytest.raises(ZeroDivisionError), desk.begin() as work:  # noqa: PT012
        desk.walk(work, stop=5)
        raise ZeroDivisionError
    desk.later(minutes=5)

    with desk.begin() as work:
        assert (work.state, work.rows, work.counters) == ({"page": 4}, 12, WorkCounters(4, 4, 0))
        desk.walk(work)
        manifest = desk.publish(work)

    assert ids_in(desk.landing, manifest) == list(range(18))
    assert (manifest.started_at, manifest.run_key[:16]) == (datetime(2026, 11, 22, 7, tzinfo=UTC), "20261122T070000Z")
    assert desk.notes == ["chats: resumes the work begun at 2026-11-22 07:00:00 UTC, with 4 pages and 12 rows."]


def test_work_begun_under_other_privacy_rules_is_given_up(
    desk: Desk, dead_process: ProcessIdentity, ids_in: IdsIn
) -> None:
    rules = PrivacyPolicy(read_rules(""))
    desk.walk(desk.begin(process=dead_process), stop=4)

    with desk.begin(policy=rules) as work:
        assert (work.state, work.rows) == (None, 0)
        desk.walk(work)
        manifest = desk.publish(work)

    assert desk.notes == [
        f"{GIVEN_UP}: it was begun under other privacy rules, for another zone, or before a person was forgotten."
    ]
    assert (manifest.privacy, len(manifest.privacy)) == (rules.fingerprint, 16)
    assert ids_in(desk.landing, manifest) == list(range(18))


def test_work_left_before_its_first_commit_keeps_its_first_start(desk: Desk, dead_process: ProcessIdentity) -> None:
    key = desk.begin(process=dead_process).run_key
    desk.later(minutes=5)

    work = desk.begin()

    assert (work.run_key, work.state, work.rows) == (key, None, 0)


def test_the_work_of_a_dead_process_is_free_at_once(desk: Desk, dead_process: ProcessIdentity) -> None:
    desk.walk(desk.begin(process=dead_process), stop=2)

    assert desk.begin().state == {"page": 2}


def test_work_that_another_process_is_doing_is_refused(desk: Desk) -> None:
    desk.begin(process=ProcessIdentity("elsewhere", "worker-7", 123, "1"))
    desk.later(seconds=30)

    with pytest.raises(LandingBusy) as raised:
        desk.begin()

    assert str(raised.value) == (
        "The same landing of chats has been going on since 2026-11-22 07:00:00 UTC in process 123 on worker-7: "
        "wait until it is done, or stop it."
    )


def test_the_work_of_another_host_is_free_a_minute_after_its_last_heartbeat(desk: Desk) -> None:
    work = desk.begin(process=ProcessIdentity("elsewhere", "worker-7", 123, "1"))
    desk.later(seconds=50)
    work.heartbeat()
    desk.later(seconds=50)
    with pytest.raises(LandingBusy):
        desk.begin()
    desk.later(seconds=11)

    assert desk.begin().run_key == work.run_key


def test_another_request_is_other_work(desk: Desk) -> None:
    work = desk.begin(idempotency_key="schedule")

    assert desk.begin(idempotency_key="by hand").run_key != work.run_key
    assert desk.begin(idempotency_key="schedule", mode=Mode.WINDOW).run_key != work.run_key


def test_work_older_than_a_day_is_given_up_with_a_note(desk: Desk, dead_process: ProcessIdentity) -> None:
    old = desk.begin(process=dead_process)
    desk.walk(old, stop=2)
    desk.later(hours=24, seconds=1)

    work = desk.begin()

    assert (work.state, work.rows, work.started_at) == (None, 0, desk.time)
    assert desk.notes == [f"{GIVEN_UP}: it is too old."]
    assert [name for name in desk.files() if name.endswith(".parquet")] == []


def test_old_work_of_requests_that_never_came_again_is_removed(desk: Desk, dead_process: ProcessIdentity) -> None:
    desk.walk(desk.begin(idempotency_key="once upon a time", process=dead_process), stop=2)
    desk.later(hours=25)
    today = desk.begin(idempotency_key="of today", process=dead_process)

    desk.land(idempotency_key="another")

    assert [path.name for path in (desk.root / "42/chats/.work").iterdir()] == [today.run_key[17:]]
    assert [note.partition(" begun ")[2] for note in desk.notes] == [
        "at 2026-11-22 07:00:00 UTC is given up: it is too old."
    ]


def test_leftovers_of_an_interrupted_removal_are_removed(desk: Desk) -> None:
    orphan = desk.root / "42/chats/.work/full-00000000/part-a-000000.parquet"
    orphan.parent.mkdir(parents=True)
    orphan.touch()

    manifest = desk.land()

    assert [name for name in desk.files() if not name.startswith(manifest.folder)] == []


def test_work_of_a_release_with_other_columns_is_given_up(desk: Desk, dead_process: ProcessIdentity) -> None:
    desk.walk(desk.begin(process=dead_process), stop=2)
    (path,) = (desk.root / "42/chats/.work").glob("*/state-*.json")
    text = path.read_text()
    path.write_text(text.replace('"schema_fingerprint":"', '"schema_fingerprint":"0'))

    assert desk.begin().state is None
    assert desk.notes == [f"{GIVEN_UP}: a release with other columns began it."]


def test_work_of_an_old_release_without_a_request_is_given_up_by_any_run(
    desk: Desk, dead_process: ProcessIdentity
) -> None:
    """The old request would look for it under another name."""
    desk.walk(desk.begin(idempotency_key="of a former release", process=dead_process), stop=2)
    (path,) = (desk.root / "42/chats/.work").glob("*/state-*.json")
    path.write_text(json.dumps({**json.loads(path.read_text()), "asked": None}))

    manifest = desk.land(idempotency_key="another")

    assert [name for name in desk.files() if not name.startswith(manifest.folder)] == []
    assert desk.notes == [f"{GIVEN_UP}: a former release began it, which did not keep what was asked for."]


def test_the_work_of_another_request_is_left_alone(desk: Desk, dead_process: ProcessIdentity) -> None:
    desk.walk(desk.begin(idempotency_key="it", process=dead_process), stop=2)

    desk.land(idempotency_key="another")

    assert desk.begin(idempotency_key="it").state == {"page": 2}


def test_work_that_another_process_is_doing_is_left_alone_however_old_it_is(desk: Desk) -> None:
    work = desk.begin(idempotency_key="long", process=ProcessIdentity("elsewhere", "worker-7", 123, "1"))
    desk.walk(work, stop=2)
    desk.later(hours=25)
    work.heartbeat()

    desk.land(idempotency_key="another")

    desk.walk(work)
    assert desk.publish(work).rows == 18
    assert desk.notes == []


def test_work_that_this_release_cannot_read_is_given_up_with_a_note(desk: Desk, dead_process: ProcessIdentity) -> None:
    desk.walk(desk.begin(process=dead_process), stop=2)
    (path,) = (desk.root / "42/chats/.work").glob("*/state-*.json")
    path.write_text("{}")

    assert desk.begin().state is None
    assert desk.notes == [f"{GIVEN_UP}: another release began it."]


def test_work_of_the_same_key_but_another_request_is_given_up(desk: Desk, dead_process: ProcessIdentity) -> None:
    desk.walk(desk.begin(process=dead_process), stop=2)
    (path,) = (desk.root / "42/chats/.work").glob("*/state-*.json")
    checkpoint = json.loads(path.read_text())
    path.write_text(json.dumps({**checkpoint, "asked": {**checkpoint["asked"], "by": "someone else"}}))

    assert desk.begin().state is None
    assert desk.notes == [f"{GIVEN_UP}: it was begun for something else."]


def test_work_with_a_missing_part_is_given_up(desk: Desk, dead_process: ProcessIdentity) -> None:
    desk.walk(desk.begin(process=dead_process), stop=2)
    next(desk.root.rglob("*.parquet")).unlink()

    assert desk.begin().state is None
    assert desk.notes == [f"{GIVEN_UP}: a part of it is missing."]


def test_files_that_a_killed_process_did_not_commit_are_removed(desk: Desk, dead_process: ProcessIdentity) -> None:
    desk.walk(desk.begin(process=dead_process), stop=2)
    folder = next(desk.root.rglob("*.parquet")).parent
    for name in ("part-a-000001.parquet", ".part-a-000002.parquet.1f.tmp"):
        (folder / name).write_bytes(b"")

    work = desk.begin()

    assert sorted(path.name.split("-")[0] for path in folder.iterdir()) == ["lease", "lease", "part", "state"]
    desk.walk(work)
    assert desk.publish(work).rows == 18


def test_work_left_beside_its_published_snapshot_is_removed_and_the_snapshot_stays(desk: Desk, tmp_path: Path) -> None:
    work = desk.begin()
    desk.walk(work)
    left = next(desk.root.rglob("lease-*")).parent
    shutil.copytree(left, tmp_path / "left")
    with work:
        manifest = work.publish(certificate=Certificate(exact=True), ids=BitMap64(range(18)))
    shutil.copytree(tmp_path / "left", left)

    desk.later(minutes=5)
    desk.land()

    assert {path.name for path in (desk.root / manifest.folder).iterdir()} == {*manifest.file_names}
    assert manifest.ids is not None
    assert read_ids(desk.storage, manifest) == BitMap64(range(18))


def test_the_same_request_twice_within_a_second_makes_two_snapshots(desk: Desk) -> None:
    first, second = desk.land(), desk.land()

    assert (first.run_key[:16], second.run_key[:16]) == ("20261122T070000Z", "20261122T070001Z")
    assert desk.landing.snapshots(42, "chats") == (first, second)


def work_area(desk: Desk, *, process: ProcessIdentity | None = None) -> WorkArea:
    """Return the work of the chats, as a process of its own sees it."""
    return WorkArea(
        desk.storage,
        42,
        get_resource("chats"),
        KEEP_ALL,
        process or ProcessIdentity.current(),
        desk.now,
        desk.notes.append,
        timedelta(days=1),
    )


def claim(work: WorkArea, *, is_already_published: bool = False) -> ClaimedWork:
    return work.claim(
        mode=Mode.FULL,
        request=make_request("huggy land chats"),
        window=None,
        is_already_published=lambda: is_already_published,
    )


ELSEWHERE = ProcessIdentity("elsewhere", "worker-7", 123, "1")


def test_only_work_that_a_living_process_is_doing_is_busy(desk: Desk, dead_process: ProcessIdentity) -> None:
    desk.begin(idempotency_key="dead", process=dead_process)
    desk.begin(idempotency_key="released").release()
    desk.begin(idempotency_key="of contacts", resource="contacts", process=ELSEWHERE)
    assert list(work_area(desk).busy_messages()) == []
    desk.begin(idempotency_key="living", process=ELSEWHERE)

    assert list(work_area(desk).busy_messages()) == [
        (
            "The same landing of chats has been going on since 2026-11-22 07:00:00 UTC in process 123 on worker-7: "
            "wait until it is done, or stop it."
        )
    ]
    desk.later(seconds=61)
    assert list(work_area(desk).busy_messages()) == []


def test_work_that_is_given_up_is_counted_noted_and_gone(desk: Desk, dead_process: ProcessIdentity) -> None:
    for key in ("a", "b"):
        desk.walk(desk.begin(idempotency_key=key, process=dead_process), stop=2)
    orphan = desk.root / "42/chats/.work/full-00000000/part-a-000000.parquet"
    orphan.parent.mkdir()
    orphan.touch()

    assert work_area(desk).give_up_all("nobody wants it") == 2

    assert desk.notes == [f"{GIVEN_UP}: nobody wants it."] * 2
    assert desk.files() == []
    assert work_area(desk).give_up_all("nobody wants it") == 0


def test_work_that_a_living_process_is_doing_is_not_given_up(desk: Desk) -> None:
    work = desk.begin(process=ELSEWHERE)
    desk.walk(work, stop=2)

    with pytest.raises(LandingBusy, match="in process 123 on worker-7"):
        work_area(desk).give_up_all("nobody wants it")

    desk.walk(work)
    assert desk.publish(work).rows == 18
    assert desk.notes == []


def test_files_of_unfinished_work_for_its_snapshot_go_with_it_and_published_ones_stay(
    desk: Desk, dead_process: ProcessIdentity
) -> None:
    published = desk.land()
    desk.later(seconds=5)
    work = desk.begin(process=dead_process)
    half = desk.root / f"42/chats/{work.run_key}/part-a-00000.parquet"
    half.parent.mkdir()
    half.write_bytes(b"of a merge that was killed")

    work_area(desk).give_up_all("nobody wants it")

    assert desk.files() == sorted(f"{published.folder}/{name}" for name in published.file_names)


def test_work_that_was_published_meanwhile_is_not_claimed_and_leaves_no_folder(desk: Desk) -> None:
    with pytest.raises(LandingBusy):
        claim(work_area(desk), is_already_published=True)

    assert desk.files() == []


def test_work_that_was_begun_by_a_clock_that_was_ahead_is_given_up(desk: Desk, dead_process: ProcessIdentity) -> None:
    for minutes, reason in ((4, None), (6, "it was begun by a clock that was ahead")):
        desk.later(minutes=minutes)
        claim(work_area(desk, process=dead_process))
        desk.later(minutes=-minutes)
        claimed = claim(work_area(desk, process=dead_process))

        assert (claimed.state.started_at > desk.time) is (reason is None)
        assert desk.notes[-1].endswith(f"{reason}." if reason else "with 0 pages and 0 rows.")
        work_area(desk).give_up_all("of the last turn")


def test_one_of_many_that_claim_the_same_work_gets_it(desk: Desk, dead_process: ProcessIdentity) -> None:
    """They all have seen that it is free, and take it one after another."""
    first = claim(work_area(desk, process=dead_process))
    together, outcomes = threading.Barrier(4), list[str]()

    def race() -> None:
        together.wait()
        try:
            outcomes.append(claim(work_area(desk, process=ELSEWHERE)).state.run_key)
        except LandingBusy:
            outcomes.append("busy")

    threads = [threading.Thread(target=race) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(outcomes) == [first.state.run_key, "busy", "busy", "busy"]
