"""What the receiver answers and what it writes, with an inbox that only remembers."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from hmac import digest
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from huggy_connector.errors import InboxBusy, InboxUnusable, WebhookError
from huggy_connector.privacy import PrivacyPolicy, SuppressionList
from huggy_connector.settings import Settings
from huggy_connector.webhook.entries import Entry
from huggy_connector.webhook.inbox import Inbox
from huggy_connector.webhook.protocol.tokens import Tokens, digest_token
from huggy_connector.webhook.receiver import BUSY, Answer, Post, Receiver, Rules
from huggy_connector.webhook.refusal_quota import MAX_A_MINUTE
from huggy_connector.webhook.work_queue import Done
from tests.unit.webhook.corpus import (
    ACCEPTED,
    AGENT_ENTERED,
    CLOSED,
    COMPANY,
    CUSTOMER,
    EMPTY,
    MESSAGE,
    REFUSED,
    TOKEN,
    body,
    envelope,
    handshake,
    nested,
)

OTHER = "f" * 32
NOW = datetime(2026, 11, 22, 7, tzinfo=UTC)
KEY = b"a long random text, kept for good"
NOBODY = SuppressionList(COMPANY)


class RememberingInbox(Inbox):
    """Writes nothing. `error` is what a commit ends with, `refusal` what a submit raises."""

    def __init__(self) -> None:
        super().__init__(Path("nowhere"), now=lambda: NOW)
        self.written: list[Entry] = []
        self.failures = 0
        self.is_learning = False
        self.error: WebhookError | None = None
        self.refusal: WebhookError | None = None

    def submit(self, entries: Sequence[Entry], done: Done) -> None:
        if self.refusal is not None:
            raise self.refusal
        if self.error is None:
            self.written += entries
        done(self.error)

    def learn(self, company_id: int, digest: str, done: Callable[[bool], None]) -> None:
        has_learned, self.is_learning = self.is_learning, False
        if has_learned:
            self.learned[company_id] = digest
        done(has_learned)

    def note_failure(self) -> None:
        self.failures += 1


class Desk:
    """A receiver with its inbox. `post` returns what it answers."""

    def __init__(
        self,
        tokens: Tokens | None = None,
        *,
        company_id: int | None = COMPANY,
        privacy: str = "",
        suppression: SuppressionList | None = NOBODY,
    ) -> None:
        self.inbox = RememberingInbox()
        policy = PrivacyPolicy.from_settings(Settings(privacy=privacy, hash_key=KEY.decode()))
        rules = Rules(tokens or Tokens((TOKEN,)), company_id, policy, lambda _: suppression)
        self.receiver = Receiver(self.inbox, rules, now=lambda: NOW, monotonic=lambda: 5.0)

    def post(self, sent: bytes, company: str = str(COMPANY), secret: str | None = None) -> Answer:
        answers: list[Answer] = []
        self.receiver.receive(Post(company, secret, sent), answers.append)
        (answer,) = answers
        return answer

    @property
    def rows(self) -> list[dict[str, Any]]:
        return [json.loads(entry.row) for entry in self.inbox.written if entry.row is not None]

    @property
    def refusals(self) -> list[tuple[int | None, str | None]]:
        return [(entry.company_id, entry.reason) for entry in self.inbox.written if entry.row is None]


def told(answer: Answer) -> tuple[int, str]:
    return answer.status, answer.text


@pytest.mark.parametrize(("sent", "items"), ACCEPTED)
def test_every_item_of_an_accepted_envelope_is_written(sent: bytes, items: int) -> None:
    desk = Desk()
    assert (told(desk.post(sent)), len(desk.rows), desk.refusals) == ((200, ""), items, [])
    assert desk.receiver.tally.events == items


def test_a_row_is_written_after_the_privacy_policy_with_a_fingerprint_of_that() -> None:
    desk = Desk(privacy="name=drop")
    desk.post(body(envelope(updatedCustomer=[CUSTOMER])))
    (row,) = desk.rows
    assert "Cliente Um" not in json.dumps(row)
    assert (row["event"], row["contact_id"], row["received_at"]) == ("updatedCustomer", 800001, NOW.isoformat())
    desk.post(body(envelope(updatedCustomer=[CUSTOMER | {"name": "Another"}])))
    assert desk.rows[1]["event_id"] == row["event_id"]


def test_the_same_item_in_another_envelope_has_the_same_fingerprint_and_is_there_twice() -> None:
    desk = Desk()
    for time in (1, 2):
        desk.post(body(envelope(closedChat=[CLOSED], time=time)))
    first, second = desk.rows
    assert first["event_id"] == second["event_id"]


def test_of_a_forgotten_person_nothing_is_written_and_others_are_told_from_them() -> None:
    mark = f"contact-{digest(KEY, f'contact {COMPANY} 800001'.encode(), 'sha256').hex()[:32]}"
    desk = Desk(suppression=SuppressionList(COMPANY, KEY, frozenset({mark})))
    sent = envelope(updatedCustomer=[CUSTOMER, CUSTOMER | {"id": 800002}], agentEntered=[AGENT_ENTERED])
    assert told(desk.post(body(sent))) == (200, "")
    assert 800001 not in [row.get("contact_id") for row in desk.rows]
    assert 800002 in [row.get("contact_id") for row in desk.rows]
    assert "um@example.com" not in json.dumps([row for row in desk.rows if row.get("contact_id") != 800002])


def test_without_the_list_of_forgotten_people_nothing_is_taken() -> None:
    desk = Desk(suppression=None)
    assert (desk.post(body(envelope(closedChat=[CLOSED]))), desk.inbox.written) == (BUSY, [])
    assert desk.inbox.failures == 1


@pytest.mark.parametrize(("sent", "reason"), REFUSED)
def test_what_is_no_envelope_is_answered_400_and_kept_as_a_reason(sent: bytes, reason: str) -> None:
    desk = Desk()
    assert (told(desk.post(sent)), desk.refusals) == ((400, ""), [(COMPANY, reason)])


@pytest.mark.parametrize("sent", EMPTY)
def test_an_empty_body_is_answered_200_and_nothing_is_stored(sent: bytes) -> None:
    desk = Desk()
    assert (told(desk.post(sent)), desk.inbox.written) == ((200, ""), [])


@pytest.mark.parametrize(
    ("shown", "reason"),
    [(OTHER, "wrong token"), (None, "missing token"), ("", "missing token"), (TOKEN[:-1], "wrong token")],
)
def test_without_the_right_token_nothing_is_taken(shown: str | None, reason: str) -> None:
    desk = Desk()
    answer = desk.post(body(envelope(shown, closedChat=[CLOSED])))
    assert (told(answer), desk.rows, desk.refusals) == ((401, ""), [], [(COMPANY, reason)])


def test_with_neither_token_nor_secret_address_everything_is_refused() -> None:
    desk = Desk(Tokens())
    answers = [desk.post(body(envelope(shown, closedChat=[CLOSED]))).status for shown in (None, TOKEN)]
    assert (answers, desk.rows) == ([401, 401], [])


def test_in_app_mode_the_secret_address_is_enough_and_any_other_is_not_there() -> None:
    desk = Desk(Tokens(path="secret"))
    sent = body(envelope(None, closedChat=[CLOSED]))
    answers = [desk.post(sent, secret=secret) for secret in ("secret", "Secret", None)]
    assert [told(each) for each in answers] == [(200, ""), (404, ""), (404, "")]
    assert (len(desk.rows), desk.refusals) == (1, [])


@pytest.mark.parametrize("company", ["0", "-1", "x", "", str(2**63), "1" * 5_000])
def test_a_company_that_is_no_number_is_not_there(company: str) -> None:
    assert told(Desk().post(body(envelope(closedChat=[CLOSED])), company)) == (404, "")


def test_the_token_is_told_to_the_right_token_alone() -> None:
    desk = Desk()
    answers = [told(desk.post(handshake(shown))) for shown in (TOKEN, OTHER, "")]
    assert answers == [(200, TOKEN), (401, ""), (401, "")]
    assert desk.rows == []


def test_a_token_that_is_learned_is_told_once_and_is_right_from_then_on() -> None:
    desk = Desk(Tokens())
    desk.inbox.is_learning = True
    answers = [told(desk.post(handshake(shown))) for shown in (OTHER, TOKEN, OTHER)]
    assert answers == [(200, OTHER), (401, ""), (200, OTHER)]
    assert desk.inbox.learned == {COMPANY: digest_token(OTHER)}
    sent = [body(envelope(shown, closedChat=[CLOSED])) for shown in (OTHER, TOKEN)]
    assert [desk.post(each).status for each in sent] == [200, 401]


def test_of_another_company_nothing_is_taken() -> None:
    desk = Desk()
    assert told(desk.post(body(envelope(closedChat=[CLOSED])), "8")) == (403, "")
    foreign = [CLOSED | {"company": {"id": 8}}]
    assert told(desk.post(body(envelope(closedChat=foreign)))) == (403, "")
    assert told(desk.post(body(envelope(closedChat=[CLOSED, *foreign])))) == (200, "")
    assert (len(desk.rows), desk.refusals) == (1, [(8, "foreign company"), *[(COMPANY, "foreign company")] * 2])


def test_without_a_company_in_the_settings_each_has_its_address() -> None:
    desk = Desk(company_id=None)
    for company in (7, 8):
        sent = body(envelope(closedChat=[CLOSED | {"company": {"id": str(company)}}]))
        assert desk.post(sent, str(company)).status == 200
    assert [entry.company_id for entry in desk.inbox.written] == [7, 8]


def test_items_that_are_no_items_are_refused_on_record_beside_the_others() -> None:
    desk = Desk()
    hidden = CLOSED | {"text": nested(100_000)}
    assert told(desk.post(body(envelope(closedChat=[CLOSED, 3, {"a": json.loads(nested(150))}, hidden])))) == (200, "")
    reasons = ["item is no object", "item is nested too deep"]
    assert (desk.refusals[:2], len(desk.inbox.written)) == ([(COMPANY, reason) for reason in reasons], 4)


def test_an_object_without_messages_is_answered_200_and_is_on_record() -> None:
    desk = Desk()
    answers = [told(desk.post(body({"token": TOKEN, **more}))) for more in ({}, {"messages": 3}, {"messages": None})]
    assert (answers, desk.refusals) == ([(200, "")] * 3, [(COMPANY, "no messages")] * 3)


@pytest.mark.parametrize("error", [InboxBusy("x"), InboxUnusable("x")])
def test_what_is_not_durable_is_answered_503(error: WebhookError) -> None:
    desk = Desk()
    desk.inbox.error = error
    assert desk.post(body(envelope(closedChat=[CLOSED]))) == BUSY
    assert (desk.receiver.tally.events, desk.receiver.tally.answers) == (0, {503: 1})


def test_an_inbox_that_takes_nothing_makes_a_503_and_never_hides_a_wrong_token() -> None:
    desk = Desk()
    desk.inbox.refusal = InboxBusy("x")
    sent = [envelope(closedChat=[CLOSED]), envelope(OTHER, closedChat=[CLOSED])]
    assert [desk.post(body(each)).status for each in sent] == [503, 401]
    assert desk.inbox.failures == 1


def test_a_receiver_that_stops_takes_nothing() -> None:
    desk = Desk()
    desk.receiver.is_stopping = True
    assert (desk.post(body(envelope(closedChat=[CLOSED]))), desk.inbox.written) == (BUSY, [])


def test_refusals_on_record_are_few_and_all_are_counted() -> None:
    desk = Desk()
    for _ in range(MAX_A_MINUTE + 50):
        desk.post(body(envelope(OTHER, closedChat=[CLOSED])))
    assert (len(desk.refusals), desk.receiver.tally.refusals) == (MAX_A_MINUTE, {"wrong token": MAX_A_MINUTE + 50})


def test_a_body_that_is_cut_off_is_on_record_only_at_the_right_address() -> None:
    desk = Desk(Tokens(path="secret"))
    cut = [
        desk.receiver.cut_off(Post(str(COMPANY), secret, b"part"), status=413, reason="body is too large")
        for secret in ("secret", "x")
    ]
    assert [each.answer.status for each in cut] == [413, 404]
    assert [each.note and each.note.size for each in cut] == [4, None]


EVENTS = st.sampled_from(["receivedAllMessage", "closedChat", "updatedCustomer", "unknown", ""])
ITEMS = st.sampled_from([MESSAGE, CLOSED, CUSTOMER, AGENT_ENTERED]).flatmap(
    lambda item: st.dictionaries(
        st.sampled_from([*item]),
        st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.just([]) | st.just({}),
        max_size=4,
    ).map(lambda odd: {**item, **odd, "company": {"id": COMPANY}})
)


@given(st.dictionaries(EVENTS, st.lists(ITEMS, max_size=4), min_size=1, max_size=3))
@example({"closedChat": [CLOSED | {"id": "\ud83d", "closed_at": float("inf")}]})
def test_whatever_types_its_values_have_every_item_is_written(messages: dict[str, list[dict[str, Any]]]) -> None:
    desk = Desk()
    assert told(desk.post(body(envelope(**messages)))) == (200, "")
    sent = sorted(event for event, items in messages.items() for _ in items)
    assert (sorted(row["event"] for row in desk.rows), desk.refusals) == (sent, [])


@given(st.binary(max_size=300))
@example(b"=%7B%22token%22")
def test_whatever_bytes_come_there_is_an_answer(sent: bytes) -> None:
    assert Desk().post(sent).status in {200, 400, 401}
