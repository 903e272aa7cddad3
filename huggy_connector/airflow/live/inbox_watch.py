"""Looks whether events wait in the inbox of this host that no landing has taken yet. It only reads."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias

from huggy_connector.webhook.inbox_reader import InboxReader

TELL_AGAIN_SECONDS = 300.0
"""After this time events that still wait are told once more: what was told before may have been lost."""

_Newest: TypeAlias = Mapping[int, Mapping[str, int]]
"""The highest sequence number of each session of the receiver, by company."""


@dataclass(frozen=True, slots=True)
class Arrival:
    """How many events wait, and the highest sequence number among them."""

    waiting: int
    newest_seq: int


@dataclass(slots=True)
class InboxWatch:
    """Tells of waiting events once, and of the next ones when those are landed: a burst is told in a few words.

    `company_id` narrows it to one company. What was told is known to this object alone. A new one, after a restart of
    the triggerer, tells of whatever waits: to land nothing a second time is harmless.
    """

    company_id: int | None = None
    clock: Callable[[], float] = time.monotonic
    _told: _Newest = field(default_factory=dict)
    _told_at: float = 0.0

    def look(self, folder: Path) -> Arrival | None:
        """Return what is to be told now, or None.

        Raise InboxUnusable or InboxBusy. Where no receiver has ever run, nothing waits.
        """
        if not InboxReader.exists(folder):
            return None
        with InboxReader.open(folder) as inbox:
            landed = inbox.landed()
            if not self._is_due(landed):
                return None
            companies = inbox.companies() if self.company_id is None else (self.company_id,)
            newest = {each: dict(inbox.newest(each)) for each in companies}
            waiting = sum(inbox.depth(each, after=landed.get(each, {})) for each in companies)
        if not waiting:
            return None  # refused bodies alone: they wait for the next landing
        self._told, self._told_at = newest, self.clock()
        return Arrival(waiting, max(seq for sessions in newest.values() for seq in sessions.values()))

    def tell_again(self) -> None:
        """Forget what was told, because nobody has it: the next look tells of it again."""
        self._told = {}

    def _is_due(self, landed: _Newest) -> bool:
        return not _lacks(landed, self._told) or self.clock() - self._told_at >= TELL_AGAIN_SECONDS


def _lacks(landed: _Newest, newest: _Newest) -> bool:
    """Return whether some of it is not landed."""
    return any(
        seq > landed.get(company, {}).get(session, 0)
        for company, sessions in newest.items()
        for session, seq in sessions.items()
    )
