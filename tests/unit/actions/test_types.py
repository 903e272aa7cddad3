"""The counts of a campaign add up, and say when nothing is left to do."""

from __future__ import annotations

import pytest

from huggy_connector.actions.types import CampaignCounts, RowState


@pytest.mark.parametrize(
    ("counts", "left", "is_finished"),
    [
        (CampaignCounts(), 0, True),
        (CampaignCounts(planned=9, sent=4, confirmed=3, refused=2, skipped=1, unknown=1), 1, False),
        (CampaignCounts(planned=8, sent=4, confirmed=3, refused=2, skipped=1, unknown=1), 0, False),
        (CampaignCounts(planned=7, sent=4, refused=2, skipped=1), 0, True),
    ],
)
def test_what_is_left_is_neither_sent_nor_refused_skipped_or_unknown(
    counts: CampaignCounts, left: int, *, is_finished: bool
) -> None:
    assert (counts.left, counts.is_finished) == (left, is_finished)


def test_a_row_is_open_while_a_process_has_something_to_do() -> None:
    assert {state for state in RowState if state.is_open} == {RowState.PLANNED, RowState.CLAIMED}
