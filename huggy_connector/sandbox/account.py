"""The account: everything a request can read, and everything that can happen to it."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Mapping
from typing import Any

from huggy_connector.sandbox.births import OPEN, Births
from huggy_connector.sandbox.chance import dice
from huggy_connector.sandbox.chats import Chats
from huggy_connector.sandbox.desk import Desk
from huggy_connector.sandbox.lives import Lives
from huggy_connector.sandbox.movement import EVENTS, Movement
from huggy_connector.sandbox.options import RESOURCES, Options, names_in
from huggy_connector.sandbox.people import People
from huggy_connector.sandbox.rhythm import Rhythm, seconds_of
from huggy_connector.sandbox.shelf import Shelf

Json = dict[str, Any]

CHAT_FILTERS = ("situation", "agent", "customer", "channel")

_ROWS_A_DAY = 170
_STREAM = 94


class Account:
    """A company's data at Huggy. `elapsed` is the time in seconds since the sandbox started."""

    def __init__(self, options: Options) -> None:
        self.options = options
        self._now = seconds_of(options.local_now())
        days = options.days or max(1, options.chats // _ROWS_A_DAY)
        contacts = options.chats * 2 // 5 if options.contacts is None else options.contacts
        rhythm = Rhythm(seed=options.seed, now=self._now, days=days)
        self.desk = Desk(seed=options.seed, agents=options.agents, departments=options.departments)
        self.people = People(options, rhythm, born=contacts, now=self._now)
        births = Births(options, self.desk, self.people, rhythm, now=self._now)
        self._lives = Lives(options, self.desk, births)
        self.chats = Chats(options, self.desk, self.people, self._lives)
        by_activity = options.order == "activity"
        self.shelves = {
            "chats": Shelf(self.chats, by_activity=by_activity),
            "contacts": Shelf(self.people, by_activity=by_activity),
        }
        self.empty(names_in(options.emptied))
        self._rng = dice(options.seed, _STREAM, 0)
        self._found: dict[str, tuple[tuple[int, int], array[int]]] = {}
        self._movements = {name: self._movement(name) for name in RESOURCES}

    def _movement(self, name: str) -> Movement:
        options, shelf = self.options, self.shelves[name]
        events = EVENTS if name in names_in(options.moving) else ()
        return Movement(
            seed=options.seed * len(RESOURCES) + RESOURCES.index(name),
            rates={event: float(getattr(options, f"{event}s_per_second")) for event in events},
            every={event: int(getattr(options, f"{event}_every")) for event in events},
            happen=lambda event, elapsed: self._happen(shelf, event, elapsed),
        )

    def moment(self, elapsed: float) -> int:
        """The account's local time in whole seconds."""
        return self._now + int(elapsed)

    def set_clock(self, minutes: float) -> None:
        """The account's clock goes on from so many minutes before or after what it shows now."""
        self._now += round(60 * minutes)

    def before_answer(self, elapsed: float) -> None:
        """What happens to the lists by the time an answer reads them."""
        for movement in self._movements.values():
            movement.before_answer(elapsed)

    def catch_up(self, elapsed: float) -> None:
        """What is due by now, without counting an answer."""
        for movement in self._movements.values():
            movement.catch_up(elapsed)

    def set_rates(self, resource: str, rates: Mapping[str, float], elapsed: float) -> None:
        """New rates of a list's movement, by event."""
        self._movements[resource].set_rates(rates, elapsed=elapsed)

    def empty(self, names: Iterable[str]) -> None:
        """These lists answer `[]` from now on, the others as they are."""
        wanted = set(names)
        for name, shelf in self.shelves.items():
            shelf.emptied = name in wanted

    def _happen(self, shelf: Shelf, event: str, elapsed: float) -> None:
        if event == "arrival":
            self.arrive(shelf, elapsed)
        elif event == "change":
            self.change(shelf, elapsed)
        elif event == "jump":
            self.jump(shelf, elapsed)
        else:
            self.depart(shelf)

    def arrive(self, shelf: Shelf, elapsed: float) -> int:
        """A new row; its id."""
        return shelf.arrive(self.moment(elapsed))

    def change(self, shelf: Shelf, elapsed: float) -> int | None:
        """Some row changes: more often than not an open chat, otherwise a recent row. Its id."""
        row = self._open_row() if shelf.book is self.chats and self._rng.random() < 0.7 else None
        if row is None:
            recent = int(self._rng.expovariate(1 / 200))
            rows = shelf.listing.rows(recent, recent + 1)
            row = rows[0] if rows else shelf.listing.any_row(self._rng)
        return None if row is None else shelf.change(row, self.moment(elapsed), self._rng)

    def jump(self, shelf: Shelf, elapsed: float) -> int | None:
        """Some row goes to the head, touched by something invisible; its id."""
        row = shelf.listing.any_row(self._rng)
        if row is None:
            return None
        if shelf.book is self.chats:
            self.chats.touch(row, self.moment(elapsed))
        else:
            self.people.change(row, self.moment(elapsed), self._rng)
        shelf.changed[row] = None
        return shelf.jump(row)

    def depart(self, shelf: Shelf, row: int | None = None) -> int | None:
        """A row vanishes, any one if none is named; its id."""
        row = shelf.listing.any_row(self._rng) if row is None else row
        if row is None:
            return None
        if shelf.book is self.chats:
            self._lives.open.pop(row, None)
        return shelf.depart(row)

    def close(self, elapsed: float) -> int | None:
        """An open chat ends; its id, or None when none is open."""
        row = self._open_row()
        if row is None:
            return None
        self.chats.close(row, self.moment(elapsed), self._rng)
        return self.shelves["chats"].changed_at_head(row)

    def _open_row(self) -> int | None:
        rows = list(self._lives.open)
        return self._rng.choice(rows) if rows else None

    def find_chats(self, wanted: Mapping[str, str]) -> list[int] | array[int]:
        """The chats that pass all filters, in the list's order."""
        listing, filters = self.shelves["chats"].listing, dict(wanted)
        if filters.get("situation") in OPEN:
            rows = [row for row in self._lives.open if self.chats.matches(row, filters)]
            return sorted(rows, key=listing.slot, reverse=True)
        key = repr(sorted(filters.items()))
        version = (listing.version, sum(self.chats.revisions.values()))
        found = self._found.get(key)
        if found is None or found[0] != version:
            if len(self._found) > 16:
                self._found.clear()
            found = (version, array("I", (row for row in listing if self.chats.matches(row, filters))))
            self._found[key] = found
        return found[1]

    def find_contacts(self, *, phone: str | None, email: str | None) -> list[int]:
        """The contacts with this phone and this e-mail, as far as they are asked for."""
        rows = {self.people.row_of_phone(phone)} if phone is not None else None
        if email is not None:
            by_email = {self.people.row_of_email(email)}
            rows = by_email if rows is None else rows & by_email
        return [row for row in rows or () if row is not None and row in self.shelves["contacts"].listing]
