"""Reading the inbox: all that comes after, in order, and nothing that was written meanwhile."""

from __future__ import annotations

from pathlib import Path

import pytest

from huggy_connector.webhook import Inbox, InboxReader, Span, inbox_reader
from tests.integration.webhook.inboxes import COMPANY, Ticking, at, entry, refusal


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "inbox"


def test_items_and_refusals_after_a_number_of_their_session_come_in_order(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inbox_reader, "PAGE", 2)
    sessions = []
    for start in (0, 10):
        with Inbox.open(folder, now=Ticking()) as box:
            for number in range(start, start + 5):
                box.append(entry(number), entry(number, company_id=7))
            box.append(refusal(f"reason {start}"), refusal("of nobody", company_id=None))
            sessions.append(box.session)
    with InboxReader.open(folder) as reader:
        after = {sessions[0]: 7, "unknown": 99}
        found = [(item.seq, item.session, item.row["item_id"]) for item in reader.items(COMPANY, after=after)]
        expected = [
            (9, sessions[0], 4),
            *((seq, sessions[1], 10 + place) for place, seq in enumerate(range(13, 23, 2))),
        ]
        assert found == expected
        assert reader.depth(COMPANY, after=after) == len(expected)
        assert [each.reason for each in reader.refusals(COMPANY, after=after)] == ["reason 0", "reason 10"]
        assert reader.newest(COMPANY) == {sessions[0]: 11, sessions[1]: 23}
        assert list(reader.items(COMPANY, after=reader.newest(COMPANY))) == []
        assert reader.newest(8) == {}


def test_what_is_written_after_the_opening_is_seen_after_a_refresh(folder: Path) -> None:
    with Inbox.open(folder, now=Ticking()) as box, InboxReader.open(folder) as reader:
        assert list(reader.items(COMPANY, after={})) == []
        box.append(entry(1))
        assert (list(reader.items(COMPANY, after={})), reader.newest(COMPANY)) == ([], {})
        reader.refresh()
        assert (len(list(reader.items(COMPANY, after={}))), reader.newest(COMPANY)) == (1, {box.session: 1})


def test_a_session_that_begins_meanwhile_takes_nothing_from_the_last(folder: Path) -> None:
    with Inbox.open(folder, now=Ticking()) as box:
        box.append(entry(1))
        first = box.session
        reader = InboxReader.open(folder)
    with Inbox.open(folder, now=Ticking()) as box:
        box.append(entry(2))
        assert reader.newest(COMPANY) == {first: 1}
        reader.refresh()
        assert reader.newest(COMPANY) == {first: 1, box.session: 2}
    reader.close()


def test_the_oldest_item_that_is_not_landed_has_its_time(folder: Path) -> None:
    with Inbox.open(folder, now=Ticking()) as box:
        box.append(entry(1, minutes=1), entry(2, minutes=2))
        with InboxReader.open(folder) as reader:
            session = box.session
            oldest = [reader.oldest(COMPANY, after={session: seq}) for seq in (0, 1, 2)]
    assert oldest == [at(1), at(2), None]


def test_spans_are_those_that_end_later(folder: Path) -> None:
    times = iter([at(0), at(0.1), at(5), at(5.1)])
    with Inbox.open(folder, now=lambda: next(times)) as box:
        box.beat()
        box.beat()
    with InboxReader.open(folder) as reader:
        assert reader.spans(since=None) == (Span(at(0), at(0.1), "up"), Span(at(5), at(5.1), "up"))
        assert reader.spans(since=at(3)) == (Span(at(5), at(5.1), "up"),)


def test_an_inbox_is_told_by_its_own_number(folder: Path, tmp_path: Path) -> None:
    ids = []
    for place in (folder, folder, tmp_path / "other"):
        Inbox.open(place, now=Ticking()).close()
        with InboxReader.open(place) as reader:
            ids.append(reader.inbox_id)
    assert (ids[0] == ids[1], ids[0] != ids[2], len(ids[0])) == (True, True, 32)
    assert [InboxReader.exists(place) for place in (folder, tmp_path)] == [True, False]
