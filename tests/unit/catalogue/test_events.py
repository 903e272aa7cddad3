"""What the items of an event are."""

import pytest

from huggy_connector.catalogue import RESOURCES
from huggy_connector.catalogue.events import EVENT_KINDS, EVENTS, ItemKind, kind_of


@pytest.mark.parametrize(
    ("event", "kind"),
    [
        ("receivedAllMessage", ItemKind.MESSAGE),
        ("sendedAllMessage", ItemKind.MESSAGE),
        ("closedChat", ItemKind.CHAT),
        ("createdCustomer", ItemKind.CONTACT),
        ("finishedAutomationFlow", ItemKind.OTHER),
        ("nobodyKnowsThis", ItemKind.OTHER),
        ("", ItemKind.OTHER),
    ],
)
def test_an_event_tells_what_its_items_are_and_an_unknown_one_nothing(event: str, kind: ItemKind) -> None:
    assert kind_of(event) is kind


def test_each_kind_but_none_names_a_resource_that_the_api_lists() -> None:
    assert all(RESOURCES[kind].is_listed for kind in set(EVENT_KINDS.values()) if kind)


def test_what_a_further_delivery_changes_is_no_change_of_the_event() -> None:
    untracked = [column.name for column in EVENTS.columns if not column.tracked]
    assert untracked == ["envelope_at", "received_at", "deliveries"]
