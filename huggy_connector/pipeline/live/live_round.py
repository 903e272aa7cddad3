"""One round: what the inbox received is landed, what it touched is read again."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta

from huggy_connector.api import open_client
from huggy_connector.budget import Lane
from huggy_connector.catalogue import get_resource
from huggy_connector.clock import Clock
from huggy_connector.errors import ApiError, HuggyError, LandingBusy, WebhookError
from huggy_connector.landing import Landing, Manifest
from huggy_connector.model import Mode
from huggy_connector.pipeline.idempotent_landing import IdempotentLanding
from huggy_connector.pipeline.landing_job import LandingJob
from huggy_connector.pipeline.live.catch_up import is_catch_up_due
from huggy_connector.pipeline.live.inbox_landing import land_inbox
from huggy_connector.pipeline.live.touched_records import TOUCHED, TouchedRecords, find_touched_records
from huggy_connector.pipeline.modes import SMALL_LIST_PAGES, choose_job
from huggy_connector.pipeline.run import LandingRun
from huggy_connector.progress import Progress
from huggy_connector.settings import Settings
from huggy_connector.warehouse import LoadReport
from huggy_connector.webhook.inbox_reader import InboxReader
from huggy_connector.webhook.inbox_upkeep import InboxUpkeep


@dataclass(frozen=True, slots=True)
class RoundReport:
    """What one round did.

    `snapshots` are those that it published. `received` = `kept` + `doubled` + `refused` items. `touched` counts the
    records that events named, by resource. `error` is what stopped the reading of them: the next round goes on there.
    """

    snapshots: tuple[Manifest, ...] = ()
    received: int = 0
    kept: int = 0
    doubled: int = 0
    refused: int = 0
    touched: Mapping[str, int] = field(default_factory=dict)
    error: HuggyError | None = None
    load: LoadReport | None = None

    @classmethod
    def of(cls, events: tuple[Manifest, ...]) -> RoundReport:
        """Return the report of the snapshots of events."""
        counts = Counter[str]()
        for manifest in events:
            counts.update(manifest.certificate.details)
        return cls(events, counts["received"], counts["kept"], counts["doubled"], counts["refused"])


@dataclass(frozen=True, slots=True)
class LiveRound:
    """The rounds of one account on one host."""

    settings: Settings
    progress: Progress
    clock: Clock
    _company_ids: list[int] = field(default_factory=list)
    """The company of the token, once it is known."""

    def has_inbox(self) -> bool:
        """Return whether a receiver has ever run on this host."""
        return InboxReader.exists(self.settings.inbox_folder)

    def land(self, *, catch_up: bool = True) -> RoundReport:
        """Land the inbox, then read again what the events touched. Load nothing.

        With `catch_up`, poll the chats where the receiver missed a time that no poll has covered since.

        Raise what a landing of the inbox raises. An error of the API or of the inbox is in the report.
        """
        landing, own = self._landing(), self.settings.company_id
        try:
            with InboxReader.open(self.settings.inbox_folder) as reader:
                companies = reader.companies() if own is None else (own,)
                events = tuple(each for number in companies for each in self._land_inbox(reader, landing, number))
        except WebhookError as error:
            return RoundReport(error=error)
        self._tidy_inbox(events)
        report = RoundReport.of(events)
        try:
            company_id = own or self._token_company()
            return self._land_touched(landing, company_id, report, catch_up=catch_up)
        except (ApiError, LandingBusy) as error:
            return replace(report, error=error)

    def _landing(self) -> Landing:
        settings = self.settings
        return Landing.open(settings.landing, access=settings.landing_options, world_readable=settings.world_readable)

    def _land_inbox(self, reader: InboxReader, landing: Landing, company_id: int) -> tuple[Manifest, ...]:
        try:
            return land_inbox(
                reader, landing, company_id, settings=self.settings, now=self.clock.now, note=self.progress.note
            )
        except LandingBusy as busy:  # another process lands the same inbox
            self.progress.note(str(busy))
            return ()

    def _tidy_inbox(self, events: tuple[Manifest, ...]) -> None:
        """Tell the inbox how far it is landed. What has been landed for HUGGY_INBOX_DAYS is removed from it."""
        landed = {manifest.company_id: manifest.state["landed"] for manifest in events}
        if not landed:
            return
        try:
            with InboxUpkeep.open(self.settings.inbox_folder) as inbox:
                inbox.prune(landed, keep=timedelta(days=self.settings.inbox_days), now=self.clock.now())
        except WebhookError as error:  # the next round does it
            self.progress.note(str(error))

    def _token_company(self) -> int:
        if not self._company_ids:
            with open_client(self.settings, clock=self.clock, note=self.progress.note) as client:
                self._company_ids.append(client.fetch_profile().company_id)
        return self._company_ids[0]

    def _land_touched(self, landing: Landing, company_id: int, report: RoundReport, *, catch_up: bool) -> RoundReport:
        now = self.clock.now()
        snapshots = list(report.snapshots)
        if catch_up and is_catch_up_due(landing, company_id, now=now):
            self.progress.note("The receiver was not there all the time: the chats are polled once.")
            snapshots += self._run("chats", mode="due", lane=Lane.NORMAL).recall_or_land(
                lambda run: run.land_due(reconcile=False)
            )
        touched = [find_touched_records(landing, company_id, name, now=now) for name in TOUCHED]
        for each in touched:
            snapshots += self._land_records(landing, each) if each.ids else ()
        return replace(
            report, snapshots=tuple(snapshots), touched={each.resource: len(each.ids) for each in touched if each.ids}
        )

    def _land_records(self, landing: Landing, touched: TouchedRecords) -> tuple[Manifest, ...]:
        mode = f"after {' '.join(touched.events)}"  # work that was begun for other events is not resumed
        return self._run(touched.resource, mode=mode, lane=Lane.LIVE).recall_or_land(
            lambda run: run.land_touched(self._choose_job(landing, run, touched))
        )

    def _choose_job(self, landing: Landing, run: LandingRun, touched: TouchedRecords) -> LandingJob:
        """Return the job that reads these records: one by one, or all that has changed where that is fewer requests.

        Of a list without an order all of it is read then.
        """
        resource, now = get_resource(touched.resource), self.clock.now()
        mode = Mode.INCREMENTAL if resource.is_ordered else Mode.FULL
        version = self.settings.api_version
        job = choose_job(landing, run.company_id, resource, mode=mode, span=None, now=now, api_version=version)
        usual_pages = touched.usual_pages if resource.is_ordered else job.pages
        if len(touched.ids) > (usual_pages or SMALL_LIST_PAGES):
            return replace(job, why=f"{len(touched.ids):,} were touched by events", events=touched.events)
        why = f"{len(touched.ids):,} that events have touched"
        return LandingJob(Mode.IDS, why, ids=touched.ids, events=touched.events)

    def _run(self, resource: str, *, mode: str, lane: Lane) -> IdempotentLanding:
        return IdempotentLanding.from_settings(
            self.settings,
            self.progress,
            self.clock,
            resource,
            idempotency_key="huggy live",
            mode=mode,
            once=False,
            lane=lane,
        )
