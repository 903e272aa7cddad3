"""The rules of the budget: who holds which slot of a credential, and when the next slot is free.

Pure: no clock, no I/O, no threads. All who share a budget share one `BudgetState`. Each of them opens a `RequestWindow`
on it at an instant, calls one method, and stores the state. limiter.py, file.py and redis.py differ only in where they
store it.

Three rules say when the slot of an answered request is free again. A request in flight always holds its slot.

**Strict.** One second after its answer is read. Then at most `rate` requests arrive in any second, whatever the network
does. Proof: suppose that rate + 1 requests arrive in one second, from t - 1 to t. Take the one that was sent last, at
s <= t. Each of the others was sent before s and arrived after t - 1. So its answer came after t - 1, and its slot is
held beyond t. At s, then, all slots were held, and the last request could not leave. The price: at most
rate / (1 + round trip) requests a second.

**Measured.** When an answer is read, it has already travelled for a while, and the next request needs a while to
arrive. Together that is at least the shortest round trip. So a slot is released earlier by that time, less a margin. No
slot is released early until there are enough answers, and for a while after a refusal. The shortest round trip is an
estimate. If it is wrong (a route suddenly becomes much shorter), one second may see a few requests too many. The price:
what the server's own time differs is paid for as if it were on the way there.

**Learned**, the default. One second and a margin after its request left, but never later than under the strict rule,
nor than under the measured one, except for the narrowest margin. The margin is for what the ways to the server differ.
The server's refusals teach it, and all who share the budget share it (learned_margin.py). The price: a refusal now and
then, and a short pause after it.

Under each rule two requests leave no closer together than half of the average distance. So a wrong guess costs a few
requests too many in a second, but never twice as many.
"""

from bisect import bisect_right, insort
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from enum import StrEnum
from math import inf

from huggy_connector.budget import learned_margin
from huggy_connector.budget.shared_state import BudgetState, QueuedTurn
from huggy_connector.budget.types import Lane

MARGIN = 0.010
"""Seconds of the least round trip by which slots are not released early."""

STRICT_SECONDS = 60.0
"""Seconds after a 429 in which the measured rule releases no slot early."""

SHORT_PAUSE = 0.25
"""The part of a period for which all pause after a 429 that taught the margin and names no time."""

MAX_BACKOFF = 30.0
"""Seconds: the longest pause of all after a 429 that names no time."""

LONGEST_PAUSE = 3600.0
"""Seconds: the longest pause of all after a 429 that names a time, unless a setting says otherwise."""

MIN_NOTED_PAUSE = 5.0
"""Seconds: a person gets a note about a pause that is at least this long."""

REQUEST_TIMEOUT = 60.0
"""Seconds after which a request counts as lost, unless its sender says that it still waits."""

MAX_SLEEP = 0.25
"""Seconds after which a waiting thread looks again: a holder may have died, or the rate may have risen."""

MIN_SLEEP = 0.001

QUEUE_GRACE = 1.0
"""Seconds that a waiting request may be late before it loses its place in the queue."""

MIN_SPACING = 0.005
"""Seconds: a smaller distance between requests is ignored, because no sleep is that exact."""


class ReleaseRule(StrEnum):
    """When the slot of an answered request is free again."""

    LEARNED = "learned"
    MEASURED = "measured"
    STRICT = "strict"


@dataclass(frozen=True, slots=True)
class RateLimit:
    """A limit of `rate` arrivals in any second, rounded down; 0.5 is one in two seconds."""

    rate: float
    rule: ReleaseRule = ReleaseRule.LEARNED
    longest_pause: float = LONGEST_PAUSE
    """Seconds: a longer pause that a server asks for is ignored."""

    def slots(self, share: float = 1.0) -> int:
        """Return how many requests may arrive in one period."""
        return max(1, int(self.rate * share))

    def period(self, share: float = 1.0) -> float:
        """Return the seconds of one period: at least 1."""
        return max(1.0, 1.0 / (self.rate * share))


