"""Which resources a run reads: all default ones that the version has, or those that are named."""

from __future__ import annotations

import pytest

from huggy_connector.api.versions import V2, get_version, require_resource, select_of_version
from huggy_connector.errors import ConfigurationError


def names_of(version: str, *names: str, messages: bool = False, feedback: bool = False) -> tuple[list[str], list[str]]:
    notes: list[str] = []
    selected = select_of_version(version, names, messages=messages, feedback=feedback, note=notes.append)
    return [each.name for each in selected], notes


def test_what_a_version_lacks_is_left_out_with_one_note() -> None:
    assert names_of("v3") == (["agents", "chats", "contacts", "departments"], [])
    assert names_of("v2") == (["agents", "chats", "contacts"], ["API v2 has no list of departments: left out."])
    assert names_of("v2", messages=True)[0] == ["agents", "chats", "contacts", "messages"]
    assert names_of("v2", "messages", messages=True) == (["messages"], [])
    assert names_of("v2", "chats", messages=True, feedback=True) == (["chats", "feedbacks", "messages"], [])


def test_what_is_named_and_lacking_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="API v2 has no list of departments"):
        names_of("v2", "chats", "departments")
    with pytest.raises(ConfigurationError, match="API v2 has no list of departments"):
        require_resource("v2", "departments")
    with pytest.raises(ConfigurationError, match="There is no resource called 'tabulations'"):
        require_resource("v2", "tabulations")


def test_a_resource_is_as_the_version_has_it() -> None:
    assert get_version("v2") is V2
    assert require_resource("v2", "chats") == V2.resources["chats"]  # type: ignore[index]
