"""What reading before and after an action proves: by ids and contents, never by a time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from huggy_connector.actions.observe import CHAT_ABOVE, MESSAGE_ABOVE, NOT_SHOWN, Before, Found, read_back, read_before
from huggy_connector.actions.types import LedgerRow
from huggy_connector.catalogue.actions import get_action
from huggy_connector.errors import UnexpectedShape
from huggy_connector.model import Row
from tests.unit.actions.desk import CHAT, PERSON, Desk, chat_row, ledger_row, message_row

PHONE = (("mobile", "5531987654321"), ("phone", "5531987654321"))


def before(row: LedgerRow, desk: Desk, forms: Sequence[tuple[str, str]] = ()) -> Before:
    return read_before(get_action(row.key.action), row, desk, forms=forms)


def back(row: LedgerRow, desk: Desk, *, owned: Mapping[str, Sequence[int]] | None = None, forms: Any = ()) -> Found:
    return read_back(
        get_action(row.key.action),
        row,
        desk,
        is_owned=lambda kind, number: number in (owned or {}).get(kind, ()),
        forms=forms,
    )


def test_before_a_message_the_chat_gives_the_person_and_the_mark_in_one_request() -> None:
    desk = Desk()
    found = before(ledger_row(), desk)
    assert (found.contact_id, found.mark, found.is_done, desk.asked) == (
        PERSON,
        {MESSAGE_ABOVE: 600010},
        False,
        [f"chat {CHAT}"],
    )


@pytest.mark.parametrize(
    ("messages", "mark"), [([message_row(5), message_row(4)], {MESSAGE_ABOVE: 5}), ([], {MESSAGE_ABOVE: 0}), (None, {})]
)
def test_without_a_last_message_the_newest_page_gives_the_mark(
    messages: list[Row] | None, mark: Mapping[str, int]
) -> None:
    desk = Desk({CHAT: chat_row(lastMessage=None)}, shown={CHAT: messages})
    assert before(ledger_row(), desk).mark == mark


def test_where_the_oldest_message_comes_first_all_are_read_for_the_mark_and_for_what_is_above_it() -> None:
    old: list[Row] = [message_row(number) for number in range(600001, 600041)]
    desk = Desk({CHAT: chat_row(lastMessage=None)}, shown={CHAT: [*old]})
    assert before(ledger_row(), desk).mark == {MESSAGE_ABOVE: 600040}
    later = Desk(shown={CHAT: [*old, message_row(600041)]})
    assert back(ledger_row(mark={MESSAGE_ABOVE: 600040}), Desk(shown={CHAT: old})) == Found(False)
    assert back(ledger_row(mark={MESSAGE_ABOVE: 600040}), later) == Found(True, {"message": 600041, "chat": CHAT})


def test_a_chat_that_is_gone_is_gone_and_a_deletion_of_it_is_done() -> None:
    assert before(ledger_row(), Desk({})) == Before(is_gone=True)
    assert before(ledger_row("delete_chat"), Desk({})) == Before(is_gone=True, is_done=True)


@pytest.mark.parametrize(("situation", "is_done"), [("finishing", True), ("in_chat", False)])
def test_a_state_that_is_so_already_is_done(situation: str, is_done: bool) -> None:
    desk = Desk({CHAT: chat_row(situation=situation)})
    found = before(ledger_row("close_chat"), desk)
    assert (found.is_done, found.mark) == (is_done, {})


def test_an_open_chat_of_the_contact_is_not_opened_again() -> None:
    row = ledger_row("open_chat", target=f"contact:{PERSON}", fields={"channel_uuid": "b"})
    desk = Desk({CHAT: chat_row(channels=[{"uuid": "a"}])})
    assert (before(row, desk).is_done, before(row, desk).mark) == (False, {CHAT_ABOVE: CHAT})
    desk.chats[CHAT] = chat_row(channels=[{"uuid": "b"}])
    assert (before(row, desk).is_done, before(row, desk).ids) == (True, {"chat": CHAT})


def test_a_new_contact_is_looked_up_under_every_form_of_its_phone() -> None:
    row = ledger_row("create_contact", target="mobile:abc", fields={"mobile": "5531987654321"})
    desk = Desk(contacts={PERSON: {"id": PERSON, "phone": "5531987654321"}})
    assert before(row, desk, PHONE) == Before(contact_id=PERSON, is_done=True, ids={"contact": PERSON})
    assert before(row, Desk(), PHONE) == Before()


def test_a_server_that_ignores_the_filter_proves_nothing_of_others() -> None:
    class Careless(Desk):
        def contacts_with(self, field: str, value: str) -> Sequence[Row]:
            return [{"id": 1, "mobile": "5511900000000"}]

        def chats_of(self, contact_id: int) -> Sequence[Row]:
            return [*self.chats.values()]

    row = ledger_row("create_contact", target="mobile:abc", fields={"mobile": "5531987654321"})
    assert before(row, Careless(), PHONE) == Before(is_looked_up=False)
    assert back(row, Careless(), forms=PHONE) == NOT_SHOWN
    other = ledger_row("open_chat", target=f"contact:{PERSON + 1}", mark={CHAT_ABOVE: CHAT - 1})
    desk = Careless(contacts={PERSON + 1: {"id": PERSON + 1}})
    with pytest.raises(UnexpectedShape, match="chats of others"):
        before(other, desk)
    assert back(other, desk) == NOT_SHOWN
    desk.chats[CHAT + 1] = chat_row(id=CHAT + 1, chatCustomer={"id": PERSON + 1})
    assert before(other, desk).ids == back(other, desk).ids == {"chat": CHAT + 1}


MARK = {MESSAGE_ABOVE: 600010}


@pytest.mark.parametrize(
    ("shown", "owned", "found"),
    [
        ([message_row(600011), message_row(600010)], [], Found(True, {"message": 600011, "chat": CHAT})),
        ([message_row(600012), message_row(600011)], [], Found(True, {"message": 600011, "chat": CHAT})),
        ([message_row(600012), message_row(600011)], [600011], Found(True, {"message": 600012, "chat": CHAT})),
        ([message_row(600011)], [600011], Found(False)),
        ([message_row(600010)], [], Found(False)),
        ([message_row(600011, "Boa tarde")], [], Found(False)),
        ([message_row(600011, senderType="whatsapp-enterprise")], [], Found(False)),
        ([message_row(600011, isInternal=True)], [], Found(False)),
        ([message_row(600011, "Bom dia\r\n")], [], Found(True, {"message": 600011, "chat": CHAT})),
        (None, [], NOT_SHOWN),
    ],
)
def test_a_message_is_ours_if_it_is_newer_of_our_side_the_same_and_nobody_elses(
    shown: list[Row] | None, owned: list[int], found: Found
) -> None:
    assert back(ledger_row(mark=MARK), Desk(shown={CHAT: shown}), owned={"message": owned}) == found


def test_without_a_mark_no_message_proves_anything() -> None:
    assert back(ledger_row(), Desk(shown={CHAT: [message_row(600011)]})) == NOT_SHOWN


def test_later_pages_are_read_until_one_holds_what_was_there_before() -> None:
    later = [message_row(600100 - number, "Outra") for number in range(45)]
    desk = Desk(shown={CHAT: [*later, message_row(600011), message_row(600010)]})
    assert back(ledger_row(mark=MARK), desk) == Found(True, {"message": 600011, "chat": CHAT})
    assert desk.asked == [f"messages {CHAT} {page}" for page in (0, 1, 2)]


def test_a_template_is_a_message_of_our_side_that_nobody_owns() -> None:
    row = ledger_row("send_template", fields={"template_id": 77, "params": {"1": "Ana"}}, mark=MARK)
    assert back(row, Desk(shown={CHAT: [message_row(600011, "Olá Ana")]})).is_done
    assert not back(row, Desk(shown={CHAT: [message_row(600011, "Olá Ana")]}), owned={"message": [600011]}).is_done


def test_a_file_is_found_as_a_file() -> None:
    row = ledger_row(fields={"file": "https://example.com/a.pdf"}, mark=MARK)
    assert back(row, Desk(shown={CHAT: [message_row(600011, "", file="https://cdn/x")]})).is_done
    assert not back(row, Desk(shown={CHAT: [message_row(600011, "Oi")]})).is_done


@pytest.mark.parametrize(
    ("row", "desk", "found"),
    [
        (ledger_row("close_chat"), Desk({CHAT: chat_row(situation="finishing")}), Found(True)),
        (ledger_row("close_chat"), Desk(), Found(False)),
        (ledger_row("close_chat"), Desk({}), NOT_SHOWN),
        (ledger_row("delete_chat"), Desk({}), Found(True)),
        (ledger_row("delete_chat"), Desk(), Found(False)),
        (ledger_row("transfer_chat", fields={"agent_id": 9001}), Desk(), Found(True)),
        (ledger_row("run_flow", fields={"flow_id": 1}), Desk(), NOT_SHOWN),
        (
            ledger_row("comment", fields={"text": "x"}, mark=MARK),
            Desk(shown={CHAT: [message_row(600011, "x")]}),
            NOT_SHOWN,
        ),
        (ledger_row("request", target="POST:chats/1/x"), Desk(), NOT_SHOWN),
        (ledger_row("delete_contact", target=f"contact:{PERSON}"), Desk(contacts={}), Found(True)),
        (ledger_row("update_contact", target=f"contact:{PERSON}", fields={"name": "Bia"}), Desk(), Found(False)),
        (ledger_row("open_chat", target=f"contact:{PERSON}"), Desk(), NOT_SHOWN),
        (ledger_row("open_chat", target=f"contact:{PERSON}", mark={CHAT_ABOVE: CHAT}), Desk(), Found(False)),
        (
            ledger_row("open_chat", target=f"contact:{PERSON}", mark={CHAT_ABOVE: CHAT - 1}),
            Desk(),
            Found(True, {"chat": CHAT}),
        ),
    ],
)
def test_reading_back_shows_what_the_api_shows(row: LedgerRow, desk: Desk, found: Found) -> None:
    assert back(row, desk) == found
