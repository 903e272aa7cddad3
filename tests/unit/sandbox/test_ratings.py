"""The ratings of chats, which the sandbox gives in many forms."""

from __future__ import annotations

import json
from typing import Any

from huggy_connector.sandbox.data.account import Account
from huggy_connector.sandbox.options import Options
from huggy_connector.sandbox.server.api import Api, ApiCall
from huggy_connector.sandbox.server.ratings import CHANGED_DAYS, LATE_DAYS


def answers(account: Account, chats: int = 900) -> list[tuple[int, Any]]:
    api, ids = Api(account), [account.chats.id_of(row) for row in range(chats)]
    told = (api.answer(ApiCall("GET", ("chats", str(number), "feedback"), {}, "en")) for number in ids)
    return [(each.status, json.loads(each.body) if each.body else None) for each in told]


def account(form: str) -> Account:
    return Account(Options(chats=900, days=6, open_chats=0, feedback=form, now="2026-11-20T14:00:00"))


def test_mixed_ratings_have_every_form_come_late_and_change() -> None:
    desk = account("mixed")
    first = answers(desk)
    assert {status for status, _ in first} == {200, 204, 404}
    rated = [value for _, value in first if value and "reason" not in value]
    assert {"list" if isinstance(each, list) else "nested" if "feedback" in each else "plain" for each in rated} == {
        "list",
        "nested",
        "plain",
    }
    rates = {each["rate"] for each in rated if isinstance(each, dict) and "rate" in each}
    assert rates > {1, 5, "1", "5", "ótimo", 99}
    desk.set_clock(max(LATE_DAYS, CHANGED_DAYS) * 24 * 60)
    later = answers(desk)
    assert any(not before and after for (_, before), (_, after) in zip(first, later, strict=True))
    assert any(isinstance(after, list) and len(after) == 2 for _, after in later)


def test_an_api_without_ratings_answers_404_for_every_chat() -> None:
    assert {status for status, _ in answers(account("absent"), 50)} == {404}
