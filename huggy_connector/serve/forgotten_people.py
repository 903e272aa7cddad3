"""The lists of forgotten people, read from the landing again and again: `huggy forget` runs elsewhere."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterable, Sequence

from huggy_connector.catalogue import EVENTS
from huggy_connector.errors import HuggyError, InboxBusy
from huggy_connector.privacy import SuppressionList
from huggy_connector.storage import Storage
from huggy_connector.webhook.entries import Entry, encode_row

REFRESH_SECONDS = 20.0
"""A person who was forgotten is left out no later than this."""


class ForgottenPeople:
    """Call it with a company to get its list, or None if it was never readable. The last one that was is kept."""

    def __init__(
        self,
        storage: Storage,
        *,
        key: bytes,
        monotonic: Callable[[], float],
        note: Callable[[str], None],
    ) -> None:
        self._storage = storage
        self._key = key
        self._monotonic = monotonic
        self._note = note
        self._lists: dict[int, SuppressionList] = {}
        self._tried_at: dict[int, float] = {}
        self._is_told = False
        self._is_closed = threading.Event()

    def __call__(self, company_id: int) -> SuppressionList | None:
        found = self._lists.get(company_id)
        if found is None and self._monotonic() - self._tried_at.get(company_id, float("-inf")) >= REFRESH_SECONDS:
            self._tried_at[company_id] = self._monotonic()
            self._refresh((company_id,))
            found = self._lists.get(company_id)
        return found

    def read(self, company_id: int) -> None:
        """Read a list. Raises what is wrong with the landing or the key."""
        self._lists[company_id] = SuppressionList.read(self._storage, company_id, key=self._key)

    def review(self, entries: Sequence[Entry], is_new: bool) -> Sequence[Entry]:  # noqa: FBT001
        """Return the entries without forgotten people; if `is_new`, by the lists as they are now.

        Raises InboxBusy if they cannot be read: then nothing may be written.
        """
        if is_new:
            try:
                for company_id in {entry.company_id for entry in entries} - {None}:
                    self.read(company_id or 0)
            except HuggyError:
                raise InboxBusy("A person was forgotten, and the list of them cannot be read just now.") from None
        return [kept for entry in entries if (kept := self._without_forgotten(entry)) is not None]

    def _without_forgotten(self, entry: Entry) -> Entry | None:
        suppression_list = self._lists.get(entry.company_id or 0)
        if entry.row is None or suppression_list is None or not suppression_list.marks:
            return entry
        rows = suppression_list.filter_rows(EVENTS, [json.loads(entry.row)])
        return entry._replace(row=encode_row(rows[0])) if rows else None

    def start(self) -> None:
        """Read the lists again and again, in a thread of its own, until `close`."""
        threading.Thread(target=self._refresh_forever, name="forgotten people", daemon=True).start()

    def close(self) -> None:
        self._is_closed.set()

    def _refresh_forever(self) -> None:
        while not self._is_closed.wait(REFRESH_SECONDS):
            self._refresh((*self._lists,))

    def _refresh(self, companies: Iterable[int]) -> None:
        try:
            for company_id in companies:
                self.read(company_id)
        except HuggyError as error:
            if not self._is_told:
                self._note(f"Warning: the list of forgotten people cannot be read, the last one counts on. {error}")
            self._is_told = True
        else:
            self._is_told = False
