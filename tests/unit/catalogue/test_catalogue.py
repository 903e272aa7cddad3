"""The catalogue is complete: it has everything that is derived from it."""

import re

import pytest

from huggy_connector.catalogue import RESOURCES, Resource, Scalar, get_resource, list_references, select_resources
from huggy_connector.errors import ConfigurationError

each_resource = pytest.mark.parametrize("resource", RESOURCES.values(), ids=list(RESOURCES))


def test_every_resource_is_found_and_parents_come_before_their_children() -> None:
    assert list(RESOURCES) == ["agents", "chats", "contacts", "departments", "messages"]


@each_resource
def test_the_first_column_is_the_id(resource: Resource) -> None:
    assert (resource.columns[0].name, resource.columns[0].type) == ("id", Scalar.BIGINT)


@each_resource
def test_names_are_unique_snake_case_and_free(resource: Resource) -> None:
    names = [column.name for column in resource.columns]
    reserved = {"company_id", "extra", "raw", "fetched_at", "row_hash", "rejects", "snapshot"}
    assert len(set(names)) == len(names)
    assert [name for name in names if not re.fullmatch(r"[a-z][a-z0-9_]*", name) or name in reserved] == []


@each_resource
def test_every_column_has_a_comment_in_both_languages(resource: Resource) -> None:
    comments = [(column.comment.en, column.comment.pt) for column in resource.columns]
    assert [pair for pair in comments if not all(text.endswith(".") for text in pair)] == []


@each_resource
def test_times_that_order_versions_are_columns(resource: Resource) -> None:
    for name in filter(None, (resource.created, resource.version)):
        assert resource.column(name).type is Scalar.INSTANT


def test_an_unknown_resource_is_one_sentence_that_names_the_known_ones() -> None:
    with pytest.raises(ConfigurationError) as raised:
        get_resource("chat")
    assert str(raised.value) == (
        "There is no resource called 'chat': choose from agents, chats, contacts, departments, messages."
    )


def test_no_name_means_all_default_ones_and_names_come_in_landing_order() -> None:
    assert [each.name for each in select_resources([])] == ["agents", "chats", "contacts", "departments"]
    assert [each.name for each in select_resources(["contacts", "agents", "contacts"])] == ["agents", "contacts"]


def test_a_reference_leads_to_another_resource_and_a_substream_has_none_to_check() -> None:
    assert {each.name: dict(list_references(each)) for each in RESOURCES.values() if [*list_references(each)]} == {
        "chats": {"contact_id": "contacts", "agent_id": "agents", "department_id": "departments"}
    }
