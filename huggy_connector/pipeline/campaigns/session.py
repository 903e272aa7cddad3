"""Opens what a campaign needs: the API for reads and writes, the ledger, and the rules as they are now."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from huggy_connector.actions.guards import QuietHours, RunGate, check_before_send, check_planned
from huggy_connector.actions.ledger import Ledger
from huggy_connector.actions.one_row import Gate, Tools
from huggy_connector.actions.reading import ApiReading
from huggy_connector.actions.types import PlannedRow
from huggy_connector.api import ActionsClient, open_actions_client
from huggy_connector.api.writes import WriteRequest, build_write
from huggy_connector.catalogue.actions.types import Target
from huggy_connector.clock import Clock
from huggy_connector.landing import Landing
from huggy_connector.pipeline.campaigns.desk_hours import open_hours
from huggy_connector.pipeline.campaigns.empty_ledger import EmptyLedger
from huggy_connector.pipeline.campaigns.people_facts import ANSWERED, gather_facts
from huggy_connector.progress import Progress
from huggy_connector.rows.phones import phone_forms
from huggy_connector.settings import Settings
from huggy_connector.storage import Storage

SECONDS_BETWEEN_LOOKS = 5.0
"""How long a stop from elsewhere may go unnoticed by the run. No claim is made after it: the ledger refuses each."""


FLOW_FLAGS = ("when_in_chat", "when_wait_for_chat", "when_in_auto")
"""Fields by which the guards let a flow into a conversation. In a chat the API asks for none of them."""


def open_storage(settings: Settings) -> Storage:
    """Return the storage of the landing, which holds the ledger's mark and the list of forgotten people."""
    return Landing.open(
        settings.landing, access=settings.landing_options, world_readable=settings.world_readable
    ).storage


def open_ledger(settings: Settings, company_id: int, *, clock: Clock, create: bool = True) -> Ledger:
    """Open the ledger of a company. Raises LedgerUnusable, and without `create` also where there is none."""
    return Ledger.open(
        settings.ledger_folder, company_id=company_id, now=clock.now, storage=open_storage(settings), create=create
    )


@contextmanager
def open_api(settings: Settings, *, clock: Clock, progress: Progress) -> Iterator[ActionsClient]:
    with open_actions_client(settings, clock=clock, note=progress.note) as api:
        yield api


def find_company(settings: Settings, api: ActionsClient) -> int:
    """Return the number of the company: of the settings, else of the token."""
    return settings.company_id or api.reader.fetch_profile().company_id


def find_ledger_company(settings: Settings) -> int | None:
    """Return the company of the settings, or of the only ledger that is here. None asks for the API."""
    if settings.company_id is not None:
        return settings.company_id
    folder = settings.ledger_folder
    found = [int(path.stem) for path in folder.glob("*.sqlite") if path.stem.isdecimal()] if folder.is_dir() else []
    return found[0] if len(found) == 1 else None


@dataclass(slots=True)
class StopWatch:
    """Whether a person has stopped a campaign. The ledger is asked every few seconds."""

    ledger: Ledger | EmptyLedger
    campaign: str
    monotonic: Callable[[], float]
    _looked_at: float | None = None
    _is_stopped: bool = False

    def __call__(self) -> bool:
        now = self.monotonic()
        if self._looked_at is None or now - self._looked_at >= SECONDS_BETWEEN_LOOKS:
            self._looked_at = now
            self._is_stopped = any(each.is_stopped for each in self.ledger.campaigns() if each.name == self.campaign)
        return self._is_stopped


def make_gate(
    settings: Settings,
    *,
    clock: Clock,
    is_stopped: Callable[[], bool],
    count_reached: Callable[[datetime], int],
) -> RunGate:
    """Return the gate of a run. Raises ConfigurationError for quiet hours or a calendar that cannot be read."""
    return RunGate(
        is_on=settings.actions == "on",
        ledger_folder=settings.ledger_folder,
        is_stopped=is_stopped,
        count_reached=count_reached,
        most_per_day=settings.actions_per_day,
        most_refusals=settings.actions_max_refusals,
        quiet_hours=QuietHours.parse(settings.quiet_hours, zone=settings.zone, is_desk_open=open_hours(settings)),
        now=clock.now,
    )


def make_tools(
    settings: Settings,
    company_id: int,
    *,
    api: ActionsClient,
    ledger: Any,
    gate: Gate,
    rows: Sequence[PlannedRow],
    clock: Clock,
) -> Tools:
    """Return what the rows of a campaign are done with. `ledger`: a Ledger, or its stand-in of a dry run."""
    facts = gather_facts(settings, company_id, ledger, rows, storage=open_storage(settings), now=clock.now)
    return Tools(
        ledger=ledger,
        reading=ApiReading(api.reader),
        send=api.writer.send,
        build=make_builder(settings),
        check_planned=lambda row: check_planned(row, facts),
        check_before_send=lambda row, before: check_before_send(
            row, before.chat, facts, contact=before.contact, messages=before.messages
        ),
        gate=gate,
        on_opt_out=lambda contact_id: ledger.add_opt_out(contact_id, source="131050", at=clock.now()),
        on_answer=lambda contact_id: ledger.add_opt_out(contact_id, source=ANSWERED, at=clock.now()),
        needs_contact=facts.needs_addresses,
        forms_of=list_forms,
    )


def make_builder(settings: Settings) -> Callable[[PlannedRow], WriteRequest]:
    """Return the function that spells a row for the version of the API."""

    def build(row: PlannedRow) -> WriteRequest:
        target = Target.CONTACT if row.key.target.startswith("contact:") else Target.CHAT
        is_flow_in_chat = row.action.name == "run_flow" and target is Target.CHAT
        fields = {name: value for name, value in row.fields.items() if not (is_flow_in_chat and name in FLOW_FLAGS)}
        return build_write(
            row.action,
            row.target_id,
            fields,
            api_version=settings.api_version,
            company_id=settings.company_id,
            target=target,
        )

    return build


def list_forms(fields: Mapping[str, Any]) -> Sequence[tuple[str, str]]:
    """Return under which fields and spellings a new contact may exist: each form of its phones, and its e-mail."""
    numbers = [str(fields[name]) for name in ("mobile", "phone") if fields.get(name)]
    forms = sorted({form for number in numbers for form in phone_forms(number)})
    found = [(name, form) for form in forms for name in ("mobile", "phone")]
    return [*found, *([("email", str(fields["email"]).strip())] if fields.get("email") else [])]
