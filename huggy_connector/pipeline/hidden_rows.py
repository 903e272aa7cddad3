"""Counts the elements of a list that are no records, however often they are asked for. Each may hide a record.

A page that cannot be read is a page of such elements. It keeps its place in the list, so all else can be read.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from huggy_connector.errors import AnswerTooLarge, ApiError, MangledAnswer, UnexpectedShape
from huggy_connector.model import PAGE_SIZE, Certificate, Row
from huggy_connector.sweep import PageAnswer, PageRequest

STATE_KEY: Final = "hidden"
"""The key of the counts in the state of the walk."""
UNREAD_PAGE: Final[Sequence[Row]] = ({},) * PAGE_SIZE
"""The rows of a page that cannot be read."""
MAX_UNREADABLE_PAGES: Final = 3
"""Pages of one attempt that may be passed over. Where there are more, the server is at fault and not a page."""


class HiddenRows:
    """Hidden rows of one landing, over all its attempts. A page that is read again counts once, at its highest."""

    def __init__(self, state: Mapping[str, Any] | None) -> None:
        self._by_page: dict[str, int] = dict((state or {}).get(STATE_KEY, {}))
        self._unreadable: set[str] = set()

    def pass_over(self, request: PageRequest, error: ApiError) -> bool:
        """Return whether the rest of the list can be landed without this page, and remember the page if so.

        The first page of a list and a filtered page cannot be passed over.
        """
        is_unreadable = isinstance(error, (UnexpectedShape, MangledAnswer, AnswerTooLarge))
        is_first = request.page == 0 and request.id is None
        if not is_unreadable or is_first or request.filters or len(self._unreadable) >= MAX_UNREADABLE_PAGES:
            return False
        self._unreadable.add(_page_key(request))
        return True

    def is_passed_over(self, request: PageRequest) -> bool:
        """Return whether the page was passed over in this attempt. It is not asked for again."""
        return _page_key(request) in self._unreadable

    def count(self, page: PageAnswer) -> None:
        """Count the elements of the page that are no records."""
        if found := sum(not row for row in page.rows):
            key = _page_key(page.request)
            self._by_page[key] = max(found, self._by_page.get(key, 0))

    def state(self) -> Mapping[str, Any]:
        """Return what a later attempt needs, as JSON values."""
        return {STATE_KEY: self._by_page} if self._by_page else {}

    def qualify(self, certificate: Certificate) -> Certificate:
        """Return the certificate of the walk without its exactness where rows are hidden: they may be missing."""
        hidden = sum(self._by_page.values())
        if not hidden:
            return certificate
        missing_at_most = certificate.missing_at_most
        why = (
            f"{hidden:,} elements of the list cannot be read, or are no records, however often they are asked for: a "
            "record may be hidden behind each."
        )
        return replace(
            certificate,
            exact=False,
            missing_at_most=None if missing_at_most is None else missing_at_most + hidden,
            why=f"{why} {certificate.why}".rstrip(),
        )


def _page_key(request: PageRequest) -> str:
    filters = "&".join("=".join(each) for each in request.filters)
    return f"{'' if request.id is None else request.id}/{request.page}?{filters}"
