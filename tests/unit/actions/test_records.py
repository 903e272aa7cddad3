"""What the run looks at in records, however they are spelled."""

from __future__ import annotations

from huggy_connector.actions.records import (
    channel_uuids,
    chat_column,
    comparable,
    is_closed,
    is_note,
    is_ours,
    newest_id,
    person_of,
    read_id,
    text_of,
    value_of,
)


def test_ids_are_read_from_numbers_texts_and_objects() -> None:
    values = (7, "7", {"id": "7"}, "", None, 0, True, "x", [7])
    assert [read_id(value) for value in values] == [7, 7, 7, None, None, None, None, None, None]


def test_messages_of_both_versions_read_the_same() -> None:
    v3 = {"id": 1, "text": "Oi\r\n", "senderType": "agent", "isInternal": 1}
    v2 = {"id": "1", "body": " Oi", "senderType": "Virtual_Agent", "is_internal": "true"}
    assert [(is_ours(each), is_note(each), text_of(each)) for each in (v3, v2)] == [(True, True, "Oi")] * 2
    assert not is_ours({"senderType": "whatsapp-enterprise"})


def test_chats_name_person_agent_channels_and_whether_they_are_closed() -> None:
    chat = {"contactId": "8", "agentId": 9, "channels": [{"uuid": "a"}, {"id": 5}], "situation": "filed"}
    assert (person_of(chat), chat_column(chat, "agent_id"), channel_uuids(chat), is_closed(chat)) == (
        8,
        9,
        frozenset({"a"}),
        True,
    )
    assert (person_of({}), channel_uuids({}), is_closed({}), value_of("chats", "agent_id", {})) == (
        None,
        frozenset(),
        False,
        None,
    )


def test_the_newest_of_no_rows_is_zero() -> None:
    assert (newest_id([]), newest_id([{"id": 3}, {"id": "12"}, {}]), comparable(None)) == (0, 12, "")
