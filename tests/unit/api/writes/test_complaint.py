"""What a refusal complains of is told in three languages, and what is no complaint is not taken for one."""

from typing import Any

import pytest

from huggy_connector.api.writes.complaint import Complaint, list_texts, read_code, says_missing_parameter


@pytest.mark.parametrize(
    "text",
    [
        "Missing required parameter: text",
        "Required parameters were not sent",
        "The field text is mandatory",
        "Parameter text not informed",
        "Parâmetro obrigatório não informado: text",
        "PARÂMETROS OBRIGATÓRIOS AUSENTES",
        "O campo text é obrigatório",
        "Faltam parâmetros",
        "Falta el parámetro obligatorio text",
        "El campo text es requerido",
        "Parámetro no informado",
    ],
)
def test_a_missing_parameter_is_recognised_in_three_languages(text: str) -> None:
    assert says_missing_parameter(text)


@pytest.mark.parametrize(
    "text",
    [
        "Bom dia, tudo bem?",
        "Seu pedido foi enviado.",
        "Faltou você!",
        "O campo de futebol",
        "Is your phone missing?",
        "",
    ],
)
def test_an_ordinary_message_is_no_complaint(text: str) -> None:
    assert not says_missing_parameter(text)


@pytest.mark.parametrize(
    ("value", "is_made"),
    [
        ({"reason": "x"}, True),
        ({"error": {"a": 1}}, True),
        ({"errors": ["x"]}, True),
        ({"success": False}, True),
        ([{"reason": "x"}], True),
        ({"reason": ""}, False),
        ({"reason": None, "error": False, "errors": []}, False),
        ({"success": True, "id": 1}, False),
        ({}, False),
        ([], False),
        (None, False),
        ("x", False),
        (7, False),
    ],
)
def test_an_answer_complains_by_reason_error_errors_or_no_success(value: Any, is_made: bool) -> None:
    assert Complaint.of(value).is_made is is_made


def test_the_texts_of_a_value_are_found_at_any_depth() -> None:
    assert [*list_texts({"a": ["b", {"c": "d"}], "e": 1, "f": ("g",)})] == ["b", "d", "g"]


def test_without_a_code_nothing_is_said_of_whatsapp() -> None:
    assert read_code(Complaint.of({"reason": "Outra coisa 2026 1310 13105012"})) is None
