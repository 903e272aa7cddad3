"""The rules of the budget: who holds which of a credential's slots, and when the next is free.

Pure: no clock, no I/O, no threads. Whoever shares the budget shares one `State`, opens a `Window` on it at an instant,
asks or tells one thing, and keeps the state; threads.py, file.py and redis.py differ only in where it is kept.

**Strict.** A slot is held from before the request leaves until one second after its answer was read, and a request
leaves only while fewer than `rate` slots are held. Then no second sees more than `rate` arrivals, whatever the network
does. Suppose one did: of rate + 1 requests that arrive in one second, t - 1 to t, take the one sent last, at s <= t.
Each other was sent before s and arrived after t - 1, so its answer came after t - 1 and its slot is held beyond t: at s
all slots were held, and the last was not let go. The price: at most rate / (1 + round trip) requests a second.

**Default.** An answer has been on its way for a while when it is read, and the next request needs a while to arrive.
Together that is at least the shortest way there and back, so a slot is given back that much earlier, less a margin.
Nothing is given back early until enough answers were seen, and for a while after any refusal. What this rests on is an
estimate: where it is wrong (a way that suddenly becomes much shorter), one second may see a few too many, but not twice
as many, because requests never leave closer together than half of what is due.
"""

from bisect import bisect_right, insort
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from huggy_connector.budget.state import State, Waiting
from huggy_connector.budget.types import Lane

MARGIN = 0.010
"""Seconds of the least round trip that are not given back."""

STRICT_AFTER_REFUSAL = 60.0
"""Seconds without giving anything back early after a 429."""

LONGEST_BACKOFF = 30.0
"""Seconds: the most that all pause after a 429 which names no time."""

LONGEST_PAUSE = 3600.0
"""Seconds: the most that all pause after a 429 which names a time, unless set otherwise."""

WORTH_TELLING = 5.0
"""Seconds from which on a pause is told to a person."""

LONGEST_REQUEST = 60.0
"""Seconds after which a request counts as given up unless its sender says that it still waits."""

LONGEST_SLEEP = 0.25
"""Seconds after which one who waits looks again, for what cannot be foreseen: a holder that died, a better pace."""

SHORTEST_SLEEP = 0.001

GHOST = 1.0
"""Seconds that someone who waits may be late before his place in the queue is given to the next."""

FINEST_SPACING = 0.005
"""Seconds below which requests are not kept apart: nobody sleeps that exactly."""


@dataclass(frozen=True, slots=True)
class Limit:
    """At most `rate` arrivals in any second: of a broken rate the whole part, and 0.5 is one in two seconds."""

    rate: float
    strict: bool = False
    """Never give a slot back early."""
    longest_pause: float = LONGEST_PAUSE
    """Seconds: a longer pause that a server asks for is not believed."""

    def slots(self, share: float = 1.0) -> int:
        return max(1, int(self.rate * share))

    def period(self, share: float = 1.0) -> float:
        """Seconds in which so many requests may arrive."""
        return max(1.0, 1.0 / (self.rate * share))


