"""WhatsApp's own rules."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from huggy_connector.actions.guards.whatsapp import (
    Channel,
    check_parameters,
    choose_channel,
    count_parameters,
    find_parameters,
    has_placeholder,
    is_visible,
    is_whatsapp,
    is_window_open,
    list_channels,
)
from tests.unit.actions.guards.cases import CHANNEL, CONTACT_ID, NOW, ZONE, chat, message


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ("Ana", None),
        (5, None),
        ("duas  palavras", None),
        ("a   b", None),
        ("", "is empty"),
        (None, "is empty"),
        (" ", "is empty"),
        ("\u200b\u2800\u3164\u00ad", "is empty"),
        ("NULL", "is empty"),
        ("NaN", "is empty"),
        ("a\nb", "has a line break or a tab, which Meta rejects"),
        ("a\tb", "has a line break or a tab, which Meta rejects"),
        ("a\u2028b", "has a line break or a tab, which Meta rejects"),
        ("a    b", "has four spaces in a row, which Meta rejects"),
        ("a\u00a0\u00a0 \u00a0b", "has four spaces in a row, which Meta rejects"),
        ("{{nome}}", "has a placeholder that nobody filled in"),
        ("a" * 1024, None),
        ("a" * 1025, "is longer than 1,024 characters"),
    ],
)
def test_a_parameter_is_what_meta_takes(value: Any, reason: str | None) -> None:
    expected = None if reason is None else f"parameter 2 {reason}"
    assert check_parameters({"params": ["Ana", value]}) == expected
    button = None if reason is None else f"the parameter of button 1 {reason}"
    assert check_parameters({"buttons": [{"type": "text", "text": value}]}) == button
    assert check_parameters({"buttons": {"params": [{"type": "text", "text": value}]}}) == button


@pytest.mark.parametrize(
    "fields",
    [
        {"params": ["a", "b"]},
        {"params": {"1": "a", "2": "b"}},
        {"params": {1: "a", 2: "b"}},
        {"param_1": "a", "param_2": "b"},
        {"params": ["a"], "param_2": "b"},
    ],
)
def test_parameters_are_given_as_a_list_an_object_or_columns(fields: dict[str, Any]) -> None:
    assert find_parameters(fields) == {"1": "a", "2": "b"}
    assert check_parameters(fields, due=2) is None
    assert check_parameters(fields, due=3) == "it has 2 parameters, where the template takes 3"


@pytest.mark.parametrize(
    "fields", [{"params": {"0": "a"}}, {"params": {"1": "a", "3": "b"}}, {"params": {"nome": "a"}}]
)
def test_parameters_are_numbered_from_one_without_a_gap(fields: dict[str, Any]) -> None:
    assert check_parameters(fields) == "the parameters must be numbered from 1 without a gap"


def test_a_template_may_take_none() -> None:
    assert check_parameters({}, due=0) is None
    assert check_parameters({"params": []}) is None


def test_how_many_a_template_takes_is_what_most_rows_give() -> None:
    rows = [{"template_id": 1, "params": ["a"] * count} for count in (2, 2, 1)]
    assert count_parameters(
        [*rows, {"template_id": 2}, {"template_id": 3, "params": ["a"]}, {"template_id": 3}, {}]
    ) == {
        1: 2,
        2: 0,
        3: 1,
    }


@given(st.text(st.characters(categories=["Cc", "Cf", "Zs", "Zl", "Zp", "Mn", "Me"])))
@example("\u200b \ufe0f")
def test_characters_without_a_shape_are_not_visible(text: str) -> None:
    assert not is_visible(text)
    assert is_visible(text + "a")
    assert is_visible("👍" + text)


def test_a_placeholder_is_known_over_lines() -> None:
    assert [has_placeholder(text) for text in ("{{a\nb}}", "${a}", "{% if %}", "{a}", "100%", "{{")] == [True] * 3 + [
        False
    ] * 3


LOJA = {"uuid": "00000000-0000-4000-8000-0000000000bb", "name": "WhatsApp Loja", "type": "whatsapp"}
SITE = {"uuid": "00000000-0000-4000-8000-0000000000cc", "name": "Site", "type": "widget"}


def test_channels_are_found_in_chats_each_once() -> None:
    chats: list[dict[str, Any]] = [
        {"channels": [CHANNEL, SITE]},
        {"channels": [CHANNEL]},
        {"channels": "x"},
        {},
        {"channels": [{"uuid": "x"}, 1]},
    ]
    found = list_channels(chats)
    assert found == (Channel(CHANNEL["uuid"], "WhatsApp Vendas", "whatsapp-x"), Channel(SITE["uuid"], "Site", "widget"))
    assert [each.is_whatsapp for each in found] == [True, False]


def test_the_only_whatsapp_channel_is_chosen_and_of_several_the_named_one() -> None:
    one, two = list_channels([{"channels": [CHANNEL, SITE]}]), list_channels([{"channels": [CHANNEL, LOJA]}])
    chosen = [
        choose_channel(one, None),
        choose_channel(two, None),
        choose_channel(two, " whatsapp loja "),
        choose_channel(two, "x"),
    ]
    assert [each and each.name for each in chosen] == ["WhatsApp Vendas", None, "WhatsApp Loja", None]
    assert choose_channel(two, LOJA["uuid"].upper()) == two[1]
    assert choose_channel((), LOJA["uuid"]) == Channel(LOJA["uuid"])
    assert choose_channel((), "WhatsApp Loja") is None


@pytest.mark.parametrize(
    ("of_chat", "expected"),
    [
        ({"channel": "whatsapp-enterprise"}, True),
        ({"channel": {"type": "WhatsApp"}}, True),
        ({"channels": [CHANNEL]}, True),
        ({"channel": "widget"}, False),
        ({"channel": None, "channels": []}, None),
    ],
)
def test_a_chat_tells_whether_it_runs_over_whatsapp(of_chat: dict[str, Any], expected: bool | None) -> None:
    assert is_whatsapp(of_chat) is expected


@pytest.mark.parametrize(
    ("changes", "messages", "expected"),
    [
        ({}, [], True),
        ({"enabledSession": 1}, [], True),
        ({"enabledSession": "false"}, [message("Oi")], False),
        ({"enabledSession": False, "channel": "widget", "channels": []}, [], True),
        ({"enabledSession": None}, [], False),
        ({"enabledSession": None}, [message("Oi")], True),
        ({"enabledSession": None, "lastMessage": message("Oi")}, [], True),
        ({"enabledSession": None}, [message("Oi", sendAt="2026-11-29 12:31:00")], True),
        ({"enabledSession": None}, [message("Oi", sendAt="2026-11-29 12:29:00")], False),
        ({"enabledSession": None}, [message("Oi", sendAt="2026-11-30 12:01:00")], False),
        ({"enabledSession": None}, [message("Oi", sendAt="")], False),
        ({"enabledSession": None}, [message("Oi", sender={"id": 9001}, senderType="agent")], False),
        ({"enabledSession": None}, [message("Oi", sender=None)], False),
        (
            {"enabledSession": None},
            [{"body": "Oi", "send_at": "2026-11-30 11:00:00", "sender": {"id": str(CONTACT_ID)}}],
            True,
        ),
        ({"enabledSession": None, "channel": None, "channels": []}, [], False),
    ],
)
def test_the_window_is_open_where_something_shows_it(
    changes: dict[str, Any], messages: list[Any], expected: bool
) -> None:
    assert is_window_open(chat(**changes), messages, now=NOW, zone=ZONE) is expected
