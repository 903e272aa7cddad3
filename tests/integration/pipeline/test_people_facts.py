"""Who may be written to, as files and the warehouse say: read from where the settings point."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest

from huggy_connector.actions.guards.people import Person
from huggy_connector.actions.types import PlannedRow, RowKey
from huggy_connector.catalogue.actions import get_action
from huggy_connector.errors import ConfigurationError, InboxUnusable
from huggy_connector.pipeline.campaigns.empty_ledger import EmptyLedger
from huggy_connector.pipeline.campaigns.people_facts import (
    find_channels,
    gather_facts,
    needs_channel,
    note_answers,
)
from huggy_connector.settings import Settings
from huggy_connector.storage import LocalStorage
from huggy_connector.webhook.inbox_file import NAME


def facts(folder: Path, **given: Any) -> Any:
    settings = Settings.resolve(explicit={"warehouse": str(folder / "none.duckdb"), **given}, environ={})
    now = datetime(2026, 11, 30, tzinfo=UTC)
    storage = LocalStorage(str(folder / "landing"))
    return gather_facts(settings, 4242, EmptyLedger(), (), storage=storage, now=lambda: now)  # type: ignore[arg-type]


def test_lists_are_read_from_files_and_without_files_there_is_no_consent(tmp_path: Path) -> None:
    (tmp_path / "list.csv").write_text("contact_id\n800001\n")
    listed = facts(tmp_path, consent=str(tmp_path / "list.csv"), opt_out=str(tmp_path / "list.csv"))
    assert (len(listed.consents.find(Person(800001))), len(listed.opt_outs.find(Person(800002)))) == (1, 0)
    assert (facts(tmp_path).consents, bool(facts(tmp_path).opt_outs)) == (None, False)


@pytest.mark.parametrize(("setting", "name"), [("consent", "HUGGY_CONSENT"), ("opt_out", "HUGGY_OPT_OUT")])
def test_a_list_that_is_not_there_is_one_sentence_with_its_setting(tmp_path: Path, setting: str, name: str) -> None:
    for file in ("none.csv", "none.sql"):
        with pytest.raises(ConfigurationError, match=name):
            facts(tmp_path, **{setting: str(tmp_path / file)})


def test_without_a_warehouse_no_channel_is_known(tmp_path: Path) -> None:
    settings = Settings.resolve(explicit={"warehouse": str(tmp_path / "none.duckdb")}, environ={})
    assert find_channels(settings, 4242) == ()


def test_only_what_reaches_a_contact_by_a_channel_needs_one() -> None:
    rows = [
        ("open_chat", "contact:8"),
        ("run_flow", "contact:8"),
        ("run_flow", "chat:7"),
        ("update_contact", "contact:8"),
    ]
    planned = [PlannedRow(get_action(action), RowKey("a", action, target), 1, {}) for action, target in rows]
    assert [needs_channel(each) for each in planned] == [True, True, False, False]


class Noted(EmptyLedger):
    """A ledger that remembers who wants no more messages."""

    def __init__(self) -> None:
        self.noted: dict[int, str] = {}

    def add_opt_out(self, contact_id: int, *, source: str, at: datetime) -> None:
        del at
        self.noted[contact_id] = source


def test_answers_in_the_warehouse_are_opt_outs_however_they_are_spelled(tmp_path: Path) -> None:
    said = [
        (4242, 1, 1, "PARAR!"),
        (4242, 2, 2, "P.A.R.A.R"),
        (4242, 3, 3, "Sáir, por favor"),
        (4242, 4, 4, "não quero parar"),
        (4242, 5, 9001, "Digite PARAR"),
        (4243, 6, 6, "PARAR"),
        (4242, 7, 7, "bom dia"),
    ]
    with duckdb.connect(str(tmp_path / "huggy.duckdb")) as file:
        file.execute(
            "CREATE TABLE messages (company_id BIGINT, contact_id BIGINT, sender_id BIGINT, text VARCHAR, "
            "sender_type VARCHAR, sent_at TIMESTAMPTZ)"
        )
        file.executemany("INSERT INTO messages (company_id, contact_id, sender_id, text) VALUES (?, ?, ?, ?)", said)
    given = {"warehouse": str(tmp_path / "huggy.duckdb"), "state": str(tmp_path)}
    ledger = Noted()
    note_answers(Settings.resolve(explicit=given, environ={}), 4242, ledger, now=lambda: datetime.now(UTC))
    assert ledger.noted == {1: "answer", 2: "answer", 3: "answer"}


def test_an_inbox_that_cannot_be_read_stops_everything(tmp_path: Path) -> None:
    settings = Settings.resolve(
        explicit={"warehouse": str(tmp_path / "none.duckdb"), "state": str(tmp_path)}, environ={}
    )
    settings.inbox_folder.mkdir()
    (settings.inbox_folder / NAME).write_bytes(b"no inbox" * 1000)
    with pytest.raises(InboxUnusable):
        note_answers(settings, 4242, Noted(), now=lambda: datetime.now(UTC))
