"""Erases one person from all that is kept. What that means, and in which order it is done: docs/privacy.md."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime

from huggy_connector.clock import Clock
from huggy_connector.errors import ConfigurationError, WarehouseError
from huggy_connector.landing import DataSubject, Erasure, Landing, SuppressedSubjects
from huggy_connector.landing.erasure.erasure import RewrittenSnapshot
from huggy_connector.maintenance.inbox_erasure import erase_from_inbox, find_in_inbox
from huggy_connector.maintenance.ledger_erasure import erase_from_ledger, find_in_ledger
from huggy_connector.privacy import SuppressionList, check_hash_key, hash_key_of
from huggy_connector.progress import Progress
from huggy_connector.report import renew_report
from huggy_connector.settings import Settings
from huggy_connector.warehouse import ErasureRequest, lock_for_erasure, mirror_version, read_calendar


@dataclass(frozen=True, slots=True)
class ErasureReceipt:
    """What was erased, in counts. It names nobody: `person` is the mark of the person on the suppression list.

    `person` is empty where everyone on the list was looked for. `work_given_up` counts unfinished landings, which begin
    anew. `rows_removed` are deleted. `rows_changed` stay, without what told of the person. Where a former run was cut
    short, this receipt counts only the rest.
    """

    person: str
    company_id: int
    started_at: datetime
    finished_at: datetime
    work_given_up: int
    snapshots: tuple[str, ...]
    rows_removed: int
    rows_changed: int
    warehouse_files: tuple[str, ...]
    warehouse_rows_removed: int
    warehouse_rows_changed: int
    copies: tuple[str, ...]
    """Targets of HUGGY_PUBLISH. They hold the new file only."""
    inbox_events: int = 0
    """Events of the webhook's inbox on this host that were removed or stripped."""
    ledger_rows: int = 0
    """Rows of campaigns in the ledger on this host from which the person was taken."""
    address: str = ""
    """The address of this receipt in the landing."""


def forget(settings: Settings, contact_id: int, progress: Progress, clock: Clock) -> ErasureReceipt:
    """Erase a contact from the landing, unfinished work, the warehouse and its kept versions. Return the receipt.

    The contact stays on the suppression list for good. Killed at any moment, the same call again does what is left.
    Raise ConfigurationError for a contact that nobody knows, where the company is not clear, and without
    HUGGY_HASH_KEY; LandingBusy while something is being landed, and WarehouseBusy while it is being loaded;
    SnapshotDamaged, WarehouseUnusable, LedgerUnusable, and WarehouseError where a copy could not be replaced.
    """
    started_at = clock.now()
    key = hash_key_of(settings)
    check_hash_key(key, why="Who is forgotten is kept on a list of hashes")
    landing = Landing.open(settings.landing, access=settings.landing_options)
    storage, company_id = landing.storage, _get_company_id(settings, landing)
    calendar = read_calendar(settings.calendar)
    with lock_for_erasure(settings.warehouse) as files:
        erasure = Erasure(landing, company_id, now=clock.now, note=progress.note)
        erasure.check_free()
        suppression_list = SuppressionList.read(storage, company_id, key=key)
        cleared = erasure.read_cleared_snapshots()
        subject = DataSubject(suppression_list, settings.zone, contact_id, frozenset())
        landed = erasure.find_traces(subject)
        is_loaded, loaded_chats = files.find_traces(company_id, contact_id)
        is_told, told_chats = find_in_inbox(settings.inbox_folder, company_id, contact_id)
        is_acted_on = find_in_ledger(settings.ledger_folder, company_id, contact_id, now=clock.now)
        is_known = landed.is_known or is_loaded or is_told or is_acted_on
        if not (is_known or suppression_list.has_contact(contact_id)):
            raise ConfigurationError(
                f"Neither the landing nor the warehouse knows a contact {contact_id} of company {company_id}: "
                "nothing was changed."
            )
        mark = suppression_list.contact_mark(contact_id)
        messages = erasure.save_message_ids(mark, landed.messages)
        chats = landed.chats | loaded_chats | told_chats
        suppression_list = suppression_list.add(storage, contact_id, chats)
        told = erase_from_inbox(settings.inbox_folder, company_id, suppression_list)
        acted_on = erase_from_ledger(settings.ledger_folder, company_id, contact_id, chats, now=clock.now)
        subject = replace(subject, chats=chats, suppression_list=suppression_list)
        given_up = list[int]()
        everyone = SuppressedSubjects(suppression_list, settings.zone)
        rewritten = list(
            erasure.erase(everyone, subject=subject, cleared_before=cleared, on_work_given_up=given_up.append)
        )
        shrunk = [each for name in ("contacts", "events") for each in landing.snapshots(company_id, name)]
        progress.note("The warehouse's files are written afresh.")
        hashes = erasure.row_hashes(subject, messages)
        request = ErasureRequest(company_id, contact_id, subject.chats, messages, hashes, shrunk)
        erased = list(files.erase(request, calendar=calendar))
    # No former version stays: each held the person.
    failed = mirror_version(settings.warehouse, settings.publish, keep_versions=0, note=progress.note)
    if failed:
        raise WarehouseError(f"{' '.join(failed)} The person may still be in such copies: see to it, and forget again.")
    for warning in renew_report(settings, now=clock.now()):
        progress.note(warning)
    erasure.delete_message_ids(mark)
    receipt = replace(
        _build_receipt(mark, company_id, started_at, clock.now(), rewritten, given_up),
        warehouse_files=tuple(str(each.file) for each in erased),
        warehouse_rows_removed=sum(each.removed for each in erased),
        warehouse_rows_changed=sum(each.changed for each in erased),
        copies=settings.publish,
        inbox_events=told,
        ledger_rows=acted_on,
    )
    return _write_receipt(receipt, erasure)


