"""The account: all that a request can read, and all that can happen to it."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from huggy_connector.sandbox.data.chat_generator import ChatGenerator
from huggy_connector.sandbox.data.chat_lifecycle import ChatLifecycles
from huggy_connector.sandbox.data.chats import Chats
from huggy_connector.sandbox.data.contacts import Contacts
from huggy_connector.sandbox.data.desk import Desk
from huggy_connector.sandbox.data.movement import EVENTS, Movement
from huggy_connector.sandbox.data.resource_list import ResourceList
from huggy_connector.sandbox.data.rhythm import Rhythm, to_seconds
from huggy_connector.sandbox.data.rng import seeded_random
from huggy_connector.sandbox.data.state.chat_state import OPEN_SITUATIONS, ChatState
from huggy_connector.sandbox.options import RESOURCES, Options, parse_names

Json = dict[str, Any]

CHAT_FILTERS = ("situation", "agent", "customer", "channel")

_CHATS_A_DAY = 170
_ACCOUNT_STREAM = 94


@dataclass(frozen=True, slots=True)
class Move:
    """What has just happened to a row, at a local second. `before` is the state in which it found a chat; `flow` is the
    flow that it started there.
    """

    resource: str
    row: int
    moment: int
    is_new: bool
    before: ChatState | None = None
    flow: int | None = None


class Account:
    """A company's data at Huggy. `elapsed` is the time in seconds since the sandbox started."""

    def __init__(self, options: Options) -> None:
        self.options = options
        self._now = to_seconds(options.local_now())
        days = options.days or max(1, options.chats // _CHATS_A_DAY)
        contact_count = options.chats * 2 // 5 if options.contacts is None else options.contacts
        rhythm = Rhythm(seed=options.seed, now=self._now, days=days)
        self.desk = Desk(seed=options.seed, agents=options.agents, departments=options.departments)
        self.contacts = Contacts(options, rhythm, initial_count=contact_count, now=self._now)
        generator = ChatGenerator(options, self.desk, self.contacts, rhythm, now=self._now)
        self._lifecycles = ChatLifecycles(options, self.desk, generator)
        self.chats = Chats(options, self.desk, self.contacts, self._lifecycles)
        by_activity = options.order == "activity"
        self.resource_lists = {
            "chats": ResourceList(self.chats, by_activity=by_activity),
            "contacts": ResourceList(self.contacts, by_activity=by_activity),
        }
        self.set_emptied(parse_names(options.emptied))
        self._rng = seeded_random(options.seed, _ACCOUNT_STREAM, 0)
        self._filter_cache: dict[str, tuple[tuple[int, int], array[int]]] = {}
        self._movements = {name: self._create_movement(name) for name in RESOURCES}
        self._listener: Callable[[Move], None] = lambda _: None

    def listen(self, listener: Callable[[Move], None]) -> None:
        """Tell `listener` from now on what arrives and changes. Jumps and departures are not told: Huggy tells none."""
        self._listener = listener

    def _create_movement(self, name: str) -> Movement:
        options, resource_list = self.options, self.resource_lists[name]
        events = EVENTS if name in parse_names(options.moving) else ()
        return Movement(
            seed=options.seed * len(RESOURCES) + RESOURCES.index(name),
            rates={event: float(getattr(options, f"{event}s_per_second")) for event in events},
            every={event: int(getattr(options, f"{event}_every")) for event in events},
            apply_event=lambda event, elapsed: self._apply_event(resource_list, event, elapsed),
        )

    def local_time(self, elapsed: float) -> int:
        """Return the account's local time in whole seconds."""
        return self._now + int(elapsed)

    def set_clock(self, minutes: float) -> None:
        """Move the account's clock by so many minutes. A negative number moves it back."""
        self._now += round(60 * minutes)

    def count_answer(self, elapsed: float) -> None:
        """Move the lists to where an answer finds them: apply what is due, and count the answer."""
        for movement in self._movements.values():
            movement.count_answer(elapsed)

    def catch_up(self, elapsed: float) -> None:
        """Apply what is due by now. This counts no answer."""
        for movement in self._movements.values():
            movement.catch_up(elapsed)

    def set_rates(self, resource: str, rates: Mapping[str, float], elapsed: float) -> None:
        """Set the rates of a list's movement, by event, in events a second."""
        self._movements[resource].set_rates(rates, elapsed=elapsed)

    def set_emptied(self, names: Iterable[str]) -> None:
        """Let these lists answer `[]` from now on, and all others answer their rows."""
        emptied = set(names)
        for name, resource_list in self.resource_lists.items():
            resource_list.is_emptied = name in emptied

    def _apply_event(self, resource_list: ResourceList, event: str, elapsed: float) -> None:
        if event == "arrival":
            self.add_row(resource_list, elapsed)
        elif event == "change":
            self.change_row(resource_list, elapsed)
        elif event == "jump":
            self.move_to_head(resource_list, elapsed)
        else:
            self.remove_row(resource_list)

    def add_row(self, resource_list: ResourceList, elapsed: float) -> int:
        """Add a new row. Return its id."""
        moment = self.local_time(elapsed)
        number = resource_list.add(moment)
        self._listener(Move(resource_list.source.name, resource_list.arrived_rows[-1], moment, is_new=True))
        return number

    def change_row(self, resource_list: ResourceList, elapsed: float) -> int | None:
        """Change a row: mostly an open chat, otherwise a recent row. Return its id, or None without rows."""
        row = self._pick_open_row() if resource_list.source is self.chats and self._rng.random() < 0.7 else None
        if row is None:
            recent = int(self._rng.expovariate(1 / 200))
            rows = resource_list.listing.rows(recent, recent + 1)
            row = rows[0] if rows else resource_list.listing.pick_row(self._rng)
        if row is None:
            return None
        moment = self.local_time(elapsed)
        before = self.chats.lifecycles.state(row) if resource_list.source is self.chats else None
        number = resource_list.change(row, moment, self._rng)
        self._listener(Move(resource_list.source.name, row, moment, is_new=False, before=before))
        return number

    def advance_chat(self, row: int, elapsed: float) -> int:
        """Move a chat one step on. Return its id."""
        moment, before = self.local_time(elapsed), self.chats.lifecycles.state(row)
        self.chats.change(row, moment, self._rng)
        return self._record_chat(row, moment, before)

    def update_chat(self, row: int, state: ChatState, *, flow: int | None = None) -> int:
        """Give a chat another state, which says when. Return its id."""
        before = self.chats.lifecycles.state(row)
        self.chats.update(row, state)
        return self._record_chat(row, state.updated, before, flow=flow)

    def open_chat(self, state: ChatState, *, flow: int | None = None) -> int:
        """Open a new chat in this state, which says when. Return its row."""
        row = self._lifecycles.open(state)
        self.resource_lists["chats"].insert(row)
        self._listener(Move("chats", row, state.created, is_new=True, flow=flow))
        return row

    def create_contact(self, fields: Json, elapsed: float) -> int:
        """Create a contact with these fields. Return its row."""
        moment = self.local_time(elapsed)
        row = self.contacts.create(fields, moment)
        self.resource_lists["contacts"].insert(row)
        self._listener(Move("contacts", row, moment, is_new=True))
        return row

    def update_contact(self, row: int, fields: Json, elapsed: float) -> None:
        """Give a contact other values of these fields."""
        moment = self.local_time(elapsed)
        self.contacts.write(row, fields, moment)
        self.resource_lists["contacts"].record_change(row)
        self._listener(Move("contacts", row, moment, is_new=False))

    def _record_chat(self, row: int, moment: int, before: ChatState, *, flow: int | None = None) -> int:
        number = self.resource_lists["chats"].record_change(row)
        self._listener(Move("chats", row, moment, is_new=False, before=before, flow=flow))
        return number

    def move_to_head(self, resource_list: ResourceList, elapsed: float) -> int | None:
        """Move a random row to the head, as an invisible change does. Return its id, or None without rows."""
        row = resource_list.listing.pick_row(self._rng)
        if row is None:
            return None
        if resource_list.source is self.chats:
            self.chats.touch(row, self.local_time(elapsed))
        else:
            self.contacts.change(row, self.local_time(elapsed), self._rng)
        resource_list.changed_rows[row] = None
        return resource_list.move_to_head(row)

    def remove_row(self, resource_list: ResourceList, row: int | None = None) -> int | None:
        """Remove a row, a random one if none is named. Return its id, or None without rows."""
        row = resource_list.listing.pick_row(self._rng) if row is None else row
        if row is None:
            return None
        if resource_list.source is self.chats:
            self._lifecycles.open_situations.pop(row, None)
        return resource_list.remove(row)

    def close_chat(self, elapsed: float) -> int | None:
        """Close an open chat, a random one. Return its id, or None if no chat is open."""
        row = self._pick_open_row()
        if row is None:
            return None
        moment, before = self.local_time(elapsed), self.chats.lifecycles.state(row)
        self.chats.close(row, moment, self._rng)
        return self._record_chat(row, moment, before)

    def open_rows(self) -> list[int]:
        """Return the rows of the open chats."""
        return list(self._lifecycles.open_situations)

    def _pick_open_row(self) -> int | None:
        rows = self.open_rows()
        return self._rng.choice(rows) if rows else None

    def find_chats(self, filters: Mapping[str, str]) -> list[int] | array[int]:
        """Return the rows of the chats that pass all filters, in the list's order."""
        listing = self.resource_lists["chats"].listing
        if filters.get("situation") in OPEN_SITUATIONS:
            rows = [row for row in self._lifecycles.open_situations if self.chats.matches(row, filters)]
            return sorted(rows, key=listing.slot, reverse=True)
        key = repr(sorted(filters.items()))
        version = (listing.version, sum(self.chats.revisions.values()))
        found = self._filter_cache.get(key)
        if found is None or found[0] != version:
            if len(self._filter_cache) > 16:
                self._filter_cache.clear()
            found = (version, array("I", (row for row in listing if self.chats.matches(row, filters))))
            self._filter_cache[key] = found
        return found[1]

    def find_contacts(
        self, *, phone: str | None = None, email: str | None = None, mobile: str | None = None
    ) -> list[int]:
        """Return the rows of the contacts that have all of these, newest first. None stands for any.

        `mobile` matches the exact text that is stored. `phone` finds a number with and without the ninth digit.
        """
        searches = ((self.contacts.rows_of_phone, phone), (self.contacts.rows_of_email, email))
        found = [
            search(text) for search, text in (*searches, (self.contacts.rows_of_mobile, mobile)) if text is not None
        ]
        rows = set[int].intersection(*found) if found else set[int]()
        listing = self.resource_lists["contacts"].listing
        return sorted((row for row in rows if row in listing), key=listing.slot, reverse=True)
