"""Decides about each request of the webhook, and writes what is accepted. It knows no web server.

Order of a decision: address, body, token, company, items. The privacy policy and the list of forgotten people come
before anything is written, and an answer of 200 after it is durable.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from huggy_connector.catalogue import EVENTS
from huggy_connector.errors import WebhookError
from huggy_connector.privacy import PrivacyPolicy, SuppressionList
from huggy_connector.webhook.entries import Entry, to_microseconds
from huggy_connector.webhook.inbox import Inbox
from huggy_connector.webhook.protocol.envelope import Envelope, RefusedItem, UnreadableBody, is_empty, parse_envelope
from huggy_connector.webhook.protocol.event_row import fingerprint, make_row, read_company, read_id
from huggy_connector.webhook.protocol.tokens import Tokens, digest_token
from huggy_connector.webhook.refusal_quota import RefusalQuota
from huggy_connector.webhook.tally import Tally

OK, BAD_REQUEST, UNAUTHORIZED, FORBIDDEN, NOT_FOUND, UNAVAILABLE = 200, 400, 401, 403, 404, 503
RETRY_SECONDS = 5
"""What a 503 asks the sender to wait."""
WRONG_TOKEN, MISSING_TOKEN, NO_TOKEN_KNOWN = "wrong token", "missing token", "no token is known"
FOREIGN, NO_MESSAGES = "foreign company", "no messages"


@dataclass(frozen=True, slots=True)
class Answer:
    """What the sender is told. `retry_after`: seconds, with a 503."""

    status: int
    text: str = ""
    retry_after: int | None = None


BUSY = Answer(UNAVAILABLE, retry_after=RETRY_SECONDS)
"""Nothing is kept: the sender has to send it again, if it does that at all."""


@dataclass(frozen=True, slots=True)
class Post:
    """A request: the company and the last part of its address, and its body."""

    company: str
    secret: str | None = field(repr=False)
    body: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Rules:
    """By what a receiver decides. `company_id`: the only one of which it takes anything; None: any."""

    tokens: Tokens
    company_id: int | None
    policy: PrivacyPolicy
    suppression: Callable[[int], SuppressionList | None]
    """Returns the list of forgotten people of a company; None if it was never readable."""


@dataclass(frozen=True, slots=True)
class Learning:
    """A token that nobody knows."""

    company_id: int
    token: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Decision:
    """An answer, the entries that must be durable before it is given, and what is not worth waiting for."""

    answer: Answer
    entries: Sequence[Entry] = ()
    note: Entry | None = None
    reasons: Sequence[str] = ()
    withheld: int = 0
    learn: Learning | None = None
    """The token that is right after all if it is learned now."""


_NOT_FOUND = Decision(Answer(NOT_FOUND), reasons=("wrong address",))


class Receiver:
    """Answers requests. All methods are called in one thread but `decide`, which takes a moment for a large body."""

    def __init__(
        self,
        inbox: Inbox,
        rules: Rules,
        *,
        now: Callable[[], datetime],
        monotonic: Callable[[], float],
    ) -> None:
        self._inbox = inbox
        self._rules = rules
        self._now = now
        self._monotonic = monotonic
        self._quota = RefusalQuota(monotonic)
        self.tally = Tally()
        self.is_stopping = False

    def receive(self, post: Post, answer: Callable[[Answer], None]) -> None:
        """Decide about a request, and call `answer` once."""
        self.carry_out(self.decide(post), answer)

    def carry_out(self, decision: Decision, answer: Callable[[Answer], None]) -> None:
        """Write what is decided, and answer as soon as it is durable."""
        try:
            if self.is_stopping or decision.answer is BUSY:
                self._answer_busy(answer)
            elif decision.learn is not None:
                self._learn(decision, decision.learn, answer)
            elif decision.entries:
                self._inbox.submit(decision.entries, lambda error: self._finish(decision, error, answer))
            else:
                self._note(decision)
                self._finish(decision, None, answer)
        except WebhookError:
            self._answer_busy(answer)

    def decide(self, post: Post) -> Decision:
        """Return what is to be done with a request."""
        company_id = self._read_address(post)
        if company_id is None:
            return _NOT_FOUND
        if is_empty(post.body):
            return Decision(Answer(OK))
        try:
            envelope = parse_envelope(post.body)
        except UnreadableBody as error:
            return self._refuse(Answer(BAD_REQUEST), str(error), company_id, post.body)
        return self._decide_envelope(envelope, company_id, post.body)

    def cut_off(self, post: Post, *, status: int, reason: str) -> Decision:
        """Return the decision not to read on. The body is what has come so far."""
        company_id = self._read_address(post)
        return _NOT_FOUND if company_id is None else self._refuse(Answer(status), reason, company_id, post.body)

    def _read_address(self, post: Post) -> int | None:
        return read_id(post.company) if self._rules.tokens.is_path(post.secret) else None

    def _refuse(self, answer: Answer, reason: str, company_id: int, body: bytes) -> Decision:
        """Return the decision not to take a body, of which hash and size are kept."""
        entry = Entry.of_refusal(company_id, body, reason=reason, received_at=self._now())
        return Decision(answer, note=entry, reasons=(reason,))

    def _decide_envelope(self, envelope: Envelope, company_id: int, body: bytes) -> Decision:
        learned = self._inbox.learned.get(company_id)
        tokens = self._rules.tokens
        if envelope.is_handshake:
            return self._shake_hands(envelope, company_id, body, learned)
        if not tokens.may_send(envelope.token, learned=learned):
            is_known = tokens.configured or learned is not None
            reason = NO_TOKEN_KNOWN if not is_known else WRONG_TOKEN if envelope.token else MISSING_TOKEN
            return self._refuse(Answer(UNAUTHORIZED), reason, company_id, body)
        if self._rules.company_id not in {None, company_id}:
            return self._refuse(Answer(FORBIDDEN), FOREIGN, company_id, body)
        if not envelope.has_messages:
            entry = Entry.of_refusal(company_id, body, reason=NO_MESSAGES, received_at=self._now())
            return Decision(Answer(OK), [entry], reasons=(NO_MESSAGES,))
        return self._decide_items(envelope, company_id, body)

    def _shake_hands(self, envelope: Envelope, company_id: int, body: bytes, learned: str | None) -> Decision:
        """Return the token as text to the right one only: to others the answer would tell it."""
        token = envelope.token
        if not token:
            return self._refuse(Answer(UNAUTHORIZED), MISSING_TOKEN, company_id, body)
        if self._rules.company_id not in {None, company_id}:
            return self._refuse(Answer(FORBIDDEN), FOREIGN, company_id, body)
        if self._rules.tokens.is_token(token, learned=learned):
            return Decision(Answer(OK, token))
        wrong = self._refuse(Answer(UNAUTHORIZED), WRONG_TOKEN, company_id, body)
        return replace(wrong, learn=Learning(company_id, token))

    def _decide_items(self, envelope: Envelope, company_id: int, body: bytes) -> Decision:
        suppression = self._rules.suppression(company_id)
        if suppression is None:
            return Decision(BUSY)
        own = [each for each in envelope.items if read_company(each.item) in {None, company_id}]
        if envelope.items and not own:
            return self._refuse(Answer(FORBIDDEN), FOREIGN, company_id, body)
        now, rows, refused = self._now(), list[dict[str, Any]](), [*envelope.refused]
        foreign = [each for each in envelope.items if read_company(each.item) not in {None, company_id}]
        refused += (RefusedItem.of(each.item, FOREIGN) for each in foreign)
        for each in own:
            try:
                row = make_row(each.event, each.item, envelope_at=envelope.at, received_at=now)
                row = self._rules.policy.apply(EVENTS, row)
                row["event_id"] = fingerprint(each.event, row.get("item"))
                rows.append(row)
            except RecursionError:  # JSON inside a text may be nested, too
                refused.append(RefusedItem.of(each.item, "item is nested too deep"))
        kept = suppression.filter_rows(EVENTS, rows)
        received_at = to_microseconds(now)
        entries = [Entry.of_row(company_id, row) for row in kept]
        entries += (Entry(company_id, received_at, None, each.reason, each.sha256, each.size) for each in refused)
        reasons = [each.reason for each in refused]
        return Decision(Answer(OK), entries, reasons=reasons, withheld=len(rows) - len(kept))

    def _learn(self, decision: Decision, learning: Learning, answer: Callable[[Answer], None]) -> None:
        def tell(has_learned: bool) -> None:  # noqa: FBT001
            self.carry_out(
                Decision(Answer(OK, learning.token)) if has_learned else replace(decision, learn=None), answer
            )

        self._inbox.learn(learning.company_id, digest_token(learning.token), tell)

    def _finish(self, decision: Decision, error: WebhookError | None, answer: Callable[[Answer], None]) -> None:
        if error is None:
            accepted = sum(entry.row is not None for entry in decision.entries)
            self.tally.events += accepted
            self.tally.withheld += decision.withheld
            self.tally.refusals.update(decision.reasons)
            if accepted:
                self.tally.last_accepted = self._monotonic()
        self._answer(decision.answer if error is None else BUSY, answer)

    def _note(self, decision: Decision) -> None:
        """Put a refusal on record, without waiting for it."""
        if decision.note is not None and self._quota.takes(decision.note.reason or ""):
            with suppress(WebhookError):
                self._inbox.submit((decision.note,), lambda _: None)

    def _answer_busy(self, answer: Callable[[Answer], None]) -> None:
        self._inbox.note_failure()
        self._answer(BUSY, answer)

    def _answer(self, given: Answer, answer: Callable[[Answer], None]) -> None:
        self.tally.answers[given.status] += 1
        answer(given)
