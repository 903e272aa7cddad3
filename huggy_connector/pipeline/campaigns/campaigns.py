"""Everything that is done with campaigns, as the methods of one class: for the command line and for Airflow."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from huggy_connector.actions.ledger import CampaignRecord, Ledger
from huggy_connector.actions.one_row import Tools, as_planned
from huggy_connector.actions.preview import Preview
from huggy_connector.actions.run import CampaignRun
from huggy_connector.actions.types import PlannedRow, RowState
from huggy_connector.api import ActionsClient
from huggy_connector.clock import SYSTEM_CLOCK, Clock
from huggy_connector.errors import ConfigurationError
from huggy_connector.pipeline.campaigns.campaign_report import CampaignPlan, CampaignReport, CampaignStatus, KeptPlan
from huggy_connector.pipeline.campaigns.campaign_request import CampaignRequest
from huggy_connector.pipeline.campaigns.empty_ledger import EmptyLedger
from huggy_connector.pipeline.campaigns.people_facts import note_answers
from huggy_connector.pipeline.campaigns.planning import make_plan, make_previews, read_plan_rows
from huggy_connector.pipeline.campaigns.session import (
    StopWatch,
    find_company,
    find_ledger_company,
    make_builder,
    make_gate,
    make_tools,
    open_api,
    open_ledger,
)
from huggy_connector.pipeline.campaigns.settling import settle_all
from huggy_connector.progress import Progress, SilentProgress
from huggy_connector.settings import Settings

STOPPED = "The campaign was stopped: `huggy act stop NAME --lift` lets it go on."


@dataclass(frozen=True, slots=True)
class Campaigns:
    """The campaigns of one account. It holds no connection: each method opens what it needs."""

    settings: Settings
    progress: Progress = field(default_factory=SilentProgress)
    clock: Clock = SYSTEM_CLOCK

    def plan(self, request: CampaignRequest, *, reads: bool = False) -> CampaignPlan:
        """Return what a call would do now, with bodies. Nothing is written, here or at Huggy.

        `reads`: read the chats and ask all guards, as a run does before each claim. That is a dry run. Raises
        ConfigurationError for what cannot be planned, CampaignStopped for data that is too old.
        """
        request.check()
        with self._api() as api:
            company_id = find_company(self.settings, api)
            rows = self._read_rows(request, company_id)
            ledger = self._open_to_look(company_id)
            try:
                known = {row.key for row in _rows_of(ledger, request.name)}
                tools = self._tools(company_id, api, ledger, rows, request.name)
                return make_plan(request, rows, tools, known=known, reads=reads)
            finally:
                ledger.close()

    def keep(self, request: CampaignRequest) -> KeptPlan:
        """Write the rows of a call into the ledger, planned, and send nothing. Return what waits.

        Raises as `plan`; ConfigurationError too where the name stands for another call, and what the ledger raises.
        """
        request.check()
        with self._api() as api:
            company_id = find_company(self.settings, api)
            rows = self._read_rows(request, company_id)
            build = make_builder(self.settings)
            for row in rows:
                build(row)  # what this version of the API lacks is said before anything is planned
        with open_ledger(self.settings, company_id, clock=self.clock) as ledger:
            return self._keep(request, rows, ledger, company_id)

    def run(self, request: CampaignRequest) -> CampaignReport:
        """Plan the rows of a call, and do what is planned. The same call goes on where one was killed.

        Raises as `keep`, and ApiError for what stops all rows: then they wait.
        """
        self.keep(request)
        return self.run_planned(request.name)

    def run_planned(self, campaign: str, *, up_to: int | None = None) -> CampaignReport:
        """Do the rows of a campaign that are planned, and plan none. `up_to`: the last row that was approved."""
        with self._session() as (api, company_id, ledger):
            record = _find(ledger, campaign)
            waiting = [as_planned(row) for row in ledger.rows(campaign, states={RowState.PLANNED, RowState.UNKNOWN})]
            note_answers(self.settings, company_id, ledger, now=self.clock.now)
            tools = self._tools(company_id, api, ledger, waiting, campaign)
            run = CampaignRun(campaign, ledger, tools, progress=self._show(campaign))
            settle_all(self.settings, company_id, campaign, ledger, run)
            if record.is_stopped:
                return CampaignReport(campaign, record.action, ledger.counts(campaign), STOPPED, company_id)
            run.run(up_to=up_to)
            pause = run.pause or (STOPPED if _find(ledger, campaign).is_stopped else "")
            return CampaignReport(campaign, record.action, ledger.counts(campaign), pause, company_id)

    def previews(self, campaign: str, *, limit: int = 5, up_to: int | None = None) -> tuple[Preview, ...]:
        """Return the first requests that wait in the ledger, masked, for whoever approves them."""
        with self._session() as (api, company_id, ledger):
            _find(ledger, campaign)
            waiting = [
                as_planned(row) for row in ledger.open_rows(campaign, limit=limit) if up_to is None or row.id <= up_to
            ]
            return make_previews(waiting, self._tools(company_id, api, ledger, waiting, campaign), limit=limit)

    def status(self, campaign: str, *, reads: bool = True) -> CampaignStatus:
        """Return a campaign as it stands. With `reads` its unknown rows are read back first."""
        with self._session() as (api, company_id, ledger):
            record = _find(ledger, campaign)
            settled = 0
            if reads:
                tools = self._tools(company_id, api, ledger, (), campaign)
                settled = settle_all(self.settings, company_id, campaign, ledger, CampaignRun(campaign, ledger, tools))
            report = CampaignReport(campaign, record.action, ledger.counts(campaign), company_id=company_id)
            ended = ledger.rows(campaign, states={RowState.REFUSED, RowState.SKIPPED, RowState.UNKNOWN})
            reasons = Counter(row.reason for row in ended)
            return CampaignStatus(
                report, ledger.unknown_rows(campaign), dict(reasons.most_common()), record.is_stopped, settled
            )

    def resolve(
        self, campaign: str, *, row_id: int | None = None, as_sent: bool | None = None, by: str = ""
    ) -> CampaignStatus:
        """Read the unknown rows back, then settle one by what a person knows. Return the campaign as it stands.

        Without a row nothing is decided: the status lists what a person must decide.
        """
        if (row_id is None) != (as_sent is None):
            raise ConfigurationError("--row and --as go together: --row 12 --as sent, or --as not-sent.")
        status = self.status(campaign)
        if row_id is None or as_sent is None:
            return status
        with open_ledger(self.settings, status.report.company_id, clock=self.clock, create=False) as ledger:
            ledger.resolve(campaign, row_id=row_id, as_sent=as_sent, by=by)
        return self.status(campaign, reads=False)

    def stop(self, campaign: str, *, lift: bool = False) -> None:
        """Let no more rows of a campaign be claimed, by any process; or, with `lift`, let it go on."""
        with self._ledger_alone() as ledger:
            (ledger.resume if lift else ledger.stop)(campaign)

    def list_campaigns(self) -> tuple[CampaignRecord, ...]:
        """Return the campaigns of the ledger, the newest first."""
        with self._ledger_alone() as ledger:
            return tuple(ledger.campaigns())

    def _keep(
        self, request: CampaignRequest, rows: tuple[PlannedRow, ...], ledger: Ledger, company_id: int
    ) -> KeptPlan:
        campaign = request.name
        ledger.begin_run(campaign, action=request.action, asked=request.asked, asked_by=request.asked_by)
        new = ledger.plan(rows)
        waiting = list(ledger.rows(campaign, states={RowState.PLANNED}))
        last = waiting[-1].id if waiting else 0
        return KeptPlan(campaign, request.action, ledger.counts(campaign), new, len(waiting), last, company_id)

    def _read_rows(self, request: CampaignRequest, company_id: int) -> tuple[PlannedRow, ...]:
        return read_plan_rows(request, self.settings, company_id, now=self.clock.now())

    def _tools(
        self,
        company_id: int,
        api: ActionsClient,
        ledger: Ledger | EmptyLedger,
        rows: list[PlannedRow] | tuple[PlannedRow, ...],
        campaign: str,
    ) -> Tools:
        gate = make_gate(
            self.settings,
            clock=self.clock,
            is_stopped=StopWatch(ledger, campaign, self.clock.monotonic),
            count_reached=ledger.reached_since,
        )
        return make_tools(self.settings, company_id, api=api, ledger=ledger, gate=gate, rows=rows, clock=self.clock)

    def _show(self, campaign: str) -> _Shown:
        return _Shown(campaign, self.progress)

    @contextmanager
    def _api(self) -> Iterator[ActionsClient]:
        with open_api(self.settings, clock=self.clock, progress=self.progress) as api:
            yield api

    @contextmanager
    def _session(self) -> Iterator[tuple[ActionsClient, int, Ledger]]:
        with self._api() as api:
            company_id = find_company(self.settings, api)
            with self._open_known(company_id) as ledger:
                yield api, company_id, ledger

    @contextmanager
    def _ledger_alone(self) -> Iterator[Ledger]:
        company_id = find_ledger_company(self.settings)
        if company_id is None:
            with self._api() as api:
                company_id = find_company(self.settings, api)
        with self._open_known(company_id) as ledger:
            yield ledger

    def _open_known(self, company_id: int) -> Ledger:
        """Open the ledger that is there. Raises ConfigurationError where no campaign was ever begun."""
        if not Ledger.exists(self.settings.ledger_folder, company_id):
            raise ConfigurationError(
                f"There is no campaign of company {company_id} in {self.settings.ledger_folder} yet: begin one with "
                "`huggy act`, or set HUGGY_LEDGER to where it is."
            )
        return open_ledger(self.settings, company_id, clock=self.clock, create=False)

    def _open_to_look(self, company_id: int) -> Ledger | EmptyLedger:
        """Open the ledger without a change to it; an empty one where there is none."""
        if not Ledger.exists(self.settings.ledger_folder, company_id):
            return EmptyLedger()
        return open_ledger(self.settings, company_id, clock=self.clock, create=False)


@dataclass(slots=True)
class _Shown:
    """Tells how many rows are done, now and then."""

    campaign: str
    progress: Progress
    every: int = 100

    def __call__(self, ended: int) -> None:
        if ended % self.every == 0:
            self.progress.note(f"{self.campaign}: {ended:,} rows done.")


def _rows_of(ledger: Ledger | EmptyLedger, campaign: str) -> Iterator[PlannedRow]:
    for row in ledger.rows(campaign):
        yield as_planned(row)


def _find(ledger: Ledger, campaign: str) -> CampaignRecord:
    """Return a campaign. Raises ConfigurationError with the way to the names."""
    found = next((each for each in ledger.campaigns() if each.name == campaign), None)
    if found is None:
        raise ConfigurationError(f"There is no campaign {campaign!r}: `huggy act list` shows those that there are.")
    return found