class Window:
    """The state as it is at one instant. The next question is asked of a new window, later."""

    def __init__(self, limit: Limit, state: State, *, now: float) -> None:
        """`now`: seconds of a clock that all who share the state share.

        A clock that was set back goes on from where it was: nobody waits for it to catch up, and no slot is given back
        before its time.
        """
        state.shift = max(state.shift, state.latest - now)
        self._state = state
        self._now = state.latest = now + state.shift
        self._longest_pause = limit.longest_pause
        # What was written down may come of a server's, a release's or a disk's mistake: it binds nobody for longer.
        state.paused_until = min(state.paused_until, self._now + limit.longest_pause)
        state.strict_until = min(state.strict_until, self._now + STRICT_AFTER_REFUSAL)
        share = state.pace.share(now=self._now)
        self._rate = limit.rate
        self._slots = limit.slots(share)
        self._period = limit.period(share)
        # After a refusal one request at a time finds out whether the server answers again.
        self._spacing = self._period if state.refusals else self._period / self._slots / 2
        self._least_trip = state.trips.least(now=self._now)
        believed = self._least_trip is not None and not limit.strict and self._now >= state.strict_until
        early = max(0.0, (self._least_trip or 0.0) - MARGIN) if believed else 0.0
        self._hold = max(0.0, self._period - early)
        self._forget()

    # What those who send say ------------------------------------------------------------------------------------------

    def ask(self, name: str, lane: Lane) -> float:
        """0.0: the request may leave now, and holds a slot. Else the seconds after which to ask again."""
        state, now = self._state, self._now
        place = state.waiting.pop(name, None) or Waiting(lane, now, now)
        ahead = sum((other.lane, other.since) < (place.lane, place.since) for other in state.waiting.values())
        missing = self._held(self._hold) + ahead + 1 - self._slots
        if missing <= 0 and now >= max(state.paused_until, self._departure(1)):
            if self._held(self._period) >= self._slots:
                state.early = now
            state.left = state.out[name] = now
            return 0.0
        wait = max(
            SHORTEST_SLEEP,
            state.paused_until - now,
            min(LONGEST_SLEEP, max(self._departure(ahead + 1), self._release(missing)) - now),
        )
        place.until = now + wait + GHOST
        state.waiting[name] = place
        return wait

    def leave(self, name: str) -> None:
        """Waits no longer."""
        self._state.waiting.pop(name, None)

    def answered(self, name: str, *, round_trip: float) -> None:
        """An answer was read, `round_trip` seconds after its request left."""
        sent = self._end(name, self._state.answered, round_trip)
        self._state.trips.add(max(0.0, round_trip), now=self._now)
        if self._state.refused is None or sent > self._state.refused:
            self._state.refusals = 0

    def gave_up(self, name: str) -> None:
        """Nobody waits for the answer any more. The request may still be on its way, but no longer than a period."""
        self._end(name, self._state.lost, 0.0)

    def refused(self, name: str, *, round_trip: float, retry_after: float | None) -> str | None:
        """The server answered 429, and wished to be left alone for `retry_after` seconds where it named them.

        Returns a sentence for a person where there is something to tell.
        """
        state, now = self._state, self._now
        # A refusal comes back sooner than an answer: its slot is not given back early, its round trip not believed.
        sent = self._end(name, state.lost, round_trip)
        state.strict_until = now + STRICT_AFTER_REFUSAL
        wish = retry_after if retry_after is not None and 0 < retry_after <= self._longest_pause else None
        if state.refused is not None and sent <= state.refused:
            state.paused_until = max(state.paused_until, now + (wish or 0.0))
            return None
        backoff = min(LONGEST_BACKOFF, self._period * 2.0 ** min(state.refusals, 10))
        state.paused_until = max(state.paused_until, now + (wish or backoff))
        state.refused = now
        state.refusals += 1
        pause = state.paused_until - now
        # Under strict rules a refused request cannot have been one too many of ours: others use the account. Refused
        # again after a pause, without a success between, it is no matter of the pace any more.
        ours = state.early is not None and state.early > sent - self._period
        if not ours and state.refusals == 1:
            state.pace.step_down(now=now, resumes=state.paused_until)
            return (
                "The API refused a request (429) that this budget does not explain: others use the account. "
                f"In {pause:.0f} s it goes on with {self._rate * state.pace.stepped_to:.3g} requests a second, "
                "then slowly more."
            )
        return f"The API asked (429) for a pause of {pause:.0f} s." if pause >= WORTH_TELLING else None

    # What those who keep the state say --------------------------------------------------------------------------------

    def still_out(self, names: Iterable[str]) -> None:
        """These wait for their answers, whatever became of the state meanwhile."""
        for name in names:
            self._state.out.setdefault(name, self._now)

    def holders(self) -> set[str]:
        """Who holds slots or waits for one."""
        return {_holder(name) for name in (*self._state.out, *self._state.waiting)}

    def bury(self, dead: Collection[str]) -> None:
        """These holders live no more: their requests count as given up now, and they wait no longer."""
        for name in [name for name in self._state.out if _holder(name) in dead]:
            self.gave_up(name)
        for name in [name for name in self._state.waiting if _holder(name) in dead]:
            self.leave(name)

    # The rules --------------------------------------------------------------------------------------------------------

    def _held(self, hold: float) -> int:
        """How many slots are held, where one whose answer was read is held for `hold` seconds more."""
        answered, lost = self._state.answered, self._state.lost
        freed = bisect_right(answered, self._now - hold) + bisect_right(lost, self._now - self._period)
        return len(self._state.out) + len(answered) + len(lost) - freed

    def _departure(self, turns: int) -> float:
        """When the next request but `turns` - 1 may leave, as far as the spacing goes."""
        if self._state.left is None or self._spacing < FINEST_SPACING:
            return self._now
        return self._state.left + self._spacing * turns

    def _release(self, missing: int) -> float:
        """When so many slots more than now will be free, as far as can be foreseen."""
        if missing <= 0:
            return self._now
        times = [answer + self._hold for answer in self._state.answered]
        times += [end + self._period for end in self._state.lost]
        soonest = self._now + max(self._hold, MARGIN)
        times += [max(soonest, sent + (self._least_trip or 0.0) + self._hold) for sent in self._state.out.values()]
        times = sorted(time for time in times if time > self._now)
        return times[min(missing, len(times)) - 1] if times else self._now

    def _end(self, name: str, ends: list[float], round_trip: float) -> float:
        """Moves a request to `ends`, even one of which the state knows nothing; returns when it left."""
        sent = self._state.out.pop(name, self._now - round_trip)
        insort(ends, self._now)
        return sent

    def _forget(self) -> None:
        state, now = self._state, self._now
        for name in [name for name, sent in state.out.items() if now - sent > LONGEST_REQUEST]:
            self.gave_up(name)
        del state.answered[: bisect_right(state.answered, now - self._period)]
        del state.lost[: bisect_right(state.lost, now - self._period)]
        for name in [name for name, place in state.waiting.items() if place.until < now]:
            self.leave(name)


def _holder(name: str) -> str:
    return name.partition(".")[0]