def forget_again(settings: Settings, progress: Progress, clock: Clock) -> ErasureReceipt:
    """Erase everyone on the suppression list from snapshots that were put back into the landing. Return the receipt.

    The warehouse is left alone: no load takes anything of these people. Killed at any moment, the same call again does
    what is left. Raise ConfigurationError where nobody was forgotten, where the company is not clear, and without
    HUGGY_HASH_KEY; LandingBusy while something is being landed; SnapshotDamaged.
    """
    started_at = clock.now()
    landing = Landing.open(settings.landing, access=settings.landing_options)
    company_id = _get_company_id(settings, landing)
    suppression_list = SuppressionList.read(landing.storage, company_id, key=hash_key_of(settings))
    if not suppression_list.marks:
        raise ConfigurationError(f"Nobody of company {company_id} was forgotten: nothing was changed.")
    erasure = Erasure(landing, company_id, now=clock.now, note=progress.note)
    erasure.check_free()
    given_up = list[int]()
    everyone = SuppressedSubjects(suppression_list, settings.zone)
    rewritten = list(
        erasure.erase(everyone, cleared_before=erasure.read_cleared_snapshots(), on_work_given_up=given_up.append)
    )
    return _write_receipt(_build_receipt("", company_id, started_at, clock.now(), rewritten, given_up), erasure)


def _build_receipt(
    person: str,
    company_id: int,
    started_at: datetime,
    finished_at: datetime,
    rewritten: Sequence[RewrittenSnapshot],
    given_up: Sequence[int],
) -> ErasureReceipt:
    """Return the receipt of what was done to the landing alone."""
    return ErasureReceipt(
        person=person,
        company_id=company_id,
        started_at=started_at,
        finished_at=finished_at,
        work_given_up=sum(given_up),
        snapshots=tuple(each.manifest.address for each in rewritten),
        rows_removed=sum(each.removed for each in rewritten),
        rows_changed=sum(each.changed for each in rewritten),
        warehouse_files=(),
        warehouse_rows_removed=0,
        warehouse_rows_changed=0,
        copies=(),
    )


def _write_receipt(receipt: ErasureReceipt, erasure: Erasure) -> ErasureReceipt:
    name = f"{receipt.started_at:%Y%m%dT%H%M%SZ}-{receipt.person or 'again'}"
    return replace(receipt, address=erasure.write_receipt(name, asdict(receipt)))


def _get_company_id(settings: Settings, landing: Landing) -> int:
    if settings.company_id is not None:
        return settings.company_id
    companies = landing.companies()
    if len(companies) == 1:
        return companies[0]
    if not companies:
        raise ConfigurationError(f"The landing {settings.landing} is empty: give the company with --company-id.")
    raise ConfigurationError(
        f"The landing holds the companies {', '.join(map(str, companies))}: say of which one with --company-id."
    )
