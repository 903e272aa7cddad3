"""Everything that the connector does for one account, as the methods of one class."""

from __future__ import annotations

from collections.abc import Callable, Collection, Generator, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

from huggy_connector import maintenance
from huggy_connector.api import open_client
from huggy_connector.api.versions import refuse_unknown_events, require_resource, select_of_version
from huggy_connector.budget import Lane
from huggy_connector.clock import SYSTEM_CLOCK, Clock
from huggy_connector.errors import HuggyError
from huggy_connector.landing import Landing, Manifest
from huggy_connector.maintenance import MIN_AGE, CompactionReport, Decision, ErasureReceipt
from huggy_connector.model import Mode, Row
from huggy_connector.pipeline.check import AccountCheck, check_account
from huggy_connector.pipeline.cost_estimate import CostEstimate, estimate_cost
from huggy_connector.pipeline.idempotent_landing import IdempotentLanding
from huggy_connector.pipeline.live import LIVE_PACKING_AGE, LiveRound, RoundReport, run_rounds
from huggy_connector.pipeline.modes import choose_due_job, choose_job, parse_mode
from huggy_connector.pipeline.place_checks import require_manifests
from huggy_connector.pipeline.publishing import SyncReport, WarehousePublisher
from huggy_connector.pipeline.raw_rows import read_rows
from huggy_connector.progress import Progress, SilentProgress
from huggy_connector.settings import Settings
from huggy_connector.settings.review import SettingsReview
from huggy_connector.sweep import CreationSpan
from huggy_connector.warehouse import LoadReport, RollbackReport, SnapshotDecisions, check_load, read_calendar

if TYPE_CHECKING:
    from huggy_connector.pipeline.doctor import Diagnosis


