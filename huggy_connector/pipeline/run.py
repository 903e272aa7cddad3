"""One landing from its first request to its manifest: fetched, kept in durable groups, published."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial
from math import ceil

from huggy_connector.api import Client, Clock, Row
from huggy_connector.catalogue import Resource
from huggy_connector.errors import ApiError, Forbidden, NotFound, Refused, UnexpectedShape
from huggy_connector.landing import Asked, Landing, Manifest, Policy, Work
from huggy_connector.landing.privacy import sentence
from huggy_connector.pipeline.hidden import UNREAD, Hidden
from huggy_connector.pipeline.modes import Job, chosen, left_to_the_next, span_of, walk_of
from huggy_connector.progress import Landed, Progress
from huggy_connector.settings import Settings
from huggy_connector.sweep import Ask, Full, Incremental, Page, Span, Walk, Window, drive, facts_of

SHOW_EVENTS = "show_events"
"""What is asked for where internal events are wanted among the messages."""
GROUP = 25
"""Pages made durable together: the most that a kill costs."""
HEAVY = 8 * 2**20
"""Bytes of rows that are made durable at once, however few pages they are."""
MOST_STREAMS = 24
"""More would only be more seams: at 20 requests a second these are enough for answers that take a second."""
FASTEST = 100.0
"""Requests a second that streams are made for. Beyond, this machine and not the account is the limit."""
FEWEST_STREAMS = 3
"""Answers may take longer than the first one did."""
FEW_GONE, MANY_GONE, SHARE_GONE = 20, 1_000, 0.01
"""So many missing records are asked for by their ids whatever the list's length; never more; of its length at most."""


