"""What the catalogue knows of a field: ids and times, numbers that are nobody's, and what is inside an object."""

from __future__ import annotations

import pytest

from huggy_connector.catalogue import RESOURCES, Scalar
from huggy_connector.privacy.field_names import normalize
from huggy_connector.privacy.fields import (
    EMBEDDED_RESOURCES,
    SPELLINGS,
    all_columns,
    catalogue_names,
    embedded_names,
    is_account_label,
    is_id_or_time,
    is_impersonal_number,
    may_hold_id,
    scalar_types,
)


@pytest.mark.parametrize(
    ("path", "is_one"),
    [
        ("contacts.id", True),
        ("chats.contactid", True),
        ("chats.createdat", True),
        ("contacts.lastseen", True),
        ("chats.chatcustomer.id", True),
        ("chats.channels.uuid", True),
        ("anything.new.uuid", True),
        ("contacts.birthdate", False),
        ("contacts.status", False),
        ("contacts.name", False),
        ("contacts.document", False),
        ("contacts.customfields", False),
        ("contacts.customfields.id", False),
        ("contacts.customfields.deep.createdat", False),
        ("contacts.customfields.uuid", False),
    ],
)
def test_ids_and_times_are_known_by_name_but_not_among_the_accounts_own_fields(path: str, *, is_one: bool) -> None:
    assert is_id_or_time(tuple(path.split("."))) is is_one


def test_every_id_and_time_of_the_catalogue_is_kept_so_that_joins_work() -> None:
    ends = [
        (resource.name, normalize(path.rpartition(".")[2]))
        for resource in RESOURCES.values()
        for column in resource.columns
        if column.type in {Scalar.BIGINT, Scalar.INSTANT}
        for path in column.paths
    ]
    assert [path for path in ends if not is_id_or_time(path)] == []
    assert len(ends) > 20


@pytest.mark.parametrize(
    ("path", "is_label"),
    [
        ("chats.channels.name", True),
        ("departments.name", True),
        ("chats.chatdepartment.name", True),
        ("contacts.groups.name", True),
        ("contacts.name", False),
        ("agents.name", False),
        ("contacts.organizations.name", False),
        ("chats.channels.name.deep", False),
        ("chats.channels.type", False),
        ("name", False),
    ],
)
def test_a_name_that_the_account_gave_to_its_own_thing_is_no_persons(path: str, *, is_label: bool) -> None:
    assert is_account_label(tuple(path.split("."))) is is_label


@pytest.mark.parametrize(
    ("key", "catalogued", "custom"),
    [
        ("unread", True, False),
        ("status", True, False),
        ("birthDate", True, False),
        ("contactId", True, True),
        ("createdAt", True, True),
        ("protocolo", True, True),
        ("Número do Pedido", True, True),
        ("order-number", True, True),
        ("NF-e", True, True),
        ("mobile", False, False),
        ("zipCode", False, False),
        ("name", False, False),
        ("horario", False, False),
        ("ordenado", False, False),
        ("anything", False, False),
        ("", False, False),
    ],
)
def test_digits_in_a_field_of_numbers_are_nobodys(key: str, *, catalogued: bool, custom: bool) -> None:
    assert [is_impersonal_number(key, is_custom=is_custom) for is_custom in (False, True)] == [catalogued, custom]


@pytest.mark.parametrize(
    ("name", "inside", "may_be_id"),
    [
        ("chatdepartment", {"id", "name"}, True),
        ("chattabulation", {"id", "name"}, True),
        ("channels", {"uuid", "id", "name", "type"}, True),
        ("customfields", set(), False),
        ("email", None, False),
        ("anything", None, False),
    ],
)
def test_the_names_inside_an_object_are_known(name: str, inside: set[str] | None, *, may_be_id: bool) -> None:
    assert (embedded_names(name), may_hold_id(name)) == (inside, may_be_id)


def test_an_embedded_row_has_the_fields_of_each_resource_that_it_may_be_of() -> None:
    for name, resources in EMBEDDED_RESOURCES.items():
        inside = embedded_names(name)
        assert inside is not None
        for resource in resources:
            paths = {path for column in RESOURCES[resource].columns for path in column.paths}
            assert {normalize(path.partition(".")[0]) for path in paths} <= inside, (name, resource)


def test_digits_in_place_of_a_person_are_an_id_and_in_place_of_a_message_are_its_text() -> None:
    assert [may_hold_id(name) for name in ("sender", "customer", "chat", "lastmessage")] == [True, True, True, False]


def test_every_name_of_the_catalogue_and_its_other_spellings_are_known_as_they_are_written() -> None:
    known = catalogue_names()
    written = [path.rpartition(".")[2] for column in all_columns() for path in column.paths]
    also = [*RESOURCES, *EMBEDDED_RESOURCES, *(name for names in SPELLINGS.values() for name in names)]
    assert [name for name in (*written, *also) if normalize(name) not in known] == []
    assert (known["chatcustomer"], known["email"], known["zipcode"]) in {
        ("chatCustomer", "email", "zipCode"),
        ("chatCustomer", "email", "zip_code"),
    }
    assert all(normalize(written) == name for name, written in known.items())


def test_a_name_has_every_type_that_some_column_gives_it() -> None:
    assert scalar_types()["id"] == {Scalar.BIGINT}
    assert scalar_types()["birthdate"] == {Scalar.DATE}
    assert "anything" not in scalar_types()
