"""The webhook's echo settles unknown messages: by chat, id and text, where the privacy policy leaves the text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from huggy_connector.actions.echo import Echo, Match, kept_text, match_echoes, read_answers, read_echoes
from huggy_connector.actions.observe import MESSAGE_ABOVE
from huggy_connector.actions.types import LedgerRow
from huggy_connector.privacy import PrivacyPolicy
from huggy_connector.settings import Settings
from tests.unit.actions.desk import CHAT, PERSON, ledger_row

KEY = "invented-key-of-forty-characters-in-all!"
MARK = {MESSAGE_ABOVE: 600010}


def item(number: int, text: str = "Bom dia", **changes: Any) -> dict[str, Any]:
    return {"id": number, "body": text, "senderType": "agent", "chat": {"id": CHAT}, **changes}


def event(name: str, told: Mapping[str, Any]) -> dict[str, Any]:
    return {"event": name, "chat_id": CHAT, "message_id": told["id"], "item": told}


def match(rows: Sequence[LedgerRow], *told: Mapping[str, Any], owned: Sequence[int] = ()) -> list[Match]:
    echoes = read_echoes([event("sentAllMessage", each) for each in told])
    return [*match_echoes(rows, echoes, is_owned=lambda _, number: number in owned, keep=lambda text: text)]


def test_an_echo_settles_the_unknown_message_of_its_chat() -> None:
    row = ledger_row(mark=MARK)
    assert match([row], item(600011), item(600011)) == [Match(row, 600011)]


@pytest.mark.parametrize(
    ("told", "owned"),
    [
        (item(600010), []),
        (item(600011, "Boa tarde"), []),
        (item(600011, senderType="whatsapp-enterprise"), []),
        (item(600011, is_internal=True), []),
        (item(600011), [600011]),
    ],
)
def test_another_message_settles_nothing(told: Mapping[str, Any], owned: Sequence[int]) -> None:
    assert match([ledger_row(mark=MARK)], told, owned=owned) == []


def test_each_echo_settles_one_row() -> None:
    rows = [ledger_row(number=1, mark=MARK), ledger_row(number=2, mark=MARK)]
    assert match(rows, item(600011)) == [Match(rows[0], 600011)]
    assert [each.message_id for each in match(rows, item(600012), item(600011))] == [600011, 600012]


def test_without_a_mark_or_for_a_closing_no_echo_counts() -> None:
    assert match([ledger_row(), ledger_row("close_chat", mark=MARK)], item(600011)) == []


def test_only_what_was_sent_is_an_echo() -> None:
    told = [event("receivedAllMessage", item(1)), {"event": "sentAllMessage", "item": "x"}]
    assert [*read_echoes([*told, event("sentAllMessage", item(2))])] == [Echo(CHAT, 2, item(2))]


@pytest.mark.parametrize(
    ("privacy", "text", "is_comparable"),
    [
        ("keep_all", "Bom dia", True),
        ("", "Bom dia", False),
        ("text=keep", "Bom dia", True),
        ("text=keep", "Ligue para ana@example.com", True),
        ("text=hmac", "Bom dia", True),
        ("text=mask", "Bom dia", False),
        ("text=drop", "Bom dia", False),
    ],
)
def test_a_text_is_compared_where_the_policy_keeps_it_apart_from_others(
    privacy: str, text: str, is_comparable: bool
) -> None:
    rules = {} if privacy == "keep_all" else {"privacy": privacy, "hash_key": KEY}
    policy = (
        PrivacyPolicy()
        if privacy == "keep_all"
        else PrivacyPolicy.from_settings(Settings.resolve(explicit=rules, environ={}))
    )
    assert (kept_text(policy, text) is not None) is is_comparable


def test_a_hash_of_the_text_is_compared_with_the_hash_of_the_inbox() -> None:
    policy = PrivacyPolicy.from_settings(
        Settings.resolve(explicit={"privacy": "text=hmac", "hash_key": KEY}, environ={})
    )
    kept = kept_text(policy, "Bom dia")
    row = ledger_row(mark=MARK)
    echoes = [Echo(CHAT, 600011, item(600011, str(kept)))]
    found = match_echoes([row], echoes, is_owned=lambda *_: False, keep=lambda text: kept_text(policy, text))
    assert [*found] == [Match(row, 600011)]


def test_answers_of_customers_are_told_from_ours() -> None:
    theirs = item(1, "PARAR", sender={"id": PERSON}, customer={"id": PERSON}, senderType="whatsapp-enterprise")
    ours = item(2, "Digite PARAR", sender={"id": 9001}, customer={"id": PERSON})
    told = [event("receivedAllMessage", theirs), event("receivedAllMessage", ours), event("sentAllMessage", theirs)]
    assert [*read_answers(told)] == [{"contact_id": PERSON, "sender_id": PERSON, "text": "PARAR"}]
