"""A query gives one row of texts, or a sentence says why it cannot be used."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.integration.warehouse.flow.conftest import FlowDesk

TYPES = """\
-- Columns: a, b, c, d, e, f, g, h, i
SELECT NULL AS a, 12.50 AS b, true AS c, false AS d, DATE '2026-11-30' AS e,
    TIMESTAMPTZ '2026-11-30 12:00:00+00' AS f, 'nan'::DOUBLE AS g, repeat('x', 5000) AS h, 1::BIGINT AS i
"""
FAULTS = (
    ("DELETE FROM contacts", "is not one SELECT"),
    ("SELECT 1 AS a; DROP TABLE contacts", "is not one SELECT"),
    ("ATTACH 'x.duckdb'", "is not one SELECT"),
    ("COPY contacts TO 'x.csv'", "is not one SELECT"),
    ("SET enable_external_access = true", "is not one SELECT"),
    ("WITH x AS (DELETE FROM contacts RETURNING id) SELECT id AS a FROM x", "must be at the top level"),
    ("SELECT a FROM read_csv('/etc/passwd') AS t(a)", "reaches for something outside the warehouse"),
    ("SELECT content AS a FROM read_text('/etc/passwd')", "reaches for something outside the warehouse"),
    ("SELECT 1) UNION (SELECT 2", ".sql is wrong. Parser Error"),
    ("SELECT a FROM nowhere", ".sql cannot be run. Catalog Error"),
    ("", "is not one SELECT"),
    ("SELECT ? AS a", "binds $1, which is no input"),
    ("SELECT $other AS a", "binds $other, which is no input"),
    ("SELECT 1 AS b", "gives the columns b, and declares a"),
    ("SELECT 1 AS a, 2 AS cpf", "gives the columns a, cpf, and declares a"),
    ("SELECT * FROM contacts", "and declares a: let both say the same"),
    ("SELECT [1, 2] AS a", "gives INTEGER[] for a: a flow takes one text a column"),
    ("SELECT {x: 1} AS a", "gives STRUCT for a: a flow takes one text a column"),
    ("SELECT custom_fields AS a FROM contacts LIMIT 1", "gives JSON for a: a flow takes one text a column"),
    ("SELECT '\\x01'::BLOB AS a", "gives BLOB for a: a flow takes one text a column"),
)
"""Statements that cannot be used, and what is said of each."""


def test_each_value_is_a_text(flows: FlowDesk) -> None:
    flows.write("types", TYPES)
    flows.load()
    assert flows.ask(flows.open(), "types") == {
        "a": "",
        "b": "12.50",
        "c": "sim",
        "d": "nao",
        "e": "2026-11-30",
        "f": "2026-11-30 09:00:00",
        "g": "",
        "h": "x" * 4_000,
        "i": "1",
    }


def test_inputs_are_bound_and_never_become_part_of_the_statement(flows: FlowDesk) -> None:
    flows.write(
        "found",
        "-- Inputs: name, least integer optional\n-- Columns: contato\nSELECT id AS contato FROM contacts"
        " WHERE company_id = $company_id AND name = $name AND id >= coalesce($least, 0);",
    )
    flows.load()
    queries = flows.open()
    attacks = ["' OR '1'='1", "x'; DROP TABLE contacts; --", "José' UNION SELECT 1 --", "$1", "\\"]
    assert [flows.ask(queries, "found", name=attack) for attack in attacks] == [None] * 5
    assert flows.ask(queries, "found", name="José") == {"contato": "800002"}
    assert flows.ask(queries, "found", name="José", least="800003") is None
    assert flows.ask(queries, "found", name="José", least="1 OR 1=1") == "least is no integer"


def test_a_query_that_gives_several_rows_is_not_answered_by_one_of_them(flows: FlowDesk) -> None:
    flows.write("many", "-- Columns: contato\nSELECT id AS contato FROM contacts")
    flows.load()
    assert flows.ask(flows.open(), "many") == "the query gives several rows: let it choose one, with LIMIT 1"


def test_a_query_that_fails_says_so_without_a_value(flows: FlowDesk) -> None:
    flows.write("broken", "-- Columns: contato\nSELECT CAST(name AS INTEGER) AS contato FROM contacts")
    flows.load()
    assert flows.ask(flows.open(), "broken") == "the query failed (ConversionException)"


def test_an_input_that_is_declared_and_not_used_is_a_mistake(flows: FlowDesk) -> None:
    flows.write("x", "-- Inputs: contact, pedido\n-- Columns: a\nSELECT $contact_id AS a")
    flows.write("y", "-- Inputs: contact\n-- Columns: a\nSELECT 1 AS a")
    flows.load()
    flows.open()
    assert [note.partition(":")[0] for note in flows.notes[:2]] == [
        "x.sql declares an input, but does not use $pedido",
        "y.sql declares an input, but does not use $contact_id",
    ]


def test_a_query_that_cannot_be_used_is_told_of_and_the_others_are_answered(flows: FlowDesk) -> None:
    flows.write("good", "-- Columns: a\nSELECT 1 AS a")
    for number, (text, _) in enumerate(FAULTS):
        flows.write(f"x{number}", f"-- Columns: a\n{text}")
    flows.load()
    queries = flows.open()
    for number, (_, sentence) in enumerate(FAULTS):
        answer = str(flows.ask(queries, f"x{number}"))
        assert sentence in answer
        assert any(note.removeprefix("Warning: ").rstrip(".") == answer.rstrip(".") for note in flows.notes)
    assert len(flows.notes) == len({*flows.notes}) > len(FAULTS)
    assert flows.ask(queries, "good") == {"a": "1"}
    assert flows.desk.read("SELECT count(*) FROM contacts") == [(3,)]


def test_the_example_of_the_page_is_answered(flows: FlowDesk) -> None:
    page = (Path(__file__).parents[4] / "docs" / "flow-endpoint.md").read_text(encoding="utf-8")
    flows.write("protocolo", page.split("```sql\n")[1].split("```")[0])
    flows.load(chats=[flows.chat(700001, contactId="800001", createdAt="2026-11-20 15:30:00")])
    queries = flows.open()
    found = {"protocolo_situacao": "finishing", "protocolo_em": "2026-11-20 15:30:00", "protocolo_agente": "Ana"}
    assert flows.ask(queries, "protocolo", phone="3187654321", numero="700001") == found
    assert flows.ask(queries, "protocolo", contact_id="800001", numero="700001", canal="email") is None
    assert flows.notes == []
