"""The rows of a call that needs no warehouse: one id, or rows that were given."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from huggy_connector.catalogue.actions import get_action
from huggy_connector.errors import ConfigurationError
from huggy_connector.pipeline.campaigns import CampaignRequest
from huggy_connector.pipeline.campaigns.source_rows import Table, read_source, tabulate
from huggy_connector.settings import Settings


def read(action: str, **given: Any) -> Table:
    request = CampaignRequest(action=action, campaign="idle", **given)
    return read_source(
        request, get_action(action), Settings.resolve(environ={}), now=datetime(2026, 11, 30, tzinfo=UTC)
    )


@pytest.mark.parametrize(("action", "column"), [("close_chat", "id"), ("open_chat", "contact_id"), ("run_flow", "id")])
def test_an_id_is_the_target_of_its_action(action: str, column: str) -> None:
    assert read(action, row_id=7) == ((column,), ((7,),))


def test_given_rows_become_a_table_with_null_for_what_a_row_lacks() -> None:
    assert tabulate([{"id": 1, "a": 2}, {"id": 3, "b": 4}]) == (("id", "a", "b"), [(1, 2, None), (3, None, 4)])
    assert tabulate([]) == ((), [])


def test_more_given_rows_than_expected_are_refused() -> None:
    with pytest.raises(ConfigurationError, match="more than 2 rows"):
        read("close_chat", rows=[{"id": number} for number in range(3)], most_rows=2)
