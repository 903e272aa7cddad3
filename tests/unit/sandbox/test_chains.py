"""What Huggy tells of a move, in which order, and what it does not tell."""

from __future__ import annotations

from random import Random
from typing import Any

from huggy_connector.sandbox.data.account import Account
from huggy_connector.sandbox.webhook.chains import Chain, Happening, Teller
from huggy_connector.sandbox.webhook_kinds import EVENTS
from tests.unit.sandbox.conftest import create_account, list_chats


def listen(**choices: Any) -> tuple[Account, Teller]:
    account = create_account(**choices)
    teller = Teller(account)
    account.listen(teller.hear)
    return account, teller


def take(teller: Teller, account: Account, *, at: float = 0.0) -> list[list[str]]:
    """Return the names of the events of each chain that is due."""
    return [[each.event for each in chain.happenings] for chain in teller.take(account.local_time(at))]


def pick(account: Account, situation: str) -> int:
    return next(row for row, each in account.chats.lifecycles.open_situations.items() if each == situation)


def test_a_chat_that_moves_on_tells_each_step_of_its_way() -> None:
    account, teller = listen()
    row = pick(account, "auto")
    for elapsed in (1.0, 2.0):
        account.advance_chat(row, elapsed)
    assert take(teller, account) == [
        ["finishedAutomationFlow", "updatedChatDepartment"],
        ["leftQueue", "agentEntered", "sentAllMessage"],
    ]
    account.advance_chat(row, 3.0)
    (ending,) = take(teller, account)
    assert ending[:2] == ["sentAllMessage", "closedChat"]


def test_a_message_that_reaches_nobody_yet_is_told_under_two_keys() -> None:
    account, teller = listen()
    for situation, expected in (
        ("auto", ["receivedAllMessage", "receivedMessage"]),
        ("wait_for_chat", ["receivedAllMessage", "receivedMessage"]),
        ("in_chat", ["receivedAllMessage"]),
    ):
        row = pick(account, situation)
        state = account.chats.lifecycles.state(row)
        account.update_chat(row, state.with_message(account.local_time(5), speaker="contact"))
        (chain,) = teller.take(account.local_time(5))
        assert [each.event for each in chain.happenings] == expected
        assert len({repr(each.item) for each in chain.happenings}) == 1
        assert chain.chat == row


def test_a_message_that_is_told_is_the_newest_that_the_api_lists() -> None:
    account, teller = listen()
    for step in range(1, 60):
        row = Random(step).choice(account.open_rows())
        state = account.chats.lifecycles.state(row)
        speaker = "contact" if step % 2 else "agent" if state.agent is not None else "bot"
        account.update_chat(row, state.with_message(account.local_time(step // 9), speaker=speaker))
        (chain,) = teller.take(account.local_time(step))
        newest = account.chats.messages(row, events=True)[0]
        item = chain.happenings[0].item
        assert (int(item["id"]), item["body"]) == (newest["id"], newest.get("text", newest.get("body")))
        assert item["send_at"] == newest.get("sendAt", newest.get("send_at"))


def test_departments_and_steps_are_told() -> None:
    account, teller = listen()
    row = pick(account, "in_chat")
    state = account.chats.lifecycles.state(row)
    other = ((state.department or 0) + 1) % len(account.desk.departments)
    account.update_chat(row, state.in_department(other, account.local_time(1)))
    state = account.chats.lifecycles.state(row)
    account.update_chat(row, state.at_step(12, account.local_time(2), workflow=1))
    assert take(teller, account) == [["updatedChatDepartment"], ["updatedWorkflowStep"]]
    record = account.chats.record(row)
    assert (record["workflowID"], record["workflowStepID"]) == (1, 12)


def test_new_chats_tell_their_start_first_and_their_first_message_last() -> None:
    account, teller = listen(open_chats=0, chats=50)
    for _ in range(60):
        account.add_row(account.resource_lists["chats"], 1.0)
    chains = take(teller, account)
    assert {chain[0] for chain in chains} == {"startedChat"}
    assert {tuple(chain[-2:]) for chain in chains} == {("receivedAllMessage", "receivedMessage")}
    assert {name for chain in chains for name in chain[1:-2]} == {"startedAutomationFlow", "startedWidgetAttendance"}


def test_contacts_tell_that_they_are_new_or_changed() -> None:
    account, teller = listen()
    contacts = account.resource_lists["contacts"]
    account.add_row(contacts, 1.0)
    account.change_row(contacts, 2.0)
    assert take(teller, account) == [["createdCustomer"], ["updatedCustomer"]]


def test_another_tabulation_a_jump_and_a_departure_are_told_by_nobody() -> None:
    account, teller = listen()
    chats, contacts = account.resource_lists["chats"], account.resource_lists["contacts"]
    account.advance_chat(next(row for row in range(100) if row not in account.open_rows()), 1.0)
    for resource_list in (chats, contacts):
        account.move_to_head(resource_list, 1.0)
        account.remove_row(resource_list)
    assert (take(teller, account), teller.heard) == ([], 0)


def test_surveys_are_answered_a_while_after_the_end_with_a_mark_of_their_scale() -> None:
    account, teller = listen(open_chats=100)
    while account.close_chat(0.0) is not None:
        pass
    at_once = list(teller.take(account.local_time(0)))
    assert not any("nota" in each.item.get("context", {}) for chain in at_once for each in chain.happenings)
    later = list(teller.take(account.local_time(91)))
    marks: dict[str, set[str]] = {}
    for chain in later:
        (answer,) = chain.happenings
        assert answer.event == "finishedAutomationFlow"
        assert 5 <= chain.moment - account.local_time(0) <= 90
        marks.setdefault(answer.item["flowToken"], set()).add(answer.item["context"]["nota"])
    assert marks.keys() == {"pesquisa-nps", "pesquisa-csat"}
    assert marks["pesquisa-csat"] <= set("12345")
    assert marks["pesquisa-nps"] <= {str(number) for number in range(11)}
    assert list(teller.take(account.local_time(1000))) == []


def test_what_is_told_while_chains_are_taken_is_taken_too() -> None:
    _, teller = listen()
    teller.tell(Happening("sentAllMessage", {"id": 1}), moment=5)
    taken = []
    for chain in teller.take(10):
        taken.append(chain)
        if len(taken) < 3:
            teller.tell(Happening("sentAllMessage", {"id": len(taken) + 1}), moment=6)
    assert taken == [Chain((Happening("sentAllMessage", {"id": n}),), 5 if n == 1 else 6) for n in (1, 2, 3)]
    assert teller.heard == 3


def test_the_same_seed_tells_the_same() -> None:
    told = []
    for _ in range(2):
        account, teller = listen()
        for _ in range(30):
            account.add_row(account.resource_lists["chats"], 1.0)
            account.change_row(account.resource_lists["chats"], 1.0)
        told.append(list(teller.take(account.local_time(500))))
    assert told[0] == told[1]
    assert {each.event for chain in told[0] for each in chain.happenings} <= set(EVENTS)


def test_an_account_to_which_nobody_listens_is_the_same() -> None:
    heard, still = listen()[0], create_account()
    for account in (heard, still):
        for _ in range(20):
            account.change_row(account.resource_lists["chats"], 1.0)
            account.add_row(account.resource_lists["chats"], 2.0)
    assert list_chats(heard) == list_chats(still)
