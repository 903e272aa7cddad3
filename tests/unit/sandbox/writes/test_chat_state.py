"""Each step of a chat gives a new state and leaves what was said before."""

from __future__ import annotations

from dataclasses import replace

import pytest

from huggy_connector.sandbox.data.state.chat_state import ChatState, WrittenMessage

OPENED = ChatState(channel=0, contact=1, situation="auto", created=10, updated=10)
TAKEN = OPENED.with_agent(3, 20, situation="in_chat")


def test_the_first_agent_begins_the_attendance_and_later_ones_do_not() -> None:
    assert (TAKEN.agent, TAKEN.attended, TAKEN.later_entries, TAKEN.author) == (3, 20, ((20, "event"),), 3)
    passed = TAKEN.with_agent(4, 30, situation="in_chat")
    assert (passed.agent, passed.attended, passed.later_entries, passed.author) == (4, 20, ((20, "event"),), 3)
    queued = passed.with_agent(None, 40, situation="wait_for_chat")
    assert (queued.agent, queued.situation, queued.author, queued.updated) == (None, "wait_for_chat", 3, 40)


def test_the_same_agent_again_changes_the_time_only() -> None:
    assert TAKEN.with_agent(3, 25, situation="in_chat") == replace(TAKEN, updated=25)


def test_a_chat_ends_with_its_tabulation_or_another_and_remembers_its_first_end() -> None:
    tabulated = replace(TAKEN, tabulation=12)
    ended = tabulated.closed_with(None, 50)
    assert (ended.situation, ended.closed, ended.tabulation, ended.former_end) == ("finishing", 50, 12, None)
    assert tabulated.closed_with(13, 50).tabulation == 13
    reopened = ended.reopened("in_chat", 60)
    assert (reopened.situation, reopened.closed, reopened.former_end) == ("in_chat", None, 50)
    assert (reopened.closed_with(None, 70).closed, reopened.closed_with(None, 70).former_end) == (70, 50)


@pytest.mark.parametrize(
    ("speaker", "is_read", "has_session"), [("contact", False, True), ("agent", True, False), ("bot", True, False)]
)
def test_only_the_customer_leaves_something_unread_and_opens_the_window(
    speaker: str, is_read: bool, has_session: bool
) -> None:
    state = replace(OPENED, is_read=True, has_session=False).with_message(20, speaker=speaker)
    assert (state.is_read, state.has_session, state.later_entries) == (is_read, has_session, ((20, speaker),))


def test_a_written_message_is_kept_with_its_words() -> None:
    message = WrittenMessage("agent", "Olá")
    state = OPENED.with_written(message, 20)
    assert (state.later_entries, state.updated, state.has_session) == (((20, message),), 20, True)
