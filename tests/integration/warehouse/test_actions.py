"""meta.actions is what the ledgers of this host tell, and what the file knew of those that are not here."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import duckdb

from huggy_connector.pipeline import Pipeline
from huggy_connector.settings import Settings
from huggy_connector.warehouse import ActionLog, confirm_rollback, read_status, roll_back
from huggy_connector.warehouse.load.actions import COLUMNS, differ_actions, replace_actions

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

    from tests.integration.warehouse.conftest import Desk

Chat = Callable[..., dict[str, Any]]
AT = datetime(2026, 11, 22, 12, 30, tzinfo=UTC)
TOLD = "SELECT campaign, target, attempt, state, reason FROM meta.actions ORDER BY ALL"


def attempt(target: str, state: str = "sent", **values: Any) -> dict[str, Any]:
    """A row of meta.actions as a ledger gives it."""
    given = {
        "company_id": 4242,
        "campaign": "idle",
        "action": "close_chat",
        "target": target,
        "attempt": 0 if state in {"planned", "skipped"} else 1,
        "purpose": "",
        "state": state,
        "reason": "",
        "contact_id": None,
        "chat_id": int(target.partition(":")[2]) if target.startswith("chat:") else None,
        "message_id": None,
        "asked_by": "ana",
        "claimed_at": None if state in {"planned", "skipped"} else AT,
        "settled_at": AT,
        "ledger": "here",
    }
    return {**given, **values}


def telling(*rows: dict[str, Any], ledger: str = "here") -> Callable[[], list[ActionLog]]:
    return lambda: [ActionLog(ledger, [{**row, "ledger": ledger} for row in rows])]


def test_a_load_brings_every_column_of_what_a_ledger_tells(desk: Desk, chat: Chat) -> None:
    row = attempt("chat:1", contact_id=800_001, chat_id=1, message_id=5, reason="a reason", purpose="2026-11")
    desk.land([chat(1)])
    desk.load(read_actions=telling(row))
    (found,) = desk.read(f"SELECT {', '.join(COLUMNS)} FROM meta.actions")
    assert dict(zip(COLUMNS, found, strict=True)) == row


def test_a_load_without_new_snapshots_publishes_what_a_ledger_tells_and_else_changes_nothing(
    desk: Desk, chat: Chat
) -> None:
    desk.land([chat(1)])
    desk.load()
    first = desk.load(read_actions=telling(attempt("chat:1", "claimed"), attempt("chat:2", "skipped", reason="why")))
    assert (first.published, first.version) == (True, 2)
    assert desk.read(TOLD) == [("idle", "chat:1", 1, "claimed", ""), ("idle", "chat:2", 0, "skipped", "why")]
    file = desk.warehouse.read_bytes()
    again = desk.load(read_actions=telling(attempt("chat:2", "skipped", reason="why"), attempt("chat:1", "claimed")))
    assert (again.published, desk.warehouse.read_bytes() == file) == (False, True)
    desk.load(read_actions=telling(attempt("chat:1", "confirmed"), attempt("chat:2", "skipped", reason="why")))
    assert desk.read(TOLD) == [("idle", "chat:1", 1, "confirmed", ""), ("idle", "chat:2", 0, "skipped", "why")]


def test_the_same_rows_another_number_of_times_are_other_rows(tables: DuckDBPyConnection) -> None:
    once, twice = (telling(*[attempt("contact", action="send_message")] * count)() for count in (1, 2))
    for logs in (twice, once):
        assert differ_actions(tables, logs)
        replace_actions(tables, logs)
        assert not differ_actions(tables, logs)


def test_a_host_without_the_ledger_keeps_what_the_file_knows(desk: Desk, chat: Chat) -> None:
    desk.load(read_actions=telling(attempt("chat:1")))
    desk.land([chat(1)])
    desk.load()
    desk.load(read_actions=telling(attempt("chat:9"), ledger="there"))
    assert desk.read("SELECT ledger, target FROM meta.actions ORDER BY ALL") == [
        ("here", "chat:1"),
        ("there", "chat:9"),
    ]


def test_a_rebuild_keeps_what_the_file_knew_of_ledgers_that_are_not_here(desk: Desk, chat: Chat) -> None:
    desk.land([chat(1)])
    desk.load(read_actions=telling(attempt("chat:1"), ledger="elsewhere"))
    desk.load(read_actions=telling(attempt("chat:2", "unknown")))
    desk.load(read_actions=telling(attempt("chat:2", "confirmed")), rebuild=True)
    assert desk.read("SELECT ledger, target, state FROM meta.actions ORDER BY ALL") == [
        ("elsewhere", "chat:1", "sent"),
        ("here", "chat:2", "confirmed"),
    ]


def test_a_rebuild_that_leaves_a_company_as_it_was_doubles_no_action(desk: Desk, chat: Chat) -> None:
    desk.land([chat(1)], company_id=77)
    damaged = desk.land([chat(2)])
    desk.load(read_actions=telling(attempt("chat:2"), attempt("chat:1", company_id=77), ledger="elsewhere"))
    (desk.root / damaged.address).with_name(damaged.files[0].name).write_bytes(b"damaged")
    report = desk.load(rebuild=True, concerns=[77])
    assert [sentence.partition(".")[0] for sentence in report.warnings] == ["Company 4242 stays as it was"]
    assert desk.read("SELECT company_id, target FROM meta.actions ORDER BY ALL") == [(77, "chat:1"), (4242, "chat:2")]


def test_a_rollback_takes_back_no_action(desk: Desk, chat: Chat) -> None:
    desk.land([chat(1)])
    desk.load()
    desk.land([chat(2)], mode="window")
    desk.load(read_actions=telling(attempt("chat:2")))
    assert roll_back(desk.warehouse, now=lambda: AT).to == 1
    confirm_rollback(desk.warehouse)
    assert (desk.read("SELECT id FROM chats"), desk.read(TOLD)) == ([(1,)], [("idle", "chat:2", 1, "sent", "")])
    assert desk.load(read_actions=telling(attempt("chat:2"))).published is False


def test_versions_of_a_release_without_actions_are_rolled_back_loaded_and_rebuilt(desk: Desk, chat: Chat) -> None:
    desk.land([chat(1)])
    desk.load()
    without_actions(desk)
    assert read_status(desk.warehouse).campaigns == ()
    desk.land([chat(2)], mode="window")
    desk.load(read_actions=telling(attempt("chat:2")))
    assert roll_back(desk.warehouse, now=lambda: AT).to == 1
    assert desk.read(TOLD) == [("idle", "chat:2", 1, "sent", "")]
    without_actions(desk)
    desk.load(rebuild=True)
    assert (desk.read("SELECT id FROM chats"), desk.read(TOLD)) == ([(1,)], [])


def without_actions(desk: Desk) -> None:
    with duckdb.connect(str(desk.warehouse)) as connection:
        connection.execute("DROP TABLE meta.actions")


def test_a_forgotten_person_is_gone_from_the_actions_which_stay(desk: Desk, chat: Chat) -> None:
    person = {"id": 800_001, "name": "Zuleica Quirino"}
    desk.land([chat(1, contactId="800001", chatCustomer=person), chat(2)])
    rows = [
        attempt("chat:1", contact_id=800_001),
        attempt("contact:800001", action="update_contact"),
        attempt("mobile:0a1b", action="create_contact", contact_id=800_001),
        attempt("contact:800001", action="update_contact", company_id=77),
        attempt("contact:8000011", action="update_contact", contact_id=8_000_011),
        attempt("chat:2", contact_id=2),
    ]
    desk.load(read_actions=telling(*rows))
    settings = Settings(
        landing=str(desk.root), warehouse=str(desk.warehouse), company_id=4242, report=False, hash_key="k" * 32
    )
    Pipeline(settings).forget(800_001)
    assert desk.read("SELECT company_id, target, contact_id, chat_id FROM meta.actions ORDER BY ALL") == [
        (77, "contact:800001", None, None),
        (4242, "chat:1", None, 1),
        (4242, "chat:2", 2, 2),
        (4242, "contact", None, None),
        (4242, "contact:8000011", 8_000_011, None),
        (4242, "mobile", None, None),
    ]
