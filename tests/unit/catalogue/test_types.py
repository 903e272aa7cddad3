"""What the types of the catalogue promise by themselves, whatever the resources are."""

from __future__ import annotations

from dataclasses import FrozenInstanceError

import duckdb
import pytest

from huggy_connector.catalogue import RESOURCES
from huggy_connector.catalogue.types import IDS, Column, ListOrder, RecordState, Resource, Scalar, Text

EMPTY = Text("", "")
DEALS = Resource(
    name="deals",
    path="deals",
    comment=EMPTY,
    columns=(
        Column("id", Scalar.BIGINT, ("id",), EMPTY),
        Column("contact_id", Scalar.BIGINT, ("contactId", "contact.id"), EMPTY),
        Column("contact_name", Scalar.VARCHAR, ("contact.name.first",), EMPTY, personal="name"),
        Column("made_here", Scalar.BOOLEAN, (), EMPTY),
    ),
    ignored=frozenset({"links", "id"}),
)


@pytest.mark.parametrize(
    ("situation", "has_closed", "is_open"),
    [
        ("in_chat", False, True),
        ("in_chat", True, True),  # it was opened again
        ("queue", False, True),
        ("in_queue", True, True),
        ("a situation of 2027", False, True),
        ("a situation of 2027", True, False),
        ("", False, True),
        (None, False, True),
        (None, True, False),
        ("finishing", False, False),
        ("filed", True, False),
        ("blocked", False, False),
    ],
)
def test_a_record_that_is_not_known_to_be_closed_is_open(
    situation: str | None, has_closed: bool, is_open: bool
) -> None:
    life = RESOURCES["chats"].life
    assert life is not None
    assert life.is_open(situation, has_closed=has_closed) is is_open


def test_a_situation_in_both_lists_is_open() -> None:
    life = RecordState("situation", "closed_at", open=("x",), closed=("x",), asked=())
    assert life.is_open("x", has_closed=True)


def test_known_keys_are_those_of_every_spelling_at_the_top_and_the_ignored_ones() -> None:
    assert DEALS.known_keys == {"id", "contactId", "contact", "links"}


@pytest.mark.parametrize("place", range(len(DEALS.columns)))
def test_a_column_is_found_by_its_name(place: int) -> None:
    assert DEALS.column(DEALS.columns[place].name) is DEALS.columns[place]


def test_a_resource_of_which_nothing_more_is_known_promises_nothing() -> None:
    assert (DEALS.order, DEALS.created, DEALS.version, DEALS.life, DEALS.parent, DEALS.embedded, DEALS.history) == (
        ListOrder.UNKNOWN,
        None,
        None,
        None,
        None,
        None,
        False,
    )
    assert (DEALS.paged, DEALS.default) == (True, True)


@pytest.mark.parametrize(
    ("number", "is_valid"), [(0, False), (-1, False), (1, True), (2**63 - 1, True), (2**63, False)]
)
def test_an_id_is_a_positive_bigint(number: int, is_valid: bool) -> None:
    assert (number in IDS) is is_valid


def test_a_scalar_is_a_type_of_duckdb() -> None:
    with duckdb.connect() as connection:
        names = {
            scalar: str(connection.sql(f"SELECT CAST(NULL AS {scalar}) AS x").types[0]).replace(" WITH TIME ZONE", "TZ")
            for scalar in Scalar
        }
    assert names == {scalar: scalar.value for scalar in Scalar}


@pytest.mark.parametrize("value", [DEALS, DEALS.columns[0], EMPTY])
def test_what_is_known_cannot_be_changed(value: object) -> None:
    with pytest.raises(FrozenInstanceError):
        setattr(value, "name" if value is not EMPTY else "en", "another")
