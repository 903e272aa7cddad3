"""The error answers of the API, in the language of the request."""

from __future__ import annotations

from huggy_connector.sandbox.server.faults import Answer, json_answer

_TEXTS = {
    "forbidden": {
        "en": "Sorry, you do not have permission",
        "pt-br": "Desculpe, você não tem permissão",
        "es": "Lo sentimos, no tienes permiso",
    },
    "missing": {"en": "Not found", "pt-br": "Não encontrado", "es": "No encontrado"},
    "method": {"en": "Method not allowed", "pt-br": "Método não permitido", "es": "Método no permitido"},
    "page": {"en": "Invalid page", "pt-br": "Página inválida", "es": "Página no válida"},
}
_STATUS = {"forbidden": 403, "missing": 404, "method": 405, "page": 400}
_ACCESS_DENIED = "The resource owner or authorization server denied the request."


def api_error(kind: str, language: str) -> Answer:
    """Return an error of the API itself. `language` is the Accept-Language header; an unknown language is English."""
    first = language.partition(",")[0].partition(";")[0].strip().lower()
    texts = _TEXTS[kind]
    return json_answer(_STATUS[kind], {"reason": texts.get(first, texts["en"])})


def token_error(hint: str) -> Answer:
    """Return an error of the layer that reads tokens."""
    return json_answer(401, {"error": "access_denied", "message": _ACCESS_DENIED, "hint": hint})
