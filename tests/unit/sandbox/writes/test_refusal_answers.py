"""How the API words what it refuses."""

from __future__ import annotations

import json
from typing import Any

import pytest

from huggy_connector.sandbox.data.writes.refused import WriteRefused
from huggy_connector.sandbox.server.writes.refusal_answers import refusal_answer


@pytest.mark.parametrize(
    ("refused", "language", "as_object", "status", "reason"),
    [
        (WriteRefused(404, "missing"), "pt-br", True, 404, "Não encontrado"),
        (WriteRefused(403, "forbidden"), "es", False, 403, "Lo sentimos, no tienes permiso"),
        (WriteRefused(400, "exists", "mobile"), "pt-BR,pt;q=0.9", False, 400, "Já existe um contato com estes dados"),
        (
            WriteRefused(400, "exists", "mobile"),
            "",
            True,
            422,
            {"mobile": ["A contact with these data already exists"]},
        ),
        (WriteRefused(400, "queued"), "en", True, 400, "A chat in the queue cannot be closed"),
        (WriteRefused(400, "132015", "params"), "en", True, 400, "(#132015) Template is paused"),
        (WriteRefused(400, "file", "fileBase64"), "pt-br", False, 400, "Arquivo inválido"),
    ],
)
def test_a_refusal_has_its_status_and_its_words(
    refused: WriteRefused, language: str, as_object: bool, status: int, reason: Any
) -> None:
    answer = refusal_answer(refused, language, as_object=as_object)
    assert (answer.status, json.loads(answer.body)) == (status, {"reason": reason})