class Run:
    """A client of one company at work on one resource, for what is `asked`; with `once` it is landed only once."""

    def __init__(
        self,
        settings: Settings,
        landing: Landing,
        resource: Resource,
        *,
        company_id: int,
        asked: Asked,
        once: bool,
        client: Client,
        policy: Policy,
        progress: Progress,
        clock: Clock,
    ) -> None:
        self.company_id = company_id
        self._settings, self._landing, self._resource, self._asked, self._once = (
            settings,
            landing,
            resource,
            asked,
            once,
        )
        self._client, self._policy, self._progress, self._clock = client, policy, progress, clock
        self._facts = facts_of(resource, zone=settings.zone)
        self._counted = 0, 0
        """Requests and retries of this client that are in a manifest already."""

    def now(self) -> datetime:
        """By the clock that this host and the API agree on. Raises ClockWrong where they are far apart."""
        if self._client.round_trip is None:
            self._client.fetch_profile()
        return self._client.time.agreed()

    def land(self, job: Job) -> Manifest:
        """The job as a published snapshot."""
        return self._land(job, self._asked)

    def _land(self, job: Job, asked: Asked) -> Manifest:
        self.now()
        self._progress.note(f"{self._resource.name}: {job.mode}, {job.why}.")
        work = self._landing.begin(
            resource=self._resource,
            company_id=self.company_id,
            mode=job.mode,
            asked=asked,
            window=None if job.span is None else {"from": job.span.start.isoformat(), "to": job.span.end.isoformat()},
            zone=self._settings.zone,
            policy=self._policy,
            now=self._client.time.now,
            once=self._once,
            account=self._client.account if self._settings.company_id is None else "",
            note=self._progress.note,
        )
        with work:
            streams = _streams(self._client) if self._resource.paged else 1
            walk = walk_of(job, work, self._resource, zone=self._settings.zone, streams=streams)
            hidden = Hidden(work.state)
            self._walk(walk, work, hidden, streams=streams)
            certificate = hidden.told(walk.certificate())
            if isinstance(walk, Window) and walk.unsorted:
                self._progress.note(
                    f"{self._resource.name}: the list is not sorted by creation, so all of it was read for the span."
                )
            if isinstance(walk, Incremental) and not certificate.exact:
                self._progress.note(f"{self._resource.name}: not exact. {certificate.why}")
            ids = walk.past().ids if isinstance(walk, Full) else None
            landed = work.publish(certificate=certificate, state=left_to_the_next(walk), ids=ids)
        if landed.personal:
            self._progress.note(f"{self._resource.name}: {sentence(landed.personal)}")
        return landed

    def land_gone(self, landed: Manifest) -> tuple[Manifest, ...]:
        """Of the records that `landed` shows to be missing, those that are answered by 404: a snapshot, or none."""
        swept = landed.mode == "full" and landed.certificate["exact"] and self._resource.paged
        if self._resource.parent is not None or not (swept or landed.state.get("gone")):
            return ()
        job = chosen(self._landing, self.company_id, self._resource, mode="tombstones", span=None, now=self.now())
        if len(job.ids) > max(FEW_GONE, min(MANY_GONE, landed.unique_ids * SHARE_GONE)):
            self._progress.note(
                f"{self._resource.name}: {len(job.ids):,} records are missing from the last full sweep, too many to "
                "ask for each: has the token lost rights?"
            )
            return ()
        return (self._land(job, replace(self._asked, mode=job.mode)),) if job.ids else ()

    def _walk(self, walk: Walk, work: Work, hidden: Hidden, *, streams: int) -> None:
        begun, before = self._clock.monotonic(), work.counters
        filters = (("showEvents", "true"),) if SHOW_EVENTS in self._asked.options else ()
        span = span_of(work)
        fetch = partial(self._fetch, filters=filters, hidden=hidden)
        pages = drive(walk, fetch, workers=streams, cancel=self._client.close)
        for taken, page in enumerate(pages, start=1):
            hidden.take(page)
            work.append(self._kept(page, work.mode, span), fetched_at=page.fetched_at)
            requests, retries = self._uncounted()
            if taken % GROUP == 0 or walk.finished or work.weight > HEAVY:
                work.commit(
                    {**walk.state(), **hidden.state()},
                    pages=before.pages + taken,
                    requests=before.requests + requests,
                    retries=before.retries + retries,
                )
            self._progress.landed(
                Landed(
                    resource=self._resource.name,
                    pages=before.pages + taken,
                    pages_expected=walk.pages_expected,
                    rows=work.rows,
                    requests=requests,
                    seconds=self._clock.monotonic() - begun,
                    rate_limit=self._client.budget.rate,
                    finished=walk.finished,
                )
            )
        self._counted = self._client.requests, self._client.retries

    def _may_lack(self, ask: Ask, error: ApiError) -> bool:
        """Whether the walk can do without this answer, and says so: a record, a parent's list, a filter."""
        if isinstance(error, UnexpectedShape):  # one record by its id that is none
            return ask.id is not None and self._resource.parent is None
        if isinstance(error, (Forbidden, NotFound, Refused)):
            return bool(ask.filters) if ask.id is None else not isinstance(error, Refused)
        return False

    def _kept(self, page: Page, mode: str, span: Span | None) -> Sequence[Row]:
        """The rows that belong into the snapshot."""
        if mode == "tombstones":
            return ({"id": page.ask.id},) if page.gone else ()
        rows = [row for row in page.rows if row]
        if self._resource.parent is not None:
            return [row if row.get("chat") else {**row, "chat": {"id": page.ask.id}} for row in rows]
        if span is None:
            return rows
        created = [self._facts(row).created for row in rows]
        return [row for row, at in zip(rows, created, strict=True) if at is None or span.start <= at < span.end]

    def _uncounted(self) -> tuple[int, int]:
        requests, retries = self._counted
        return self._client.requests - requests, self._client.retries - retries

    def _fetch(self, ask: Ask, *, filters: tuple[tuple[str, str], ...], hidden: Hidden) -> Page:
        if hidden.is_passed_over(ask):
            return self._unread(ask)
        try:
            if ask.id is None:
                fetched = self._client.fetch_page(self._resource, ask.page, filters=ask.filters)
            elif self._resource.parent is None:
                fetched = self._client.fetch_row(self._resource, ask.id)
            else:
                fetched = self._client.fetch_page(self._resource, ask.page, parent=ask.id, filters=filters)
        except ApiError as error:
            if self._may_lack(ask, error):
                gone = isinstance(error, NotFound)
                return Page(ask=ask, rows=(), fetched_at=self._client.time.now(), refused=True, gone=gone)
            is_of_a_list = ask.id is None or self._resource.parent is not None
            if not is_of_a_list or not hidden.passes_over(ask, error):
                raise
            self._progress.note(f"{error} The page is passed over: its records are missing.")
            return self._unread(ask)
        return Page(ask=ask, rows=fetched.rows, fetched_at=fetched.at)

    def _unread(self, ask: Ask) -> Page:
        return Page(ask=ask, rows=UNREAD, fetched_at=self._client.time.now())


def _streams(client: Client) -> int:
    """As many as keep the budget full at this latency: one a request on its way, and one that waits its turn."""
    on_the_way = min(client.budget.rate, FASTEST) * (client.round_trip or 0)
    return min(MOST_STREAMS, max(FEWEST_STREAMS, ceil(on_the_way + 1)))
