"""What the API says when it refuses, in the language of the request."""

from __future__ import annotations

import pytest

from huggy_connector.sandbox.server.refusals import api_error, token_error
from tests.unit.sandbox.conftest import read_json

ENGLISH, PORTUGUESE, SPANISH = (
    "Sorry, you do not have permission",
    "Desculpe, você não tem permissão",
    "Lo sentimos, no",
)


@pytest.mark.parametrize(
    ("language", "reason"),
    [
        ("", ENGLISH),
        ("en", ENGLISH),
        ("de", ENGLISH),
        ("*", ENGLISH),
        ("pt", ENGLISH),
        (",pt-br", ENGLISH),
        ("pt-br", PORTUGUESE),
        ("pt-BR,pt;q=0.9,en;q=0.8", PORTUGUESE),
        (" PT-BR ;q=1", PORTUGUESE),
        ("es,pt-br", SPANISH),
    ],
)
def test_the_first_language_counts_and_an_unknown_one_is_english(language: str, reason: str) -> None:
    told = read_json(api_error("forbidden", language))
    assert (list(told), told["reason"].startswith(reason)) == (["reason"], True)


@pytest.mark.parametrize(("kind", "status"), [("forbidden", 403), ("missing", 404), ("method", 405), ("page", 400)])
def test_every_refusal_has_its_status_and_a_text_of_its_own_in_each_language(kind: str, status: int) -> None:
    answers = [api_error(kind, language) for language in ("en", "pt-br", "es")]
    assert {(answer.status, answer.content_type) for answer in answers} == {(status, "application/json")}
    assert len({answer.body for answer in answers}) == 3


def test_accents_are_not_escaped() -> None:
    assert api_error("missing", "pt-br").body.decode() == '{"reason":"Não encontrado"}'


def test_the_token_layer_has_an_error_of_another_shape() -> None:
    answer = token_error("The JWT string must have two dots")
    assert (answer.status, read_json(answer)) == (
        401,
        {
            "error": "access_denied",
            "message": "The resource owner or authorization server denied the request.",
            "hint": "The JWT string must have two dots",
        },
    )
