"""Customers who answer that they want no more messages."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from huggy_connector.actions.guards.opt_out_words import (
    OptOutWords,
    find_opt_outs,
    is_from_customer,
    is_signed_by,
    normalize_answer,
)
from tests.unit.actions.guards.cases import CONTACT_ID, message

WORDS = OptOutWords(["parar", "sair", "STOP", "Cancelar", "não quero"])


@pytest.mark.parametrize(
    "text",
    [
        "parar",
        "PARAR",
        "  Parar!!! ",
        "\u200bparar\u200b",
        "p.a.r.a.r",
        "P A R A R",
        "ｐａｒａｒ",
        "Sair, por favor 🙏",
        "quero parar de receber mensagens",
        "sair da lista",
        "Stop.",
        "*stop*",
        "Cancelar",
        "NÃO QUERO",
        "nao quero",
        "Na\u0303o quero...",
        "Não quero mais",
    ],
)
def test_an_answer_is_known_in_whatever_way_it_is_written(text: str) -> None:
    assert WORDS.is_opt_out(text)


@pytest.mark.parametrize(
    "text",
    ["", "não quero parar", "cancelar meu pedido", "paramos?", "sair às 8", "parar e sair", "por favor", "👍", None, 5],
)
def test_other_answers_are_none(text: object) -> None:
    assert not WORDS.is_opt_out(text)


def test_without_words_nobody_opts_out() -> None:
    assert not any(OptOutWords(words).is_opt_out(text) for words in ([], [""], ["!"]) for text in ("", "parar", "!"))


@given(st.text())
@example("ǅ ﬁ İ ẞ")
def test_an_answer_is_the_same_in_capitals_and_with_signs_around_it(text: str) -> None:
    words = normalize_answer(text)
    assert normalize_answer(f" ¡{text}! ") == words
    assert normalize_answer(" ".join(words)) == words


def test_the_contact_of_an_answer_is_found_with_its_newest_time() -> None:
    messages = [
        message("Oi"),
        message("parar", sendAt="2026-11-29 10:00:00"),
        message("sair", sendAt="2026-11-30 10:00:00"),
        message("sair", sender={"id": 9001}, senderType="agent"),
        message("sair", isInternal=True),
    ]
    assert find_opt_outs(messages, words=WORDS, contact_id=CONTACT_ID) == {CONTACT_ID: "2026-11-30 10:00:00"}
    assert find_opt_outs(messages, words=WORDS) == {}


def test_rows_of_the_warehouse_and_of_api_v2_are_read_likewise() -> None:
    at = datetime(2026, 11, 30, tzinfo=UTC)
    of_warehouse = {"contact_id": 5, "sender_id": 5, "sender_type": "widget", "text": "parar", "sent_at": at}
    of_v2 = {"customer": {"id": 6}, "sender": {"id": "6"}, "body": "Parar", "send_at": "", "is_internal": 0}
    assert find_opt_outs([of_warehouse, of_v2], words=WORDS) == {5: "2026-11-30T00:00:00+00:00", 6: ""}


@pytest.mark.parametrize(
    ("changes", "is_theirs", "is_signed"),
    [
        ({}, True, True),
        ({"senderType": "agent"}, True, False),
        ({"sender": None}, True, False),
        ({"sender": None, "senderType": "virtual_agent"}, False, False),
        ({"sender": {"id": 9001}}, False, False),
        ({"type": "internalEvent"}, False, False),
        ({"isInternal": "1"}, False, False),
    ],
)
def test_who_wrote_a_message_is_told_by_the_sender(
    changes: dict[str, object], is_theirs: bool, is_signed: bool
) -> None:
    given = message("Oi", **changes)
    assert (is_from_customer(given, CONTACT_ID), is_signed_by(given, CONTACT_ID)) == (is_theirs, is_signed)
