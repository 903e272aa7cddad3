"""What a row sends."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from huggy_connector.actions.guards import Rule, list_channels
from huggy_connector.actions.guards.content_rules import (
    MOST_BYTES,
    check_channel,
    check_file,
    check_length,
    check_template,
    check_text,
)
from huggy_connector.actions.guards.whatsapp import Channel
from huggy_connector.actions.types import PlannedRow
from tests.unit.actions.guards.cases import (
    CHANNEL,
    CLOSE_CHAT,
    COMMENT,
    CONTACT_ID,
    OPEN_CHAT,
    RUN_FLOW,
    SEND_MESSAGE,
    SEND_TEMPLATE,
    TEMPLATE,
    case,
    chat,
    facts,
    row,
    rule_of,
)

CONTENT = base64.b64encode(b"a file").decode()


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"text": "Oi"}, None),
        ({}, Rule.EMPTY_TEXT),
        ({"text": ""}, Rule.EMPTY_TEXT),
        ({"text": " \n\t\u00a0\u200b\u2800\ufeff"}, Rule.EMPTY_TEXT),
        ({"text": "", "file": "https://example.com/a.pdf"}, None),
        ({"text": "Olá {{nome}}, tudo bem?"}, Rule.EMPTY_TEXT),
        ({"text": "Olá ${nome}"}, Rule.EMPTY_TEXT),
        ({"text": "Use {chaves} e {} à vontade"}, None),
    ],
)
def test_a_message_shows_something_and_has_no_open_placeholder(fields: dict[str, Any], expected: Rule | None) -> None:
    assert rule_of(check_text, case(row(SEND_MESSAGE, **fields))) == expected


def test_comments_need_a_text_and_closings_need_none() -> None:
    assert rule_of(check_text, case(row(COMMENT, text=" "))) == Rule.EMPTY_TEXT
    assert rule_of(check_text, case(row(CLOSE_CHAT))) is None
    assert rule_of(check_text, case(row(CLOSE_CHAT, comment="Fim de {{mes}}"))) == Rule.EMPTY_TEXT


def test_whatsapp_takes_4096_characters_and_other_channels_more() -> None:
    short, long = row(SEND_MESSAGE, text="a" * 4096), row(SEND_MESSAGE, text="a" * 4097)
    assert rule_of(check_length, case(short, of_chat=chat())) is None
    assert rule_of(check_length, case(long, of_chat=chat())) == Rule.LONG_TEXT
    assert rule_of(check_length, case(long, of_chat=chat(channel="email", channels=[]))) is None
    assert rule_of(check_length, case(row(SEND_MESSAGE, text="a" * 9999, is_internal=True), of_chat=chat())) is None


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"text": "Oi"}, None),
        ({"file": "https://example.com/a.pdf"}, None),
        ({"file": "example.com/a.pdf"}, Rule.BAD_FILE),
        ({"file": "file:///etc/passwd"}, Rule.BAD_FILE),
        ({"file": "https://"}, Rule.BAD_FILE),
        ({"file": "http://[::1"}, Rule.BAD_FILE),
        ({"file": "https://example.com/a.OGG"}, Rule.BAD_FILE),
        ({"file": "https://example.com/a.mp3"}, None),
        ({"file": "https://example.com/a.pdf", "file_base64": CONTENT}, Rule.BAD_FILE),
        ({"file_base64": CONTENT, "file_name": "a.pdf"}, None),
        ({"file_base64": CONTENT}, Rule.BAD_FILE),
        ({"file_base64": CONTENT, "file_name": "voz.m4a"}, Rule.BAD_FILE),
        ({"file_base64": "data:application/pdf;base64," + CONTENT, "file_name": "a.pdf"}, Rule.BAD_FILE),
        ({"file_base64": "ção", "file_name": "a.pdf"}, Rule.BAD_FILE),
        ({"file_base64": "    ", "file_name": "a.pdf"}, Rule.BAD_FILE),
    ],
)
def test_a_file_is_a_public_address_or_bare_base64_of_a_form_that_the_api_takes(
    fields: dict[str, Any], expected: Rule | None
) -> None:
    assert rule_of(check_file, case(row(SEND_MESSAGE, **fields))) == expected


def test_a_file_has_15_megabytes_at_most() -> None:
    def judged(size: int) -> Rule | None:
        content = base64.b64encode(bytes(size)).decode()
        return rule_of(check_file, case(row(SEND_MESSAGE, file_base64=content, file_name="a.pdf")))

    assert [judged(MOST_BYTES), judged(MOST_BYTES + 1)] == [None, Rule.BAD_FILE]


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, None),
        ({"category": "MARKETING"}, None),
        ({"category": None}, Rule.TEMPLATE_CATEGORY),
        ({"category": "service"}, Rule.TEMPLATE_CATEGORY),
        ({"params": ["Ana", ""]}, Rule.TEMPLATE_PARAMETERS),
        ({"params": ["Ana"]}, Rule.TEMPLATE_PARAMETERS),
        ({"params": ["Ana", "A1", "B"]}, Rule.TEMPLATE_PARAMETERS),
    ],
)
def test_a_template_has_a_category_and_as_many_parameters_as_the_others(
    changes: dict[str, Any], expected: Rule | None
) -> None:
    given = facts(parameter_counts={77: 2})
    assert rule_of(check_template, case(row(SEND_TEMPLATE, **{**TEMPLATE, **changes}), given)) == expected


def test_other_actions_are_no_templates() -> None:
    assert rule_of(check_template, case(row(RUN_FLOW, flow_id=1))) is None


TO_CONTACT = f"contact:{CONTACT_ID}"
KNOWN = list_channels([{"channels": [CHANNEL]}])


@pytest.mark.parametrize(
    ("planned", "channels", "expected"),
    [
        (row(RUN_FLOW, TO_CONTACT), KNOWN, None),
        (row(RUN_FLOW, TO_CONTACT), (), Rule.UNKNOWN_CHANNEL),
        (row(RUN_FLOW, TO_CONTACT, channel_uuid=CHANNEL["uuid"]), KNOWN, None),
        (row(RUN_FLOW, TO_CONTACT, channel_uuid=CHANNEL["uuid"]), (), None),
        (row(RUN_FLOW, TO_CONTACT, channel_uuid="WhatsApp Vendas"), KNOWN, None),
        (row(RUN_FLOW, TO_CONTACT, channel_uuid="WhatsApp Loja"), KNOWN, Rule.UNKNOWN_CHANNEL),
        (row(RUN_FLOW), (), None),
        (row(OPEN_CHAT, TO_CONTACT), (), None),
        (row(OPEN_CHAT, TO_CONTACT, channel_uuid="555"), KNOWN, Rule.UNKNOWN_CHANNEL),
    ],
)
def test_a_flow_for_a_contact_needs_a_channel_that_chats_came_by(
    planned: PlannedRow, channels: tuple[Channel, ...], expected: Rule | None
) -> None:
    assert rule_of(check_channel, case(planned, facts(channels=channels))) == expected
