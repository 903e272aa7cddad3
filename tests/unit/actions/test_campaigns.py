"""A name stands for one question: asked again it goes on, asked otherwise it is refused."""

from __future__ import annotations

import pytest

from huggy_connector.actions.ledger.campaigns import (
    CampaignRecord,
    begin_campaign,
    check_campaign,
    count_rows,
    is_stopped,
    iter_campaigns,
    set_stopped,
)
from huggy_connector.actions.ledger.row_values import to_instant
from huggy_connector.actions.types import CampaignCounts, RowState
from huggy_connector.errors import CampaignStopped, ConfigurationError
from tests.unit.actions.ledgers import BEGIN, NOW, planned, tables

HOUR = 3_600_000_000


def test_asked_again_a_campaign_goes_on_and_the_newest_is_listed_first() -> None:
    with tables(planned(1)) as connection:
        begin_campaign(connection, "spring", action="message", asked="digest", asked_by="bia", now=NOW + HOUR)
        begin_campaign(connection, "summer", action="state", asked="other", asked_by="bia", now=NOW + 2 * HOUR)
        set_stopped(connection, "summer", NOW)
        later = to_instant(NOW + 2 * HOUR)
        assert [*iter_campaigns(connection)] == [
            CampaignRecord("summer", "state", "other", "bia", later, later, True, CampaignCounts()),
            CampaignRecord(
                *("spring", "message", "digest", "ana"),
                *(BEGIN, to_instant(NOW + HOUR), False),
                CampaignCounts(planned=1),
            ),
        ]


@pytest.mark.parametrize(
    ("action", "asked", "sentence"),
    [
        ("state", "digest", "was begun with the action message: give this one another name"),
        ("message", "else", "was begun with another query or other values: ask the same again, or give this one"),
    ],
)
def test_another_action_or_question_of_the_same_name_is_refused(action: str, asked: str, sentence: str) -> None:
    with tables(planned(1)) as connection, pytest.raises(ConfigurationError, match=sentence):
        begin_campaign(connection, "spring", action=action, asked=asked, asked_by="bia", now=NOW)


def test_a_stopped_campaign_begins_no_run_until_it_is_resumed() -> None:
    with tables(planned(1)) as connection:
        set_stopped(connection, "spring", NOW)
        with pytest.raises(CampaignStopped, match="--lift"):
            begin_campaign(connection, "spring", action="message", asked="digest", asked_by="ana", now=NOW)
        stopped = is_stopped(connection, "spring")
        set_stopped(connection, "spring", None)
        begin_campaign(connection, "spring", action="message", asked="digest", asked_by="ana", now=NOW)
        assert (stopped, is_stopped(connection, "spring")) == (True, False)


def test_the_counts_are_of_rows_sent_includes_confirmed_and_all_add_up() -> None:
    states = [*RowState, RowState.SENT, RowState.UNKNOWN]
    with tables(*map(planned, range(1, len(states) + 1))) as connection:
        connection.executemany("UPDATE rows SET state = ? WHERE id = ?", zip(states, range(1, 10), strict=True))
        counts = count_rows(connection, "spring")
    assert counts == CampaignCounts(planned=9, sent=3, confirmed=1, refused=1, skipped=1, unknown=2)
    assert (counts.left, counts.is_finished) == (2, False)


def test_what_nobody_began_is_told_with_what_lists_the_others() -> None:
    with tables() as connection:
        for ask in (check_campaign, count_rows, is_stopped):
            with pytest.raises(ConfigurationError, match=r"There is no campaign autumn: `huggy act list` names them"):
                ask(connection, "autumn")
        with pytest.raises(ConfigurationError, match="There is no campaign autumn"):
            set_stopped(connection, "autumn", NOW)
