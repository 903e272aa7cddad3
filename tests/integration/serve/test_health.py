"""What GET /health and GET /metrics tell of an inbox."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from huggy_connector.privacy import KEEP_ALL
from huggy_connector.serve.health import FRESH_SECONDS, Depth, Health
from huggy_connector.webhook import Inbox, InboxUpkeep
from huggy_connector.webhook.inbox_file import NAME
from huggy_connector.webhook.protocol.tokens import Tokens
from huggy_connector.webhook.receiver import Receiver, Rules
from tests.integration.webhook.inboxes import COMPANY, at, entry


class Desk:
    """A receiver whose clocks stand still until they are set."""

    def __init__(self, inbox: Inbox, folder: Path) -> None:
        self.seconds = 0.0
        rules = Rules(Tokens(), COMPANY, KEEP_ALL, lambda _: None)
        self.receiver = Receiver(inbox, rules, now=lambda: at(10), monotonic=lambda: self.seconds)
        self.health = Health(self.receiver, inbox, folder, now=lambda: at(10), monotonic=lambda: self.seconds)


def test_the_depth_is_what_is_not_landed_and_is_read_again_after_a_while(tmp_path: Path) -> None:
    with Inbox.open(tmp_path, now=lambda: at(10)) as inbox:
        desk = Desk(inbox, tmp_path)
        assert desk.health.depth() == Depth(0, None)
        inbox.append(entry(1, minutes=1), entry(2, minutes=2), entry(3, company_id=7, minutes=3))
        assert desk.health.depth() == Depth(0, None)
        desk.seconds = FRESH_SECONDS
        assert desk.health.depth() == Depth(3, 540.0)
        with InboxUpkeep.open(tmp_path) as upkeep:
            upkeep.prune({COMPANY: {inbox.session: 2}}, keep=timedelta(days=1), now=at(10))
        desk.seconds = 2 * FRESH_SECONDS
        assert desk.health.depth() == Depth(1, 420.0)


def test_it_is_failing_where_the_inbox_takes_nothing_or_is_gone(tmp_path: Path) -> None:
    with Inbox.open(tmp_path, now=lambda: at(10)) as inbox:
        desk = Desk(inbox, tmp_path)
        statuses = [desk.health.describe()["status"]]
        inbox.is_failing = True
        statuses.append(desk.health.describe()["status"])
        inbox.is_failing = False
        (tmp_path / NAME).unlink()
        desk.seconds = FRESH_SECONDS
        statuses.append(desk.health.describe()["status"])
        desk.receiver.is_stopping = True
        statuses.append(desk.health.describe()["status"])
    assert statuses == ["ok", "failing", "failing", "stopping"]


def test_the_metrics_are_those_of_the_tally(tmp_path: Path) -> None:
    with Inbox.open(tmp_path, now=lambda: at(10)) as inbox:
        desk = Desk(inbox, tmp_path)
        tally = desk.receiver.tally
        tally.events, tally.withheld, tally.last_accepted = 5, 1, 0.0
        tally.answers.update({200: 3, 401: 1})
        tally.refusals.update({"wrong token": 1})
        desk.seconds = 2.0
        families = [*desk.health.collect()]
    samples = {(sample.name, *sample.labels.values()): sample.value for family in families for sample in family.samples}
    assert samples == {
        ("huggy_webhook_events_total",): 5.0,
        ("huggy_webhook_commits_total",): 0.0,
        ("huggy_webhook_withheld_total",): 1.0,
        ("huggy_webhook_answers_total", "200"): 3.0,
        ("huggy_webhook_answers_total", "401"): 1.0,
        ("huggy_webhook_refusals_total", "wrong token"): 1.0,
        ("huggy_webhook_inbox_entries",): 0.0,
        ("huggy_webhook_accepted_seconds_ago",): 2.0,
    }
