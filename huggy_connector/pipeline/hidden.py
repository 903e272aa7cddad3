"""Elements of a list that are no records, however often they are asked for: a record may be hidden behind each.

A page that cannot be read is a page of such elements. It keeps its place in the list, so all else can be read.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from huggy_connector.api import PAGE_SIZE, Row
from huggy_connector.errors import AnswerTooLarge, ApiError, MangledAnswer, UnexpectedShape
from huggy_connector.sweep import Ask, Certificate, Page

NAME: Final = "hidden"
"""Of what is kept of them, in the state of the walk."""
UNREAD: Final[Sequence[Row]] = ({},) * PAGE_SIZE
"""What stands for a page that cannot be read."""
MOST_UNREADABLE: Final = 3
"""Pages of one attempt that may be passed over: where there are more, it is the server that cannot be read."""


class Hidden:
    """Those of one landing, over all its attempts. A page that is read again counts once, with the most of them."""

    def __init__(self, state: Mapping[str, Any] | None) -> None:
        self._by_page: dict[str, int] = dict((state or {}).get(NAME, {}))
        self._unreadable: set[str] = set()

    def passes_over(self, ask: Ask, error: ApiError) -> bool:
        """Whether all else of a list can be landed without this page: not where it is the first, or all there is."""
        is_unreadable = isinstance(error, (UnexpectedShape, MangledAnswer, AnswerTooLarge))
        is_first = ask.page == 0 and ask.id is None
        if not is_unreadable or is_first or ask.filters or len(self._unreadable) >= MOST_UNREADABLE:
            return False
        self._unreadable.add(_place(ask))
        return True

    def is_passed_over(self, ask: Ask) -> bool:
        """Whether the page is one of these: in this attempt it is not asked for again."""
        return _place(ask) in self._unreadable

    def take(self, page: Page) -> None:
        if found := sum(not row for row in page.rows):
            place = _place(page.ask)
            self._by_page[place] = max(found, self._by_page.get(place, 0))

    def state(self) -> Mapping[str, Any]:
        """What a later attempt needs to know, as JSON values."""
        return {NAME: self._by_page} if self._by_page else {}

    def told(self, certificate: Certificate) -> Certificate:
        """What can be vouched for: nobody can say that what is hidden is not there."""
        hidden = sum(self._by_page.values())
        if not hidden:
            return certificate
        most = certificate.missing_at_most
        why = (
            f"{hidden:,} elements of the list cannot be read, or are no records, however often they are asked for: a "
            "record may be hidden behind each."
        )
        return replace(
            certificate,
            exact=False,
            missing_at_most=None if most is None else most + hidden,
            why=f"{why} {certificate.why}".rstrip(),
        )


def _place(ask: Ask) -> str:
    filters = "&".join("=".join(each) for each in ask.filters)
    return f"{'' if ask.id is None else ask.id}/{ask.page}?{filters}"