class RequestWindow:
    """The state of a budget at one instant. A window serves for one call; the next call needs a new one."""

    def __init__(self, limit: RateLimit, state: BudgetState, *, now: float) -> None:
        """`now`: seconds of the clock that all who share the state use.

        If the clock was set back, time goes on from where it was: nobody waits for the clock to catch up, and no slot
        is released too early.
        """
        state.shift = max(state.shift, state.latest - now)
        self._state = state
        self._now = state.latest = now + state.shift
        self._longest_pause = limit.longest_pause
        # The stored times may be a mistake of a server, a release or a disk: nobody waits longer than these limits.
        state.paused_until = min(state.paused_until, self._now + limit.longest_pause)
        state.strict_until = min(state.strict_until, self._now + STRICT_SECONDS)
        share = state.pace.share(now=self._now)
        self._rate = limit.rate
        self._slots = limit.slots(share)
        self._period = limit.period(share)
        self._rule = limit.rule
        # After a refusal, one request at a time checks whether the server answers again.
        self._spacing = self._period if state.refusals else self._period / self._slots / 2
        self._least_trip = state.trips.estimate_least(now=self._now)
        self._hold = self._period - self._early_seconds()
        self._margin = state.margin.seconds(now=self._now)
        self._drop_expired()

    # Called by senders ------------------------------------------------------------------------------------------------

    def request_slot(self, name: str, lane: Lane) -> float:
        """Return 0.0 if the request may leave now: it then holds a slot. Else return the seconds until the next try."""
        state, now = self._state, self._now
        queued = state.waiting.pop(name, None) or QueuedTurn(lane, now, now)
        turn = (queued.lane, queued.since)
        ahead = sum([(other.lane, other.since) < turn for other in state.waiting.values()])
        missing = self._count_held(self._rule) + ahead + 1 - self._slots
        if missing <= 0 and now >= max(state.paused_until, self._earliest_departure(1)):
            if self._count_held(ReleaseRule.STRICT) >= self._slots:
                state.early = now
            state.left = state.out[name] = now
            return 0.0
        wait = max(
            MIN_SLEEP,
            state.paused_until - now,
            min(MAX_SLEEP, max(self._earliest_departure(ahead + 1), self._predict_release(missing)) - now),
        )
        queued.until = now + wait + QUEUE_GRACE
        state.waiting[name] = queued
        return wait

    def withdraw(self, name: str) -> None:
        """Remove a request from the queue."""
        self._state.waiting.pop(name, None)

    def record_answer(self, name: str, *, round_trip: float) -> None:
        """Record an answer that was read `round_trip` seconds after its request was sent.

        A new connection is made before the request is sent: so that may be later than the request left the queue.
        """
        state, now, trip = self._state, self._now, max(0.0, round_trip)
        sent = max(self._finish(name, trip), now - trip)
        insort(state.answered, (now, sent))
        state.trips.add(trip, now=now)
        state.margin.record_answer(trip, now=now)
        if state.refused is None or sent > state.refused:
            state.refusals = 0

    def record_loss(self, name: str) -> None:
        """Record that nobody waits for an answer any more. The request may still arrive, but within a period."""
        self._finish(name, 0.0)
        insort(self._state.lost, self._now)

    def record_refusal(self, name: str, *, round_trip: float, retry_after: float | None) -> str | None:
        """Record a 429. `retry_after`: the seconds that the server asked for; None if it named none.

        Return a sentence for a person; None if there is nothing to say.
        """
        state, now = self._state, self._now
        # A refusal comes back sooner than an answer: its slot is not released early, and its round trip does not count.
        sent = self._finish(name, round_trip)
        insort(state.lost, now)
        state.strict_until = now + STRICT_SECONDS
        requested = retry_after if retry_after is not None and 0 < retry_after <= self._longest_pause else None
        if state.refused is not None and sent <= state.refused:
            state.paused_until = max(state.paused_until, now + (requested or 0.0))
            return None
        # If the strict rule had let the requests of the second before leave, they cannot have been too many: others use
        # the account. If a request is refused again after a pause, without a success in between, neither a lower rate
        # nor a wider margin helps.
        is_ours = state.early is not None and state.early > sent - self._period
        teaches = is_ours and self._rule is ReleaseRule.LEARNED and not state.refusals
        if teaches:  # unless our share of the rate is still reduced, or no margin would have helped
            is_ours = teaches = state.pace.share(now=now) == 1.0 and state.margin.widen(now=now)
        if teaches:
            backoff = self._period * SHORT_PAUSE
        else:
            backoff = min(MAX_BACKOFF, self._period * 2.0 ** min(state.refusals, 10))
            state.refusals += 1
        state.paused_until = max(state.paused_until, now + (requested or backoff))
        state.refused = now
        pause = state.paused_until - now
        if not is_ours and state.refusals == 1:
            state.margin.take_back(now=now)
            state.pace.step_down(now=now, resumes=state.paused_until)
            return (
                "The API refused a request (429) that this budget does not explain: others use the account. "
                f"In {pause:.0f} s it goes on with {self._rate * state.pace.stepped_to:.3g} requests a second, "
                "then slowly more."
            )
        return f"The API asked (429) for a pause of {pause:.0f} s." if pause >= MIN_NOTED_PAUSE else None

    # Called by stores -------------------------------------------------------------------------------------------------

    def restore_in_flight(self, names: Iterable[str]) -> None:
        """Add requests that wait for their answers, in case the state has lost them."""
        for name in names:
            self._state.out.setdefault(name, self._now)

    def list_holders(self) -> set[str]:
        """Return the holders of slots and of places in the queue."""
        return {_holder_of(name) for name in (*self._state.out, *self._state.waiting)}

    def remove_dead(self, dead: Collection[str]) -> None:
        """Remove dead holders: their requests count as lost now, and their places in the queue are free."""
        for name in [name for name in self._state.out if _holder_of(name) in dead]:
            self.record_loss(name)
        for name in [name for name in self._state.waiting if _holder_of(name) in dead]:
            self.withdraw(name)

    # The rules --------------------------------------------------------------------------------------------------------

    def _early_seconds(self) -> float:
        """Return the seconds by which the measured rule releases a slot early."""
        if self._least_trip is None or self._now < self._state.strict_until:
            return 0.0
        return min(self._period, max(0.0, self._least_trip - MARGIN))

    def _release_times(self, requests: Iterable[tuple[float, float]], rule: ReleaseRule) -> list[float]:
        """Return when the slot of each request, which is (answered, sent), is free."""
        period, hold, margin, first = self._period, self._hold, self._margin, learned_margin.FIRST
        match rule:
            case ReleaseRule.STRICT:
                return [answered + period for answered, _ in requests]
            case ReleaseRule.MEASURED:
                return [answered + hold for answered, _ in requests]
            case ReleaseRule.LEARNED:
                return [
                    min(
                        max(answered, sent + period + margin),
                        max(answered + hold, sent + period + first),
                        answered + period,
                    )
                    for answered, sent in requests
                ]

    def _count_held(self, rule: ReleaseRule) -> int:
        """Return how many slots are held under a rule."""
        state, now = self._state, self._now
        answered = sum([time > now for time in self._release_times(state.answered, rule)])
        return len(state.out) + answered + len(state.lost) - bisect_right(state.lost, now - self._period)

    def _earliest_departure(self, turns: int) -> float:
        """Return when the request number `turns` from now may leave, as far as the spacing allows."""
        if self._state.left is None or self._spacing < MIN_SPACING:
            return self._now
        return self._state.left + self._spacing * turns

    def _predict_release(self, missing: int) -> float:
        """Return when so many more slots are expected to be free."""
        if missing <= 0:
            return self._now
        trip, soonest = self._least_trip or 0.0, self._now + MARGIN
        expected = [(max(sent + trip, soonest), sent) for sent in self._state.out.values()]
        times = self._release_times([*self._state.answered, *expected], self._rule)
        times += [end + self._period for end in self._state.lost]
        times = sorted(time for time in times if time > self._now)
        return times[min(missing, len(times)) - 1] if times else self._now

    def _finish(self, name: str, round_trip: float) -> float:
        """Remove a request that is over. Return when it left, even if it is not in the state."""
        return self._state.out.pop(name, self._now - round_trip)

    def _drop_expired(self) -> None:
        state, now = self._state, self._now
        for name in [name for name, sent in state.out.items() if now - sent > REQUEST_TIMEOUT]:
            self.record_loss(name)
        del state.answered[: bisect_right(state.answered, (now - self._period, inf))]
        del state.lost[: bisect_right(state.lost, now - self._period)]
        for name in [name for name, queued in state.waiting.items() if queued.until < now]:
            self.withdraw(name)


def _holder_of(name: str) -> str:
    return name.partition(".")[0]
