"""What waits in the inbox is told once, and again only where nobody has it."""

from pathlib import Path

import pytest

from huggy_connector.airflow.live.inbox_watch import TELL_AGAIN_SECONDS, Arrival, InboxWatch
from huggy_connector.errors import InboxUnusable
from tests.dags.inboxes import mark_as_landed, receiver, refuse, tell
from tests.sleeping_clock import Clock


def test_where_no_receiver_has_ever_run_nothing_waits(tmp_path: Path) -> None:
    assert InboxWatch().look(tmp_path / "none") is None
    assert not (tmp_path / "none").exists()


def test_what_waits_is_told_once_and_the_next_when_it_is_landed(tmp_path: Path) -> None:
    watch = InboxWatch()
    with receiver(tmp_path) as inbox:
        assert watch.look(tmp_path) is None
        tell(inbox, 1, 2)
        assert watch.look(tmp_path) == Arrival(waiting=2, newest_seq=2)
        tell(inbox, 3)
        assert watch.look(tmp_path) is None  # the run that was told of the first two takes it along
        mark_as_landed(tmp_path)
        assert watch.look(tmp_path) is None
        tell(inbox, 4)
        assert watch.look(tmp_path) == Arrival(waiting=1, newest_seq=4)


def test_what_came_during_a_landing_is_told_after_it(tmp_path: Path) -> None:
    watch = InboxWatch()
    with receiver(tmp_path) as inbox:
        tell(inbox, 1)
        watch.look(tmp_path)
        mark_as_landed(tmp_path)
        tell(inbox, 2)
    assert watch.look(tmp_path) == Arrival(waiting=1, newest_seq=2)


def test_after_a_restart_of_the_triggerer_what_still_waits_is_told_and_nothing_that_is_landed(tmp_path: Path) -> None:
    with receiver(tmp_path) as inbox:
        tell(inbox, 1)
        InboxWatch().look(tmp_path)
        assert InboxWatch().look(tmp_path) == Arrival(waiting=1, newest_seq=1)
        mark_as_landed(tmp_path)
        assert InboxWatch().look(tmp_path) is None


def test_a_new_session_of_the_receiver_is_watched_too(tmp_path: Path) -> None:
    watch = InboxWatch()
    with receiver(tmp_path) as inbox:
        tell(inbox, 1)
    assert watch.look(tmp_path) is not None
    mark_as_landed(tmp_path)
    with receiver(tmp_path) as inbox:
        tell(inbox, 2)
        assert watch.look(tmp_path) == Arrival(waiting=1, newest_seq=2)


def test_what_nobody_has_is_told_again(tmp_path: Path) -> None:
    watch = InboxWatch()
    with receiver(tmp_path) as inbox:
        tell(inbox, 1)
        first = watch.look(tmp_path)
        watch.tell_again()
        assert watch.look(tmp_path) == first != None  # noqa: E711 -- it is told, and the same
        assert watch.look(tmp_path) is None


def test_what_waits_for_long_is_told_again(tmp_path: Path) -> None:
    clock = Clock()
    watch = InboxWatch(clock=clock)
    with receiver(tmp_path) as inbox:
        tell(inbox, 1)
        first = watch.look(tmp_path)
        clock.sleep(TELL_AGAIN_SECONDS - 1)
        assert watch.look(tmp_path) is None
        clock.sleep(1)
        assert watch.look(tmp_path) == first


def test_refused_bodies_alone_are_no_arrival(tmp_path: Path) -> None:
    with receiver(tmp_path) as inbox:
        refuse(inbox)
        assert InboxWatch().look(tmp_path) is None


@pytest.mark.parametrize(("company_id", "waiting"), [(4242, 2), (5, 1), (6, None), (None, 3)])
def test_only_the_events_of_its_company_count(tmp_path: Path, company_id: int | None, waiting: int | None) -> None:
    with receiver(tmp_path) as inbox:
        tell(inbox, 1, 2)
        tell(inbox, 3, company_id=5)
        arrival = InboxWatch(company_id).look(tmp_path)
    assert (None if arrival is None else arrival.waiting) == waiting


def test_a_damaged_inbox_is_an_error_and_no_arrival(tmp_path: Path) -> None:
    (tmp_path / "inbox.sqlite").write_bytes(b"no database" * 100)
    (tmp_path / "inbox.sqlite").chmod(0o600)
    with pytest.raises(InboxUnusable):
        InboxWatch().look(tmp_path)