@dataclass(frozen=True, slots=True)
class Pipeline:
    """One account, its landing and its warehouse. It holds no connection: each method opens what it needs.

    An `idempotency_key` names what asks for a landing: a command, or the DAG, run and task. Unfinished work of the same
    key and the same request is resumed.
    """

    settings: Settings
    progress: Progress = field(default_factory=SilentProgress)
    clock: Clock = SYSTEM_CLOCK

    def check(self) -> AccountCheck:
        """Return who the token is, and what would go wrong later. It sends three requests at most."""
        return check_account(self.settings, self.clock)

    def diagnose(
        self, review: SettingsReview | None = None, *, environ: Mapping[str, str], offline: bool = False
    ) -> Diagnosis:
        """Return what support would ask, check by check. It never raises for what a check finds. See `doctor`.

        `review` says where the settings come from, and which of them are wrong.
        """
        from huggy_connector.pipeline.doctor import diagnose

        return diagnose(review or SettingsReview.of(self.settings), clock=self.clock, environ=environ, offline=offline)

    def iter_rows(self, resource_name: str) -> Generator[Row, None, None]:
        """Yield every row of a list as the API gives it, page by page; one that moves meanwhile may come twice. Raise
        ConfigurationError for a substream, such as the messages of a chat.
        """
        with open_client(self.settings, clock=self.clock, note=self.progress.note) as client:
            yield from read_rows(client, require_resource(self.settings.api_version, resource_name))

    def plan(
        self,
        resource_name: str,
        *,
        mode: str | None = None,
        span: CreationSpan | None = None,
        lane: Lane = Lane.NORMAL,
    ) -> CostEstimate:
        """Return what landing a resource would cost, for as few requests as possible. Without a mode: what is due."""
        settings, version = self.settings, self.settings.api_version
        resource, after = require_resource(version, resource_name), timedelta(days=settings.reconcile_days)
        chosen = None if mode is None else parse_mode(mode)
        with open_client(settings, lane=lane, clock=self.clock, note=self.progress.note) as client:
            company_id = settings.company_id or client.fetch_profile().company_id
            landing, now = self._landing(), client.run_clock.now()
            if chosen is None:
                job = choose_due_job(landing, company_id, resource, now=now, reconcile_after=after, api_version=version)
            else:
                job = choose_job(landing, company_id, resource, mode=chosen, span=span, now=now, api_version=version)
            return estimate_cost(job, client, resource, zone=settings.zone, now=now)

    def land(
        self,
        resource_name: str,
        *,
        idempotency_key: str,
        mode: str = Mode.FULL,
        span: CreationSpan | None = None,
        once: bool = False,
        show_events: bool = False,
        lane: Lane = Lane.NORMAL,
    ) -> Manifest:
        """Publish a snapshot of one resource: all of it, or what `mode` says. Return its manifest.

        With `once` (an Airflow task, which may run twice) a snapshot that was published for the same key and request is
        returned for 0 requests. `span` belongs to the mode window. `show_events` adds internal events to the messages.
        """
        chosen = parse_mode(mode)
        landing = self._prepare(
            resource_name, idempotency_key, chosen, once=once, span=span, show_events=show_events, lane=lane
        )
        return landing.recall_or_land(lambda run: (run.land_mode(chosen, span),))[0]

    def land_due(
        self,
        resource_name: str,
        *,
        idempotency_key: str,
        reconcile: bool = False,
        once: bool = False,
        show_events: bool = False,
    ) -> tuple[Manifest, ...]:
        """Land what a regular run should: what has changed, or everything where that is due or with `reconcile`.

        Missing records are then asked for by their ids, and those that are deleted become a second snapshot. Where
        nothing is due the newest snapshot is returned.
        """
        mode = "reconcile" if reconcile else "due"
        prepared = self._prepare(resource_name, idempotency_key, mode, once=once, show_events=show_events)
        return prepared.recall_or_land(lambda run: run.land_due(reconcile=reconcile))

    def land_recent(self, resource_name: str, *, idempotency_key: str, once: bool = False) -> Manifest | None:
        """Land the newest days of a resource of which nothing is landed yet. Return None where something is."""
        landing = self._prepare(resource_name, idempotency_key, "recent", once=once)
        return next(iter(landing.recall_or_land(lambda run: run.land_recent())), None)

    def land_events(self, *, catch_up: bool = True) -> RoundReport:
        """Land what the webhook's inbox received, and what it touched. With `catch_up`, poll where events may be lost.

        Nothing is done where no receiver has ever run. An error of the API or of the inbox is in the report.
        """
        live = LiveRound(self.settings, self.progress, self.clock)
        return live.land(catch_up=catch_up) if live.has_inbox() else RoundReport()

    def live_once(self) -> RoundReport:
        """Land what the webhook told and what it touched, then load it. An error of the API is in the report."""
        self._check_load()
        report = self.land_events()
        return replace(report, load=self.load(concerns=()))

    def live(self, *, every: float | None = None, announce: Callable[[RoundReport], None] = lambda _: None) -> None:
        """Land events and load them, round after round, until the process is interrupted.

        The report beside the warehouse is left to `load` and `sync`: its charts take longer than a round.
        """
        self._check_load()
        quick = replace(self, settings=self.settings.model_copy(update={"report": False}))
        run_rounds(
            LiveRound(self.settings, self.progress, self.clock),
            partial(quick.load, concerns=()),
            tidy=partial(self.compact, older_than=LIVE_PACKING_AGE),
            every=every,
            clock=self.clock,
            announce=announce,
        )

    def require_manifests(self, addresses: Iterable[str]) -> None:
        """Raise ConfigurationError where the landing lacks one of these manifests, which were just written into it."""
        require_manifests(self._landing(), addresses, place=self.settings.landing)

    def load(self, *, concerns: Collection[int] | None = None, wait_seconds: float = 0.0) -> LoadReport:
        """Load every published snapshot that the warehouse lacks, of every company in the landing.

        `wait_seconds`: how long to wait for another load of this warehouse. What stops one company lets the others
        pass. It is an error where the load `concerns` that company, else a warning. Without `concerns` the load is
        about the company of the settings, or about all.
        """
        return self._publisher().load(concerns=concerns, wait_seconds=wait_seconds)

    def sync(
        self,
        resource_names: Iterable[str] = (),
        *,
        idempotency_key: str,
        messages: bool = False,
        feedback: bool = False,
        show_events: bool = False,
    ) -> SyncReport:
        """Land what is due of each resource, then load what was landed. An error is raised after that load.

        The webhook's come first. A first run publishes the newest days first. `messages` and `feedback` add their own.
        """
        self._check_load()
        version, children = self.settings.api_version, {"messages": messages, "feedback": feedback}
        refuse_unknown_events(version, show_events=show_events)
        selected = select_of_version(version, resource_names, **children, note=self.progress.note)
        snapshots: list[Manifest] = []
        try:
            events = self.land_events(catch_up="chats" not in [each.name for each in selected])
            snapshots += events.snapshots
            for resource in selected:
                if (recent := self.land_recent(resource.name, idempotency_key=idempotency_key)) is not None:
                    snapshots.append(recent)
                    self.load(concerns=())
                snapshots += self.land_due(resource.name, idempotency_key=idempotency_key, show_events=show_events)
            if events.error is not None:
                raise events.error
        except HuggyError:
            if snapshots:
                self.load(concerns=())
            raise
        return self._load_and_report(snapshots)

    def backfill(
        self,
        resource_names: Iterable[str] = ("chats",),
        *,
        span: CreationSpan,
        idempotency_key: str,
        show_events: bool = False,
    ) -> SyncReport:
        """Land what was created in the span, and load it. Its requests wait while anything else wants to send one."""
        self._check_load()
        snapshots = [
            self.land(
                resource.name,
                mode=Mode.WINDOW,
                span=span,
                idempotency_key=idempotency_key,
                show_events=show_events,
                lane=Lane.BACKFILL,
            )
            for resource in select_of_version(self.settings.api_version, resource_names)
        ]
        return self._load_and_report(snapshots)

    def rebuild(self) -> LoadReport:
        """Make the warehouse anew from the landing alone. Snapshots that another catalogue typed are typed by this one.

        A company whose snapshots are damaged keeps the rows that it has, and CompanyStopped is raised at the end.
        """
        return self._publisher().rebuild()

    def rollback(
        self, *, to: int | None = None, announce: Callable[[RollbackReport], None] = lambda _: None
    ) -> RollbackReport:
        """Publish a kept version again, and block the snapshots that were loaded since.

        Killed anywhere before `announce` has returned, the same call does what is left and announces it. It never goes
        further back than it was asked to.
        """
        return self._publisher().rollback(to=to, announce=announce)

    def record_decision(self, decision: Decision) -> SnapshotDecisions:
        """Keep decisions about snapshots for the loads to come. Raise ConfigurationError for an unknown run key."""
        return maintenance.record_decision(self.settings, decision)

    def compact(self, *, older_than: timedelta = MIN_AGE) -> CompactionReport:
        """Put the small snapshots of the landing that are older than this into packs. See `maintenance.compact`."""
        return maintenance.compact(self.settings, older_than, self.progress, self.clock)

    def forget(self, contact_id: int) -> ErasureReceipt:
        """Erase one contact from everything that is kept. See `maintenance.forget`."""
        return maintenance.forget(self.settings, contact_id, self.progress, self.clock)

    def forget_again(self) -> ErasureReceipt:
        """Erase everyone who was forgotten from snapshots that were restored since. See `maintenance.forget_again`."""
        return maintenance.forget_again(self.settings, self.progress, self.clock)

    def _prepare(
        self, resource_name: str, idempotency_key: str, mode: str, *, once: bool, **options: Any
    ) -> IdempotentLanding:
        """Return the landing of one request. `options` are those of `IdempotentLanding.from_settings`."""
        return IdempotentLanding.from_settings(
            self.settings,
            self.progress,
            self.clock,
            resource_name,
            idempotency_key=idempotency_key,
            mode=mode,
            once=once,
            **options,
        )

    def _landing(self) -> Landing:
        settings = self.settings
        return Landing.open(settings.landing, access=settings.landing_options, world_readable=settings.world_readable)

    def _publisher(self) -> WarehousePublisher:
        return WarehousePublisher(self.settings, self.progress, self.clock)

    def _check_load(self) -> None:
        """Raise before the first request what would stop the load after the last one."""
        read_calendar(self.settings.calendar)
        check_load(self.settings.warehouse, stop_on=self.settings.stop_on)

    def _load_and_report(self, snapshots: Collection[Manifest]) -> SyncReport:
        loaded = self.load(concerns=frozenset(manifest.company_id for manifest in snapshots))
        return SyncReport(tuple(snapshots), loaded)
