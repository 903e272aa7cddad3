"""Who is forgotten is in no row of the ledger but its key, and nothing that was planned for them is left."""

from __future__ import annotations

from pathlib import Path

import pytest

from huggy_connector.errors import ConfigurationError, LedgerUnusable
from huggy_connector.maintenance.ledger_erasure import erase_from_ledger, find_in_ledger
from huggy_connector.pipeline import Pipeline
from huggy_connector.settings import Settings
from tests.integration.actions.ledgers import BEGIN, CAMPAIGN, COMPANY, begun, open_ledger

PERSON = 100_001
"""Whom the row 1 reaches."""


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    places = {"landing": "landing", "warehouse": "huggy.duckdb", "state": "state"}
    return Settings(
        hash_key="a long random text that is a key",
        company_id=COMPANY,
        **{name: str(tmp_path / place) for name, place in places.items()},
    )


def test_forget_finds_a_person_whom_only_the_ledger_knows_and_leaves_no_text(settings: Settings) -> None:
    pipeline = Pipeline(settings)
    begun(settings.ledger_folder, 1, 2).close()
    receipt = pipeline.forget(PERSON)
    assert receipt.ledger_rows == 1
    with open_ledger(settings.ledger_folder) as ledger:
        left = [(row.id, row.state.value, row.fields, row.contact_id) for row in ledger.rows(CAMPAIGN)]
    assert left == [(1, "skipped", None, None), (2, "planned", {"text": "text 2"}, 100_002)]
    assert b"text 1" not in b"".join(path.read_bytes() for path in settings.ledger_folder.iterdir())
    with pytest.raises(ConfigurationError, match="knows a contact 808080"):
        pipeline.forget(808_080)


def test_rows_of_their_chats_lose_what_was_to_be_sent_too(tmp_path: Path) -> None:
    begun(tmp_path / "actions", 1, 2, 3).close()
    assert erase_from_ledger(tmp_path / "actions", COMPANY, PERSON, [2], now=lambda: BEGIN) == 2
    with open_ledger(tmp_path / "actions") as ledger:
        assert [row.id for row in ledger.open_rows(CAMPAIGN, limit=9)] == [3]


def test_where_there_is_no_ledger_none_is_made(tmp_path: Path) -> None:
    folder = tmp_path / "actions"
    assert not find_in_ledger(folder, COMPANY, PERSON, now=lambda: BEGIN)
    assert erase_from_ledger(folder, COMPANY, PERSON, [], now=lambda: BEGIN) == 0
    assert [*tmp_path.iterdir()] == []


def test_a_ledger_that_cannot_be_read_stops_the_erasure(tmp_path: Path) -> None:
    begun(tmp_path / "actions", 1).close()
    (tmp_path / "actions" / f"{COMPANY}.sqlite").write_bytes(b"no ledger " * 1000)
    with pytest.raises(LedgerUnusable, match="is damaged or no ledger"):
        erase_from_ledger(tmp_path / "actions", COMPANY, PERSON, [], now=lambda: BEGIN)
