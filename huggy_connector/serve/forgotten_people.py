"""The lists of forgotten people, read from the landing again and again: `huggy forget` runs elsewhere."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable

from huggy_connector.errors import HuggyError
from huggy_connector.privacy import SuppressionList
from huggy_connector.storage import Storage

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
