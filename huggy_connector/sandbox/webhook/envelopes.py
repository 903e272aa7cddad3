"""How chains of events become requests: what goes into one envelope, and which disorder happens to it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from random import Random

from huggy_connector.sandbox.data.rng import seeded_random
from huggy_connector.sandbox.options import Options, parse_names
from huggy_connector.sandbox.webhook.chains import Chain
from huggy_connector.sandbox.webhook.record import Record, Told
from huggy_connector.sandbox.webhook.requests import (
    FORM_TYPE,
    JSON_TYPE,
    Request,
    create_request,
    write_envelope,
    write_form,
)
from huggy_connector.sandbox.webhook.strays import STRAYS, StrayWriter

MOST_KEYS, MOST_ITEMS = 4, 5
"""Of an envelope: keys, and items of a key."""

_DISORDER_STREAM = 98
_OVERTAKEN_SECONDS = 2.0
_FORMER_NAMES = {"sentAllMessage": "sendedAllMessage", "startedChat": "createdChat"}
_OTHER_TYPES = ("text/plain", FORM_TYPE, "")
_UNKNOWN_EVENTS = ("changedAgentStatus", "ratedChat", "updatedQueue")


class Planner:
    """A planner of requests. `shares` are those of the disorders, which may change meanwhile; the seed decides."""

    def __init__(self, options: Options, record: Record, *, to_epoch: Callable[[int], int]) -> None:
        self.shares: Mapping[str, float] = dict(options.webhook_disorders)
        self.token = (
            options.webhook_token or f"{seeded_random(options.seed, _DISORDER_STREAM, 1).getrandbits(128):032x}"
        )
        self.late_seconds = options.webhook_late_seconds
        self._mode = options.webhook_mode
        self._company = options.company
        self._events = frozenset(parse_names(options.webhook_events))
        self._record = record
        self._to_epoch = to_epoch
        self._rng = seeded_random(options.seed, _DISORDER_STREAM, 0)
        self._strays = StrayWriter(record, company=options.company)
        self._held: list[Told] = []

    def plan(self, chain: Chain) -> Iterator[Request]:
        """Yield the requests of a chain, and those of earlier ones that waited for it."""
        for part in self._split(chain):
            if self._held and not _fits([*self._held, *part]):
                yield from self.flush(chain.moment)
            self._held += part
            if not self._draw("bundle"):
                yield from self.flush(chain.moment)

    def flush(self, moment: int) -> Iterator[Request]:
        """Yield the requests of what waited for more."""
        if self._held:
            told, self._held = self._held, []
            yield from self._disturb(told, moment)

    def moves_on(self) -> bool:
        """Draw whether a chat moves on before its envelope comes."""
        return self._draw("moved")

    def _draw(self, kind: str) -> bool:
        return self._rng.random() < self.shares.get(kind, 0.0)

    def _split(self, chain: Chain) -> Iterator[list[Told]]:
        """Yield what belongs together: one event each, or the whole chain."""
        wanted = [each for each in chain.happenings if not self._events or each.event in self._events]
        if wanted and self._draw("together"):
            part: list[Told] = []
            for each in chain.happenings:
                told = self._record.add(each.event, each.item, moment=chain.moment)
                if not _fits([*part, told]):
                    yield part
                    part = []
                part.append(told)
            yield part
            return
        for each in wanted:
            yield [self._record.add(each.event, each.item, moment=chain.moment)]

    def _disturb(self, told: list[Told], moment: int) -> Iterator[Request]:
        rng = self._rng
        if self._draw("old"):
            for each in told:
                each.event = _FORMER_NAMES.get(each.event, each.event)
        if self._draw("unknown") and len({each.event for each in told}) < MOST_KEYS:
            item = {"id": rng.randrange(10**6), "status": "ok", "company": {"id": self._company}}
            told = [*told, self._record.add(rng.choice(_UNKNOWN_EVENTS), item, moment=moment)]
        is_tokenless = self._draw("token")
        body = write_envelope(
            told, time=self._to_epoch(moment), token="" if is_tokenless and self._mode == "app" else self.token
        )
        content_type = rng.choice(_OTHER_TYPES) if self._draw("type") else JSON_TYPE
        delay = self._draw_delay(rng)
        if self._draw("never"):
            for each in told:
                each.lost = "never"
        else:
            yield create_request("envelope", told, body, content_type=content_type, delay=delay)
            if self._draw("twice"):
                yield create_request("twice", told, body, content_type=content_type, delay=delay + rng.random())
            yield from self._repeat(told, moment)
        yield from self._stray(moment, is_tokenless=is_tokenless)

    def _repeat(self, told: list[Told], moment: int) -> Iterator[Request]:
        """Yield what tells the same items a second time."""
        if self._draw("again"):
            later = self._rng.random() * self.late_seconds
            some = self._rng.sample(told, self._rng.randint(1, len(told)))
            body = write_envelope(some, time=self._to_epoch(moment + int(later)), token=self.token)
            yield create_request("again", some, body, delay=later)
        if self._draw("form"):
            body = write_form(told, time=self._to_epoch(moment), token=self.token)
            yield create_request("form", told, body, content_type=FORM_TYPE)

    def _stray(self, moment: int, *, is_tokenless: bool) -> Iterator[Request]:
        kinds = [kind for kind in STRAYS if kind != "token" and self._draw(kind)]
        if is_tokenless and self._mode == "panel":
            kinds.append("token")
        for kind in kinds:
            yield self._strays.write(kind, time=self._to_epoch(moment), moment=moment, token=self.token)

    def _draw_delay(self, rng: Random) -> float:
        delay = rng.random() * _OVERTAKEN_SECONDS if self._draw("overtaken") else 0.0
        return delay + (rng.random() * self.late_seconds if self._draw("late") else 0.0)


def _fits(told: Iterable[Told]) -> bool:
    keys = Counter(each.event for each in told)
    return len(keys) <= MOST_KEYS and max(keys.values(), default=0) <= MOST_ITEMS
