"""What a person is told of the inbox."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from huggy_connector.webhook import Inbox, InboxUpkeep
from huggy_connector.webhook.inbox_status import CompanyStatus, InboxStatus, read_inbox_status
from tests.integration.webhook.inboxes import COMPANY, at, entry, refusal


def test_the_status_tells_what_is_there_what_is_not_landed_and_whether_a_receiver_runs(tmp_path: Path) -> None:
    with Inbox.open(tmp_path, now=lambda: at(3)) as box:
        box.append(entry(1, minutes=1), entry(2, minutes=2), refusal("wrong token"), refusal("wrong token"))
        with InboxUpkeep.open(tmp_path) as upkeep:
            upkeep.open_learning_window(None, now=at(3))
            upkeep.prune({COMPANY: {box.session: 1}}, keep=timedelta(days=1), now=at(3))
        company = CompanyStatus(COMPANY, 2, 1, at(2), at(2), has_learned_token=False)
        running = InboxStatus(str(tmp_path), True, at(3), True, (company,), {"wrong token": 2})
        assert read_inbox_status(tmp_path, now=at(3)) == running
    later = read_inbox_status(tmp_path, now=at(20))
    assert (later.is_receiving, later.is_learning, later.companies) == (False, False, (company,))


def test_an_inbox_that_nobody_used_yet_is_empty(tmp_path: Path) -> None:
    InboxUpkeep.open(tmp_path, create=True).close()
    assert read_inbox_status(tmp_path, now=at(0)) == InboxStatus(str(tmp_path), False, None, False, (), {})
