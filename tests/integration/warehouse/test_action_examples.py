"""The queries of examples/actions: the rows that they give, as rows of their action, and the command that is told."""

from __future__ import annotations

import re
import shlex
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from huggy_connector.actions.guards import normalize_target
from huggy_connector.actions.row_reader import Question, read_rows
from huggy_connector.catalogue.actions import get_action
from huggy_connector.warehouse import query
from tests.integration.warehouse.conftest import ZONE

if TYPE_CHECKING:
    from tests.integration.warehouse.conftest import Desk

EXAMPLES = Path(__file__).parents[3] / "examples" / "actions"
ACTIONS = {
    "close_idle_chats": "close_chat",
    "satisfaction_after_closing": "send_template",
    "churn_segment": "update_contact",
}


def ask(desk: Desk, example: str) -> list[dict[str, Any]]:
    """Return the rows of an example, after they were read as rows of its action."""
    answer = query(str(desk.warehouse), (EXAMPLES / f"{example}.sql").read_text(encoding="utf-8"), zone=ZONE)
    shared = {"template_id": "78", "category": "utility"} if example == "satisfaction_after_closing" else {}
    question = Question(get_action(ACTIONS[example]), "a campaign", shared)
    read = read_rows(question, answer.columns, answer.rows, normalize_target=partial(normalize_target, hash_key=b""))
    rows = [dict(zip(answer.columns, row, strict=True)) for row in answer.rows]
    assert [(each.contact_id, each.key.purpose) for each in read] == [
        (row["contact_id"], row["purpose"]) for row in rows
    ]
    return rows


def chat(number: int, contact: int | None, **others: Any) -> dict[str, Any]:
    """A chat of WhatsApp that an agent handled and closed on the morning of 22 November, the day of the warehouse."""
    return {
        "id": number,
        "contactId": contact,
        "situation": "finishing",
        "channel": "whatsapp-enterprise",
        "agentId": 9001,
        "createdAt": "2026-11-21 09:00:00",
        "attendedAt": "2026-11-21 09:05:00",
        "closedAt": "2026-11-22 08:30:00",
        "updatedAt": "2026-11-22 08:30:00",
        **others,
    }


def in_chat(number: int, contact: int, last: str | None, **others: Any) -> dict[str, Any]:
    message = None if last is None else {"id": number, "sendAt": last}
    return chat(number, contact, situation="in_chat", closedAt="", lastMessage=message, **others)


def test_chats_are_closed_that_an_agent_has_and_in_which_nobody_wrote_for_three_days(desk: Desk) -> None:
    idle = "2026-11-19 08:00:00"
    desk.land(
        [
            in_chat(1, 5, idle, tabulationId=12),
            in_chat(2, 5, "2026-11-19 10:00:00"),
            in_chat(3, 6, None, updatedAt=idle),
            chat(4, 6, lastMessage={"id": 4, "sendAt": idle}),
            in_chat(6, 7, idle) | {"situation": "auto"},
            in_chat(7, 7, idle) | {"situation": "wait_for_chat"},
        ]
    )
    desk.load()
    assert ask(desk, "close_idle_chats") == [
        {"id": 1, "contact_id": 5, "tabulation_id": 12, "purpose": "2026-11-19T08:00:00"},
        {"id": 3, "contact_id": 6, "tabulation_id": None, "purpose": "2026-11-19T08:00:00"},
    ]


def test_a_contact_is_asked_once_a_month_after_the_first_chat_that_an_agent_handled(desk: Desk) -> None:
    contacts = [{"id": 5, "name": " Ana Lima"}, {"id": 6, "name": ""}]
    desk.land(contacts, resource="contacts")
    early = {"createdAt": "2026-11-10 08:00:00", "attendedAt": "2026-11-10 08:05:00", "closedAt": "2026-11-10 09:00:00"}
    october = {name: time.replace("11-10", "10-30") for name, time in early.items()}
    desk.land(
        [
            *(chat(1, 5, **october), chat(2, 5), chat(3, 5)),
            *(chat(4, 6), chat(5, 7)),
            *(chat(6, 8, **early), chat(7, 8)),
            *(chat(8, 9), in_chat(9, 9, None)),
            chat(10, 10, channel="widget"),
            chat(11, 11, agentId=None, attendedAt=""),
            chat(12, None),
        ]
    )
    desk.load()
    assert ask(desk, "satisfaction_after_closing") == [
        {"id": 2, "contact_id": 5, "param_1": "Ana", "purpose": "2026-11"},
        {"id": 4, "contact_id": 6, "param_1": "cliente", "purpose": "2026-11"},
        {"id": 5, "contact_id": 7, "param_1": "cliente", "purpose": "2026-11"},
    ]


def test_a_chat_that_is_opened_again_and_closed_is_not_asked_about_by_another_one(desk: Desk) -> None:
    desk.land([chat(2, 5), chat(3, 5)])
    desk.load()
    before = ask(desk, "satisfaction_after_closing")
    desk.land([in_chat(2, 5, None, updatedAt="2026-11-22 09:00:00"), chat(3, 5)])
    desk.load()
    between = ask(desk, "satisfaction_after_closing")
    again = {"closedAt": "2026-11-22 09:01:00", "updatedAt": "2026-11-22 09:01:00"}
    desk.land([chat(2, 5, **again), chat(3, 5)])
    desk.load()
    assert [[row["id"] for row in rows] for rows in (before, between, ask(desk, "satisfaction_after_closing"))] == [
        [2],
        [],
        [2],
    ]


def test_a_contact_gets_the_segment_of_the_last_chat_unless_it_has_it(desk: Desk) -> None:
    desk.land(
        [
            {"id": 5, "custom_fields": {"segmento_customer": "ativo"}},
            {"id": 6, "custom_fields": {"segmento_customer": "ativo", "plano_customer": "Ouro"}},
            {"id": 7, "custom_fields": []},
            {"id": 8},
            {"id": 9},
        ],
        resource="contacts",
    )
    days = {5: "2026-11-01", 6: "2026-10-23", 7: "2026-08-24", 8: "2026-08-25"}
    desk.land(
        [
            *(chat(number, number, createdAt=f"{day} 09:00:00") for number, day in days.items()),
            chat(20, 8, createdAt="2026-10-24 09:00:00"),
            chat(21, None),
        ]
    )
    desk.load()
    assert ask(desk, "churn_segment") == [
        {"contact_id": 6, "custom_segmento_customer": "em risco", "purpose": "2026-11-22"},
        {"contact_id": 7, "custom_segmento_customer": "perdido", "purpose": "2026-11-22"},
        {"contact_id": 8, "custom_segmento_customer": "ativo", "purpose": "2026-11-22"},
    ]


@pytest.mark.parametrize("path", sorted(EXAMPLES.glob("*.sql")), ids=lambda path: path.stem)
def test_each_example_tells_the_command_that_runs_it(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    told = re.search(r"(HUGGY_\w+=\S+ )?huggy act (?:.*\\\n)*.*", text)
    assert told is not None
    words = shlex.split(told[0].replace("\\\n", " "))
    start = words.index("act") + 1
    named = words[words.index("--query") + 1]
    assert (words[start], named) == (ACTIONS[path.stem], f"$(cat examples/actions/{path.name})")
    assert {"--campaign", "--max-rows", "--dry-run"} <= {*words}
