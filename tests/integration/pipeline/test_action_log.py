"""A load brings what the ledgers of this host tell. A ledger that cannot be read stops no load."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from huggy_connector.actions.ledger import Ledger
from huggy_connector.actions.types import PlannedRow, RowKey, RowState
from huggy_connector.catalogue.actions.types import Action, Effect, Target
from huggy_connector.clock import SYSTEM_CLOCK
from huggy_connector.landing import Landing
from huggy_connector.pipeline import Pipeline
from huggy_connector.pipeline.campaigns.action_log import ActionLogReader
from huggy_connector.privacy import SuppressionList
from huggy_connector.settings import Settings
from huggy_connector.warehouse import query

SEND = Action("send_message", Target.CHAT, Effect.MESSAGE, "", "", reaches_person=True)  # type: ignore[arg-type]
AT = datetime(2026, 11, 22, 12, tzinfo=UTC)
SECRET = "Dear Zuleica"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    (tmp_path / "landing" / "4242").mkdir(parents=True)
    return Settings(
        landing=str(tmp_path / "landing"),
        warehouse=str(tmp_path / "huggy.duckdb"),
        state=str(tmp_path / "state"),
        report=False,
    )


@pytest.fixture
def ledger(settings: Settings) -> Iterator[Ledger]:
    storage = Landing.open(settings.landing).storage
    with Ledger.open(settings.ledger_folder, company_id=4242, now=lambda: AT, storage=storage) as opened:
        opened.begin_run("hello", action="send_message", asked="", asked_by="ana")
        yield opened


def plan(ledger: Ledger, *chats: int, contact_id: int | None = None) -> None:
    keys = [RowKey("hello", "send_message", f"chat:{number}", "2026-11") for number in chats]
    ledger.plan(
        PlannedRow(SEND, key, number, {"text": SECRET}, contact_id) for key, number in zip(keys, chats, strict=True)
    )


def read(settings: Settings) -> list[tuple[Any, ...]]:
    columns = "target, attempt, state, contact_id, chat_id, message_id, asked_by, claimed_at, ledger"
    return list(query(settings.warehouse, f"SELECT {columns} FROM meta.actions ORDER BY ALL").rows)


def reader_of(settings: Settings) -> ActionLogReader:
    return ActionLogReader(settings, Landing.open(settings.landing), SYSTEM_CLOCK)


def test_a_load_brings_the_rows_of_the_ledger_without_what_was_sent(settings: Settings, ledger: Ledger) -> None:
    plan(ledger, 700_001, 700_002, contact_id=800_001)
    first, _ = ledger.open_rows("hello", limit=2)
    ledger.claim(first.id, mark={})
    ledger.record(first.id, RowState.SENT, ids={"message": 5})
    loads = [Pipeline(settings).load() for _ in range(2)]
    assert [each.published for each in loads] == [True, False]
    assert read(settings) == [
        ("chat:700001", 1, "sent", 800_001, 700_001, 5, "ana", AT, ledger.id),
        ("chat:700002", 0, "planned", 800_001, 700_002, None, "ana", None, ledger.id),
    ]
    assert SECRET.encode() not in Path(settings.warehouse).read_bytes()


def test_a_ledger_that_cannot_be_read_warns_and_the_file_keeps_what_it_knows(
    settings: Settings, ledger: Ledger
) -> None:
    plan(ledger, 700_001)
    Pipeline(settings).load()
    known = read(settings)
    ledger.close()
    (file,) = settings.ledger_folder.glob("*.sqlite")
    file.write_bytes(b"no ledger")
    report = Pipeline(settings).load()
    (warning,) = [each for each in report.warnings if "actions" in each]
    assert warning.startswith("Company 4242: the load goes on without its newest actions. ")
    assert (report.published, read(settings)) == (False, known)
    rebuilt = Pipeline(settings).rebuild()
    assert (warning in rebuilt.warnings, read(settings)) == (True, known)


def test_a_host_without_a_ledger_says_nothing(settings: Settings, ledger: Ledger, tmp_path: Path) -> None:
    elsewhere = settings.model_copy(update={"state": str(tmp_path / "other")})
    reader = reader_of(elsewhere)
    assert (reader.read(), reader.warnings) == ((), [])


def test_a_folder_that_is_none_warns(settings: Settings, tmp_path: Path) -> None:
    file = tmp_path / "ledger"
    file.write_bytes(b"")
    reader = reader_of(settings.model_copy(update={"ledger": str(file)}))
    why = f"The ledger in {file} cannot be read (Not a directory)."
    assert reader.read() == ()
    assert reader.warnings == [f"Company 4242: the load goes on without its newest actions. {why}"]


def test_a_person_whom_another_host_forgot_is_not_brought_back(settings: Settings, ledger: Ledger) -> None:
    keyed = settings.model_copy(update={"hash_key": Settings(hash_key="k" * 32).hash_key})
    storage = Landing.open(settings.landing).storage
    plan(ledger, 700_001, contact_id=800_001)
    plan(ledger, 700_002, contact_id=800_002)
    ledger.plan([PlannedRow(SEND, RowKey("hello", "send_message", "contact:800001"), 800_001, {}, 800_001)])
    SuppressionList.read(storage, 4242, key=b"k" * 32).add(storage, 800_001, [])
    (log,) = reader_of(keyed).read()
    assert [(row["target"], row["contact_id"]) for row in log.rows] == [
        ("chat:700001", None),
        ("chat:700002", 800_002),
        ("contact", None),
    ]
    without_key = reader_of(settings)
    assert without_key.read() == ()
    assert [each.partition(". ")[0] for each in without_key.warnings] == [
        "Company 4242: the load goes on without its newest actions"
    ]
