"""One spelling for the keys of a record, whatever Huggy calls them."""

from __future__ import annotations

from huggy_connector.rows.spelling import respell, respell_message


def test_keys_are_replaced_in_place_and_a_row_without_them_is_the_same_one() -> None:
    row = {"id": 1, "body": "Oi", "z": 2}
    assert [*respell(row, {"body": "text"}).items()] == [("id", 1), ("text", "Oi"), ("z", 2)]
    assert respell(row, {"other": "text"}) is row


def test_a_value_under_either_spelling_is_never_overwritten() -> None:
    row = {"body": "a", "text": "b"}
    assert respell(row, {"body": "text"}) == row


def test_a_message_of_the_webhook_and_one_of_v2_become_one_of_v3() -> None:
    webhook = {
        "id": 1,
        "body": "Oi",
        "is_internal": False,
        "is_email": False,
        "sender_type": "agent",
        "send_at": "t",
        "read_at": None,
    }
    assert respell_message(webhook) == {
        "id": 1,
        "text": "Oi",
        "isInternal": False,
        "isEmail": False,
        "senderType": "agent",
        "sendAt": "t",
        "readAt": None,
    }
