"""The catalogue is complete: it has everything that is derived from it."""

import re
from collections.abc import Callable

import pytest

from huggy_connector.catalogue import (
    RESOURCES,
    Resource,
    Scalar,
    get_list,
    get_resource,
    list_references,
    select_resources,
    windowed_resources,
)
from huggy_connector.errors import ConfigurationError

each_resource = pytest.mark.parametrize("resource", RESOURCES.values(), ids=list(RESOURCES))


def test_every_resource_is_found_and_parents_come_before_their_children() -> None:
    assert list(RESOURCES) == ["agents", "chats", "contacts", "departments", "events", "feedbacks", "messages"]


@each_resource
def test_the_first_column_is_the_key_which_is_the_id_of_all_that_the_api_lists(resource: Resource) -> None:
    first, is_list = resource.columns[0], resource.is_listed and not resource.is_single
    assert first.name == resource.key
    assert ((first.name, first.type) == ("id", Scalar.BIGINT)) == is_list


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
        "There is no resource called 'chat': choose from agents, chats, contacts, departments, events, feedbacks, "
        "messages."
    )


@pytest.mark.parametrize("call", [get_list, lambda name: select_resources([name])], ids=["one", "some"])
def test_what_the_api_does_not_list_cannot_be_read_and_the_sentence_says_how_it_comes(
    call: Callable[[str], object],
) -> None:
    with pytest.raises(ConfigurationError) as raised:
        call("events")
    assert str(raised.value) == (
        "The API has no list of events: `huggy serve` receives what the webhook tells, and `huggy live` lands it."
    )
    with pytest.raises(ConfigurationError) as raised:
        call("chat")
    assert str(raised.value) == (
        "There is no resource called 'chat': choose from agents, chats, contacts, departments, feedbacks, messages."
    )


def test_what_comes_by_webhook_is_no_default_and_in_no_window() -> None:
    assert not {each.name for each in (*select_resources([]), *windowed_resources()) if not each.is_listed}


def test_no_name_means_all_default_ones_and_names_come_in_landing_order() -> None:
    assert [each.name for each in select_resources([])] == ["agents", "chats", "contacts", "departments"]
    assert [each.name for each in select_resources(["contacts", "agents", "contacts"])] == ["agents", "contacts"]


def test_a_reference_leads_to_another_resource_and_a_substream_has_none_to_check() -> None:
    assert {each.name: dict(list_references(each)) for each in RESOURCES.values() if [*list_references(each)]} == {
        "chats": {"contact_id": "contacts", "agent_id": "agents", "department_id": "departments"},
        "events": {"chat_id": "chats"},
    }
