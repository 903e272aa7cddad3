"""Lands one resource, from the first request to the manifest: reads pages, commits them in groups, publishes."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from math import ceil

from huggy_connector.api import Client
from huggy_connector.catalogue import Resource
from huggy_connector.clock import Clock
from huggy_connector.errors import ApiError, Forbidden, NotFound, Refused, UnexpectedShape
from huggy_connector.landing import Landing, LandingRequest, Manifest, SnapshotWriter
from huggy_connector.landing.change_detection import without_future_snapshots
from huggy_connector.model import Mode, Row
from huggy_connector.pipeline.hidden_rows import UNREAD_PAGE, HiddenRows
from huggy_connector.pipeline.jobs.landing_job import LandingJob
from huggy_connector.pipeline.jobs.single_rows import WITHOUT_RECORD, to_single_row
from huggy_connector.pipeline.modes import (
    choose_due_job,
    choose_job,
    choose_recent_job,
    create_walk,
    read_span,
    state_for_next_run,
)
from huggy_connector.privacy import PrivacyPolicy, describe_counts
from huggy_connector.progress import LandingProgress, Progress
from huggy_connector.settings import Settings
from huggy_connector.sweep import (
    GIVE_UP_AFTER,
    CreationSpan,
    FullWalk,
    IncrementalWalk,
    PageAnswer,
    PageRequest,
    SubstreamWalk,
    Walk,
    WindowWalk,
    drive,
    make_facts_reader,
)

SHOW_EVENTS = "show_events"
"""The option of a request that adds internal events to the messages."""
PAGES_PER_COMMIT = 25
"""Pages that are committed together. A kill costs no more than these."""
BYTES_PER_COMMIT = 8 * 2**20
"""Bytes of rows after which a commit is due, however few pages they are."""
MAX_STREAMS = 24
"""More would only add seams. At 20 requests a second these are enough for answers that take a second."""
MAX_RATE = 100.0
"""Requests a second that streams are chosen for. Above it this machine is the limit, and not the account."""
STREAMS_PER_REQUEST = 1.4
"""Streams for each request that is on its way at the full rate."""
MIN_STREAMS = 3
"""Later answers may take longer than the first one."""
ALWAYS_LOOKED_UP = 20
"""So many missing records may be looked up by id, however short the list is."""
MAX_LOOKUPS, MAX_LOOKUP_SHARE = 1_000, 0.01
"""A longer list may have more lookups: this share of its length, and never more than so many."""


class LandingRun:
    """One client at work on one resource of one company, for one landing request."""

    def __init__(
        self,
        settings: Settings,
        landing: Landing,
        resource: Resource,
        *,
        company_id: int,
        landing_request: LandingRequest,
        once: bool,
        client: Client,
        policy: PrivacyPolicy,
        progress: Progress,
        clock: Clock,
    ) -> None:
        self.company_id = company_id
        self._settings, self._landing, self._resource = settings, landing, resource
        self._landing_request, self._once = landing_request, once
        self._client, self._policy, self._progress, self._clock = client, policy, progress, clock
        self._facts = make_facts_reader(resource, zone=settings.zone)
        self._counted = 0, 0
        """Requests and retries of this client that a manifest has counted."""

    def now(self) -> datetime:
        """Return the time on which this host and the API agree. Raise ClockWrong where their clocks are far apart."""
        if self._client.round_trip is None:
            self._client.probe()
        return self._client.run_clock.checked_now()

    def land_mode(self, mode: Mode, span: CreationSpan | None) -> Manifest:
        """Publish what the mode reads. Return its manifest."""
        return self.land(self._choose_job(mode, span))

    def land_due(self, *, reconcile: bool) -> tuple[Manifest, ...]:
        """Publish what is due, or everything with `reconcile`; then the tombstones of the records that are missing.

        Return their manifests. Where nothing is due that is the manifest of the newest snapshot.
        """
        landing, resource, after = self._landing, self._resource, timedelta(days=self._settings.reconcile_days)
        if reconcile:
            job: LandingJob | None = self._choose_job(Mode.FULL, None)
        else:
            version = self._settings.api_version
            job = choose_due_job(
                landing, self.company_id, resource, now=self.now(), reconcile_after=after, api_version=version
            )
        if job is None:
            self._progress.note(f"{resource.name}: nothing is due, all of it was read in the last {after.days} days.")
            return without_future_snapshots(landing.snapshots(self.company_id, resource.name), now=self.now())[-1:]
        manifest = self.land(job)
        return manifest, *self._land_tombstones(manifest)

    def land_touched(self, job: LandingJob) -> tuple[Manifest, ...]:
        """Publish the records that events have touched, and the tombstones of those that are gone."""
        manifest = self.land(job)
        return manifest, *self._land_tombstones(manifest)

    def land_recent(self) -> tuple[Manifest, ...]:
        """Publish the newest days of a resource of which nothing is landed yet. Return nothing where something is."""
        job = choose_recent_job(
            self._landing, self.company_id, self._resource, now=self.now(), zone=self._settings.zone
        )
        return () if job is None else (self.land(job),)

    def land(self, job: LandingJob) -> Manifest:
        """Publish a snapshot of the job. Return its manifest."""
        return self._land_job(job, self._landing_request)

    def _land_job(self, job: LandingJob, landing_request: LandingRequest) -> Manifest:
        self.now()
        self._progress.note(f"{self._resource.name}: {job.mode}, {job.why}.")
        work = self._landing.begin(
            resource=self._resource,
            company_id=self.company_id,
            mode=job.mode,
            request=landing_request,
            window=None if job.span is None else {"from": job.span.start.isoformat(), "to": job.span.end.isoformat()},
            zone=self._settings.zone,
            policy=self._policy,
            now=self._client.run_clock.now,
            once=self._once,
            account=self._client.account if self._settings.company_id is None else "",
            note=self._progress.note,
        )
        with work:
            is_one_answer = not self._resource.paged and not self._resource.is_single
            streams = 1 if is_one_answer else _choose_streams(self._client)
            walk = create_walk(job, work, self._resource, zone=self._settings.zone, streams=streams)
            hidden = HiddenRows(work.state)
            self._read_pages(walk, work, hidden, streams=streams)
            certificate = hidden.qualify(walk.certificate())
            if isinstance(walk, WindowWalk) and walk.is_unsorted:
                self._progress.note(
                    f"{self._resource.name}: the list is not sorted by creation, so all of it was read for the span."
                )
            if isinstance(walk, SubstreamWalk) and walk.has_given_up:
                self._progress.note(
                    f"{self._resource.name}: the API refused the first {GIVE_UP_AFTER} {self._resource.parent} that it "
                    "was asked for, so it seems to have none and no more are asked for: leave --feedback out, or ask "
                    f"Huggy whether your account and token may read {self._resource.path}."
                )
            if isinstance(walk, IncrementalWalk) and not certificate.exact:
                self._progress.note(f"{self._resource.name}: not exact. {certificate.why}")
            ids = walk.next_cursor().ids if isinstance(walk, FullWalk) else None
            manifest = work.publish(certificate=certificate, state=state_for_next_run(walk, job), ids=ids)
        if manifest.personal:
            self._progress.note(f"{self._resource.name}: {describe_counts(manifest.personal)}")
        return manifest

    def _land_tombstones(self, manifest: Manifest) -> tuple[Manifest, ...]:
        """Look up the records that this new snapshot shows to be missing, and publish those that answer 404.

        Return the manifest of the tombstones. Return nothing where no record is missing, or too many are.
        """
        is_exact_sweep = manifest.mode is Mode.FULL and manifest.certificate.exact and self._resource.paged
        if self._resource.parent is not None or not (is_exact_sweep or manifest.state.get("gone")):
            return ()
        job = self._choose_job(Mode.TOMBSTONES, None)
        if len(job.ids) > max(ALWAYS_LOOKED_UP, min(MAX_LOOKUPS, manifest.unique_ids * MAX_LOOKUP_SHARE)):
            self._progress.note(
                f"{self._resource.name}: {len(job.ids):,} records are missing from the last full sweep, too many to "
                "ask for each: has the token lost rights?"
            )
            return ()
        return (self._land_job(job, replace(self._landing_request, mode=job.mode)),) if job.ids else ()

    def _choose_job(self, mode: Mode, span: CreationSpan | None) -> LandingJob:
        company_id, resource, version = self.company_id, self._resource, self._settings.api_version
        return choose_job(
            self._landing, company_id, resource, mode=mode, span=span, now=self.now(), api_version=version
        )

    def _read_pages(self, walk: Walk, work: SnapshotWriter, hidden: HiddenRows, *, streams: int) -> None:
        started, before = self._clock.monotonic(), work.counters
        filters = (("showEvents", "true"),) if SHOW_EVENTS in self._landing_request.options else ()
        span = read_span(work)
        fetch = partial(self._fetch, filters=filters, hidden=hidden)
        pages = drive(walk, fetch, workers=streams, cancel=self._client.close)
        for count, page in enumerate(pages, start=1):
            hidden.count(page)
            work.append(self._select_rows(page, work.mode, span), fetched_at=page.fetched_at)
            requests, retries = self._new_counts()
            if count % PAGES_PER_COMMIT == 0 or walk.is_finished or work.pending_bytes > BYTES_PER_COMMIT:
                work.commit(
                    {**walk.state(), **hidden.state()},
                    pages=before.pages + count,
                    requests=before.requests + requests,
                    retries=before.retries + retries,
                )
            self._progress.update(
                LandingProgress(
                    resource=self._resource.name,
                    pages=before.pages + count,
                    pages_expected=walk.pages_expected,
                    rows=work.rows,
                    requests=requests,
                    seconds=self._clock.monotonic() - started,
                    rate_limit=self._client.budget.rate,
                    finished=walk.is_finished,
                )
            )
        self._counted = self._client.requests, self._client.retries

    def _can_do_without(self, request: PageRequest, error: ApiError) -> bool:
        """Return whether the walk can do without this answer, and says so: a record, a parent's list, a filter."""
        if self._resource.is_single:
            return isinstance(error, WITHOUT_RECORD)
        if isinstance(error, UnexpectedShape):  # a lookup whose answer is no record
            return request.id is not None and self._resource.parent is None
        if isinstance(error, (Forbidden, NotFound, Refused)):
            return bool(request.filters) if request.id is None else not isinstance(error, Refused)
        return False

    def _select_rows(self, page: PageAnswer, mode: str, span: CreationSpan | None) -> Sequence[Row]:
        """Return the rows of the page that belong in the snapshot."""
        if mode == "tombstones":
            return ({"id": page.request.id},) if page.is_gone else ()
        if self._resource.is_single:
            return [to_single_row(page)]
        rows = [row for row in page.rows if row]
        if self._resource.parent is not None:
            return [row if row.get("chat") else {**row, "chat": {"id": page.request.id}} for row in rows]
        if span is None:
            return rows
        created = [self._facts(row).created for row in rows]
        return [row for row, at in zip(rows, created, strict=True) if at is None or span.start <= at < span.end]

    def _new_counts(self) -> tuple[int, int]:
        """Return the requests and retries since the last manifest."""
        requests, retries = self._counted
        return self._client.requests - requests, self._client.retries - retries

    def _fetch(self, request: PageRequest, *, filters: tuple[tuple[str, str], ...], hidden: HiddenRows) -> PageAnswer:
        if hidden.is_passed_over(request):
            return self._unread_page(request)
        try:
            if request.id is None:
                fetched = self._client.fetch_page(self._resource, request.page, filters=request.filters)
            elif self._resource.parent is None:
                fetched = self._client.fetch_row(self._resource, request.id)
            else:
                fetched = self._client.fetch_page(self._resource, request.page, parent=request.id, filters=filters)
        except ApiError as error:
            if self._can_do_without(request, error):
                gone = isinstance(error, NotFound)
                return PageAnswer(
                    request=request, rows=(), fetched_at=self._client.run_clock.now(), is_refused=True, is_gone=gone
                )
            is_list_page = request.id is None or self._resource.parent is not None
            if not is_list_page or not hidden.pass_over(request, error):
                raise
            self._progress.note(f"{error} The page is passed over: its records are missing.")
            return self._unread_page(request)
        return PageAnswer(request=request, rows=fetched.rows, fetched_at=fetched.at)

    def _unread_page(self, request: PageRequest) -> PageAnswer:
        return PageAnswer(request=request, rows=UNREAD_PAGE, fetched_at=self._client.run_clock.now())


def _choose_streams(client: Client) -> int:
    """Return how many streams keep the budget full at this latency: one that waits for its turn, one for each request
    on its way, and some more, because answers take unequally long.
    """
    in_flight = min(client.budget.rate, MAX_RATE) * (client.round_trip or 0)
    return min(MAX_STREAMS, max(MIN_STREAMS, ceil(STREAMS_PER_REQUEST * in_flight + 1)))
