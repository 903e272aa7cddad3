"""What a client may write into a chat: text, files, templates."""

from __future__ import annotations

from base64 import b64encode
from typing import Any

import pytest

from huggy_connector.sandbox.data.state.chat_state import WrittenMessage
from huggy_connector.sandbox.data.writes.messages import ParameterMissing, read_message
from huggy_connector.sandbox.data.writes.refused import WriteRefused

DATA = b64encode(b"any bytes").decode()
URL = "https://cdn.example.com/files/"


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"text": "Olá"}, WrittenMessage("agent", "Olá")),
        ({"text": "Nota", "isInternal": True}, WrittenMessage("agent", "Nota", is_internal=True)),
        ({"text": "", "file": f"{URL}a.PNG"}, WrittenMessage("agent", "", "image", f"{URL}a.PNG")),
        ({"file": f"{URL}a.pdf", "text": "Boleto"}, WrittenMessage("agent", "Boleto", "document", f"{URL}a.pdf")),
        ({"fileBase64": DATA, "fileName": "a.mp3"}, WrittenMessage("agent", "", "audio", f"{URL}a.mp3")),
        ({"text": "?", "options": [{"id": "1", "title": "Sim"}]}, WrittenMessage("agent", "?")),
        ({"hsm": {"template_id": 79}}, WrittenMessage("agent", "Temos novidades para você.")),
        (
            {"hsm": {"template_id": "77", "params": {"1": "Um", "2": "A1"}}},
            WrittenMessage("agent", "Olá, Um! Seu pedido A1 saiu para entrega."),
        ),
    ],
)
def test_a_message_that_is_right_is_read(body: dict[str, Any], message: WrittenMessage) -> None:
    assert read_message(body) == message


@pytest.mark.parametrize(
    ("body", "kind", "field"),
    [
        ({}, "field", "text"),
        ({"text": ""}, "field", "text"),
        ({"text": 5}, "field", "text"),
        ({"text": "?", "options": [{"id": "1"}]}, "field", "options"),
        ({"text": "?", "options": "Sim"}, "field", "options"),
        ({"file": "a.png"}, "file", "file"),
        ({"fileBase64": f"data:image/png;base64,{DATA}", "fileName": "a.png"}, "file", "fileBase64"),
        ({"fileBase64": DATA}, "file", "fileBase64"),
        ({"fileBase64": DATA, "fileName": "a.ogg"}, "file", "fileBase64"),
        ({"fileBase64": DATA, "fileName": "a.webm"}, "file", "fileBase64"),
        ({"fileBase64": DATA, "fileName": "a.wav"}, "file", "fileBase64"),
        ({"fileBase64": DATA, "fileName": "a.M4A"}, "file", "fileBase64"),
        ({"fileBase64": "a" * 22_000_000, "fileName": "a.pdf"}, "file", "fileBase64"),
        ({"hsm": "77"}, "field", "hsm"),
        ({"hsm": {}}, "field", "template_id"),
        ({"hsm": {"template_id": 12}}, "132001", "template_id"),
        ({"hsm": {"template_id": 79, "params": ["a"]}}, "field", "params"),
        ({"hsm": {"template_id": 79, "params": {"1": "a"}}}, "132000", "params"),
        ({"hsm": {"template_id": 78, "params": {"1": "a\nb"}}}, "132018", "params"),
        ({"hsm": {"template_id": 78, "params": {"1": "a    b"}}}, "132018", "params"),
    ],
)
def test_a_message_that_is_wrong_is_refused_with_the_field(body: dict[str, Any], kind: str, field: str) -> None:
    with pytest.raises(WriteRefused) as refused:
        read_message(body)
    assert (refused.value.kind, refused.value.field) == (kind, field)


@pytest.mark.parametrize("params", [{}, {"1": "Um"}, {"1": "Um", "2": ""}, {"1": "Um", "2": "  "}, None])
def test_a_template_without_one_of_its_parameters_is_not_sent(params: Any) -> None:
    with pytest.raises(ParameterMissing) as missing:
        read_message({"hsm": {"template_id": 77, "params": params}})
    assert missing.value.parameter == ("2" if params and "1" in params else "1")
