"""The head of a flow's .sql file, and what a request binds."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from huggy_connector.errors import ConfigurationError
from huggy_connector.warehouse.flow.query_file import (
    LONGEST_INPUT,
    FlowInput,
    FlowQuery,
    FlowQuestion,
    InputKind,
    InvalidInput,
    Person,
    parse_flow_query,
)

ORDER = """\
-- Where an order is.
--
-- Inputs: contact, pedido integer,
--    apelido text optional
-- Columns: pedido_situacao,
--    pedido_em
SELECT situation AS pedido_situacao, created_at AS pedido_em -- as it is
FROM chats WHERE contact_id = $contact_id AND id = $pedido AND coalesce($apelido, '') = '';
"""


def test_the_head_says_what_goes_in_and_what_comes_out() -> None:
    query = parse_flow_query("pedido", ORDER)
    assert query == FlowQuery(
        "pedido",
        ORDER.strip().removesuffix(";"),
        (FlowInput("pedido", InputKind.INTEGER), FlowInput("apelido", InputKind.TEXT, is_required=False)),
        ("pedido_situacao", "pedido_em"),
        takes_contact=True,
    )
    assert query.parameters == {"company_id", "contact_id", "pedido", "apelido"}


@pytest.mark.parametrize(
    ("name", "text", "sentence"),
    [
        ("a", "SELECT 1 AS a", "a.sql does not say what may leave: begin it with a line such as"),
        ("a", "-- Columns:\nSELECT 1", "a.sql does not say what may leave"),
        ("a", "SELECT 1 AS a\n-- Columns: a", "a.sql does not say what may leave"),
        ("Pedidos", "-- Columns: a\nSELECT 1 AS a", "Pedidos.sql is no name of a query: use small letters"),
        ("a", "-- Columns: status\nSELECT 1", "a.sql declares the column 'status', which is taken, doubled or no name"),
        ("a", "-- Columns: atualizado_em\nSELECT 1", "a.sql declares the column 'atualizado_em'"),
        ("a", "-- Columns: b, b\nSELECT 1", "a.sql declares the column 'b', which is taken, doubled"),
        ("a", "-- Columns: *\nSELECT 1", "a.sql declares the column '\\*'"),
        ("a", "-- Inputs: phone\n-- Columns: b\nSELECT 1", "the input 'phone', .* Write `contact` for a contact."),
        ("a", "-- Inputs: secret\n-- Columns: b\nSELECT 1", "the input 'secret'"),
        (
            "a",
            "-- Inputs: x money\n-- Columns: b\nSELECT 1",
            "declares the input 'x money': write `contact`, or a name",
        ),
        ("a", "-- Inputs: contact optional\n-- Columns: b\nSELECT 1", "declares the input 'contact optional'"),
    ],
)
def test_a_head_that_says_it_wrong_is_one_sentence(name: str, text: str, sentence: str) -> None:
    with pytest.raises(ConfigurationError, match=sentence):
        parse_flow_query(name, text)


@pytest.mark.parametrize(
    ("given", "person"),
    [
        ({"contact_id": "800001"}, Person("contact_id", "800001")),
        ({"contact_id": " 0800001 "}, Person("contact_id", "800001")),
        ({"phone": "(31) 8765-4321"}, Person("phone", "5531987654321")),
        ({"email": "Um@Example.com"}, Person("email", "um@example.com")),
        ({"contact_id": "", "phone": "  ", "email": "um@example.com"}, Person("email", "um@example.com")),
        ({"contact_id": "7", "phone": "5531987654321", "email": "nothing"}, Person("contact_id", "7")),
    ],
)
def test_the_first_of_three_names_that_has_a_value_names_the_contact(given: dict[str, str], person: Person) -> None:
    query = FlowQuery("customer", "", (), (), takes_contact=True)
    assert query.bind({**given, "other": "ignored"}) == FlowQuestion(query, person, {})


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"contact_id": " "},
        {"contact_id": "0"},
        {"contact_id": "-1"},
        {"contact_id": "1 OR 1=1"},
        {"contact_id": "1e3"},
        {"contact_id": "٨"},
        {"contact_id": "9223372036854775808"},
        {"contact_id": "9" * 5000},
        {"contact_id": "{{SYSTEM.CLIENT_ID}}"},
        {"phone": "' OR '1'='1"},
        {"phone": "***4321"},
        {"phone": "98765-4321"},
        {"email": "um@example"},
        {"email": "' OR 1=1 --@example.com"},
        {"email": "a@b.c@d.e"},
        {"email": "a" * LONGEST_INPUT + "@example.com"},
        {"email": "m***@"},
    ],
)
def test_what_names_no_contact_is_an_invalid_input(given: dict[str, str]) -> None:
    with pytest.raises(InvalidInput):
        FlowQuery("customer", "", (), (), takes_contact=True).bind(given)


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        (InputKind.TEXT, "'; DROP TABLE chats; --", "'; DROP TABLE chats; --"),
        (InputKind.INTEGER, "-12", -12),
        (InputKind.NUMBER, "12.50", Decimal("12.50")),
        (InputKind.DATE, "2026-11-30", date(2026, 11, 30)),
    ],
)
def test_an_input_is_bound_as_its_type(kind: InputKind, text: str, value: Any) -> None:
    assert FlowInput("x", kind).read(text) == value


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        (InputKind.TEXT, "a\x00b"),
        (InputKind.TEXT, "a" * (LONGEST_INPUT + 1)),
        (InputKind.TEXT, "\ud800"),
        (InputKind.INTEGER, "12.5"),
        (InputKind.INTEGER, "99999999999999999999"),
        (InputKind.NUMBER, "NaN"),
        (InputKind.NUMBER, "1e999999"),
        (InputKind.NUMBER, "12,50"),
        (InputKind.DATE, "30/11/2026"),
    ],
)
def test_an_input_of_another_type_is_refused_without_its_value(kind: InputKind, text: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        FlowInput("x", kind).read(text)
    assert text not in str(refused.value)


def test_an_input_that_is_optional_is_null_and_another_one_must_come() -> None:
    query = parse_flow_query("pedido", ORDER)
    question = query.bind({"contact_id": "1", "pedido": "2", "apelido": ""})
    assert question.values == {"pedido": 2, "apelido": None}
    with pytest.raises(InvalidInput, match="pedido is missing"):
        query.bind({"contact_id": "1"})


def test_the_same_person_is_one_key_however_the_phone_is_written() -> None:
    query = FlowQuery("customer", "", (), (), takes_contact=True)
    forms = ("5531987654321", "+55 31 8765-4321", "(31) 98765-4321")
    assert {query.bind({"phone": form}).key for form in forms} == {"phone=5531987654321"}
    assert parse_flow_query("a", "-- Inputs: x\n-- Columns: b\nSELECT 1").bind({"x": "1"}).key == "a?x=1"
