"""The ten questions of docs/questions.md have the answers that the page shows, in both languages."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from huggy_connector.sandbox.data.account import Account
from huggy_connector.sandbox.options import Options
from huggy_connector.warehouse import query
from tests.events import NOON, chat_item, event_row, land_events

if TYPE_CHECKING:
    from tests.integration.warehouse.conftest import Desk

DOCS = Path(__file__).parents[3] / "docs"
QUESTION = re.compile(
    r"^## (?P<number>\d+)\. [^\n]+\n.*?^```sql\n(?P<sql>.*?)^```\n\n(?P<answer>(?:\|[^\n]*\n)+)",
    re.MULTILINE | re.DOTALL,
)
OPTIONS = Options(chats=1_000, days=60, agents=6, departments=3, now="2026-11-20T14:00:00")
READ_AT = -(2 * 24 * 60) + 5 * 60
"""Minutes from noon UTC of the desk to 14:00 of 2026-11-20 in the account's zone."""


def questions(page: Path) -> list[tuple[str, str, str]]:
    found = [
        (each["number"], each["sql"], each["answer"]) for each in QUESTION.finditer(page.read_text(encoding="utf-8"))
    ]
    assert [number for number, _, _ in found] == [str(number) for number in range(1, 11)]
    return found


def fill(desk: Desk) -> Desk:
    """Land 1,000 chats of the sandbox with their messages. Of some the webhook tells a reopening or a survey."""
    account = Account(OPTIONS)
    rows = range(account.chats.initial_count)
    chats = [account.chats.record(row) for row in rows]
    messages = [message for row in rows for message in account.chats.messages(row, events=True)]
    for resource, records in (
        ("agents", account.desk.agents),
        ("departments", [{"id": each.id, "name": each.name} for each in account.desk.departments]),
        ("contacts", [account.contacts.record(row) for row in range(account.contacts.initial_count)]),
        ("chats", chats),
        ("messages", messages),
    ):
        desk.land(records, resource=resource, minute=READ_AT, mode="window" if resource == "messages" else "full")
    events = [row for number, chat in enumerate(chats) if chat.get("closedAt") for row in told(number, chat)]
    land_events(desk.landing, events, now=NOON + timedelta(minutes=READ_AT))
    desk.load()
    return desk


def told(number: int, chat: dict[str, Any]) -> list[dict[str, Any]]:
    """Return what the webhook tells of a closed chat: of one in three a survey, of one in two that it was closed."""
    at, opened = f"{chat['closedAt']}-03:00", f"{chat['createdAt']}-03:00"
    events = []
    if number % 3 == 0:
        mark = {"nota": 5 - number % 7 // 2}
        item = {"flowID": 3212, "flowToken": "pesquisa-csat", "chatID": chat["id"], "context": mark}
        events.append(event_row("finishedAutomationFlow", item, occurred_at=at, envelope_at=at, chat_id=chat["id"]))
    if number % 2 == 0 and chat.get("agentId"):
        is_reopened = number % 12 == 0
        tales = [("agentEntered", "in_chat", opened)]
        tales += [("closedChat", "finishing", opened), ("agentEntered", "in_chat", at)] if is_reopened else []
        for name, situation, moment in (*tales, ("closedChat", "finishing", at)):
            item = chat_item(chat["id"], situation=situation, closed_at=moment)
            events.append(event_row(name, item, occurred_at=moment, envelope_at=moment))
    return events


def answer(desk: Desk, sql: str) -> str:
    """Return the rows as a table of Markdown."""
    found = query(desk.warehouse, sql)
    rows = [["" if cell is None else str(cell) for cell in row] for row in found.rows]
    return "".join(f"| {' | '.join(row)} |\n" for row in (found.columns, ["---"] * len(found.columns), *rows))


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory, desk_type: type[Desk]) -> Desk:
    return fill(desk_type(tmp_path_factory.mktemp("questions")))


@pytest.mark.parametrize("number", range(10))
def test_the_answer_is_that_of_the_page(desk: Desk, number: int) -> None:
    _, sql, shown = questions(DOCS / "questions.md")[number]
    assert answer(desk, sql) == shown
    assert len(sql.splitlines()) <= 3
    assert len(re.findall(r"\bmarts\.\w+", sql)) == 1


def test_the_page_in_portuguese_asks_and_answers_the_same() -> None:
    assert questions(DOCS / "pt-BR" / "questions.md") == questions(DOCS / "questions.md")
