"""A version of the API: the requests that it knows, and the refusal of those that it lacks."""

from __future__ import annotations

import pytest

from huggy_connector.api.versions import V2, V3, ApiVersion
from huggy_connector.catalogue import RESOURCES
from huggy_connector.errors import ConfigurationError


@pytest.mark.parametrize(("version", "path"), [(V3, "companies/4242/chats/7/messages"), (V2, "chats/7/messages")])
def test_a_page_of_a_substream_names_the_company_only_in_v3(version: ApiVersion, path: str) -> None:
    request = version.list_request(RESOURCES["messages"], 2, company_id=4242, parent=7)
    assert (request.path, request.query, request.is_repeatable) == (path, (("page", "2"),), True)


@pytest.mark.parametrize(("version", "path"), [(V3, "companies/4242/contacts/9"), (V2, "contacts/9")])
def test_a_record_is_asked_for_by_its_id(version: ApiVersion, path: str) -> None:
    assert version.row_request(RESOURCES["contacts"], 9, company_id=4242).path == path


def test_no_request_can_be_made_for_what_v2_lacks() -> None:
    departments = RESOURCES["departments"]
    assert (V2.has(departments), V3.has(departments), V3.adapt(departments)) == (False, True, departments)
    with pytest.raises(ConfigurationError) as caught:
        V2.list_request(departments, 0, company_id=None)
    assert str(caught.value) == (
        "API v2 has no list of departments, it has agents, chats, contacts, feedbacks, messages: leave it out, or move "
        "to v3 (docs/api-v2.md)."
    )
