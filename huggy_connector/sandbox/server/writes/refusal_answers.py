"""The answers of the API to writes that it refuses, in the language of the request."""

from __future__ import annotations

from huggy_connector.sandbox.data.writes.refused import WriteRefused
from huggy_connector.sandbox.fault_kinds import CODES
from huggy_connector.sandbox.server.faults import Answer, json_answer
from huggy_connector.sandbox.server.refusals import api_error

_API_ERRORS = ("missing", "forbidden", "method")
_TEXTS = {
    "agent": ("Agent not found", "Agente não encontrado"),
    "channel": ("Invalid channel", "Canal inválido"),
    "closed": ("The chat is closed", "O atendimento está finalizado"),
    "department": ("Invalid department", "Departamento inválido"),
    "exists": ("A contact with these data already exists", "Já existe um contato com estes dados"),
    "field": ("Invalid parameter", "Parâmetro inválido"),
    "file": ("Invalid file", "Arquivo inválido"),
    "full": (
        "The sandbox keeps no more messages of this chat",
        "O sandbox não guarda mais mensagens deste atendimento",
    ),
    "json": ("The body is no JSON object", "O corpo não é um objeto JSON"),
    "queued": ("A chat in the queue cannot be closed", "Não é possível finalizar um atendimento na fila"),
    "situation": ("Invalid situation", "Situação inválida"),
    "tabulation": ("Invalid tabulation", "Tabulação inválida"),
}


def refusal_answer(refused: WriteRefused, language: str, *, as_object: bool) -> Answer:
    """Return the refusal. With `as_object` its reason is an object by field, where it is about a field."""
    if refused.kind in _API_ERRORS:
        return api_error(refused.kind, language)
    if refused.kind in CODES:
        return json_answer(refused.status, {"reason": f"(#{refused.kind}) {CODES[refused.kind]}"})
    english, portuguese = _TEXTS[refused.kind]
    text = portuguese if language.lower().startswith("pt") else english
    if as_object and refused.field:
        return json_answer(422, {"reason": {refused.field: [text]}})
    return json_answer(refused.status, {"reason": text})
