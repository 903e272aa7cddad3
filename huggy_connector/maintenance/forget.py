"""Erases one person from all that is kept. What that means, and in which order it is done: docs/privacy.md."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime

from huggy_connector.api import SYSTEM_CLOCK, Clock
from huggy_connector.catalogue import resource_named
from huggy_connector.errors import ConfigurationError, WarehouseError
from huggy_connector.landing import Erasure, Everyone, Forgotten, Landing, Person, check_key, key_of
from huggy_connector.landing.erasure import Reissued
from huggy_connector.progress import Progress, Silent
from huggy_connector.settings import Settings
from huggy_connector.warehouse import Leaving, erasing, mirror, read_calendar


@dataclass(frozen=True, slots=True)
class Receipt:
    """What was erased, in counts. It names nobody: `person` is their mark on the list of forgotten people, or empty
    where everyone who is on it was looked for.

    `work_given_up`: unfinished landings, which begin anew. `rows_removed` are gone, `rows_changed` stay without what
    told of the person. A run that was cut short has erased part of it already: this one counts the rest.
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
    """Places of HUGGY_PUBLISH, which hold the new file only."""
    address: str = ""
    """Where it lies in the landing."""


def forget(
    settings: Settings, contact_id: int, *, progress: Progress | None = None, clock: Clock = SYSTEM_CLOCK
) -> Receipt:
    """Erases a contact from landing, unfinished work, the warehouse and its kept versions, and lists them for good.

    Killed at any moment, the same call again does what is left. Raises ConfigurationError for a contact that nobody
    knows, where it is not clear of which company, and without HUGGY_HASH_KEY; LandingBusy while something is being
    landed, WarehouseBusy while it is being loaded; SnapshotDamaged, WarehouseUnusable.
    """
    progress, started_at = progress or Silent(), clock.now()
    key = key_of(settings)
    check_key(key, why="Who is forgotten is kept on a list of hashes")
    landing = Landing.at(settings.landing, access=settings.landing_options)
    storage, company_id = landing.storage, _company(settings, landing)
    calendar = read_calendar(settings.calendar)
    with erasing(settings.warehouse) as files:
        erasure = Erasure(landing, company_id, now=clock.now, note=progress.note)
        erasure.check_free()
        forgotten = Forgotten.read(storage, company_id, key=key)
        before = erasure.vouched()
        person = Person(forgotten, settings.zone, contact_id, frozenset())
        landed = erasure.traces(person)
        loaded, chats = files.traces(company_id, contact_id)
        if not (landed.is_known or loaded or forgotten.has_contact(contact_id)):
            raise ConfigurationError(
                f"Neither the landing nor the warehouse knows a contact {contact_id} of company {company_id}: "
                "nothing was changed."
            )
        mark = forgotten.contact_mark(contact_id)
        messages = erasure.begun(mark, landed.messages)
        forgotten = forgotten.add(storage, contact_id, landed.chats | chats)
        person = replace(person, chats=landed.chats | chats, forgotten=forgotten)
        given_up = list[int]()
        everyone = Everyone(forgotten, settings.zone)
        reissued = list(erasure.erase(everyone, person=person, before=before, given_up=given_up.append))
        contacts = landing.published(company_id, resource_named("contacts").name)
        progress.note("The warehouse's files are written afresh.")
        hashes = erasure.hashes(person, messages)
        leaving = Leaving(company_id, contact_id, person.chats, messages, hashes, contacts)
        erased = list(files.erase(leaving, calendar=calendar))
    # None of those before stays: each held the person.
    failed = mirror(settings.warehouse, settings.publish, keep_versions=0, note=progress.note)
    if failed:
        raise WarehouseError(f"{' '.join(failed)} The person may still be in such copies: see to it, and forget again.")
    erasure.ended(mark)
    receipt = replace(
        _receipt(mark, company_id, started_at, clock.now(), reissued, given_up),
        warehouse_files=tuple(str(each.file) for each in erased),
        warehouse_rows_removed=sum(each.removed for each in erased),
        warehouse_rows_changed=sum(each.changed for each in erased),
        copies=settings.publish,
    )
    return _written(receipt, erasure)


def forget_again(settings: Settings, *, progress: Progress | None = None, clock: Clock = SYSTEM_CLOCK) -> Receipt:
    """Takes everyone who was forgotten out of snapshots that were put back into the landing since, whoever they are.

    The warehouse is left alone: no load takes anything of them. Killed at any moment, the same call again does what is
    left. Raises ConfigurationError where nobody was forgotten, where it is not clear of which company, and without
    HUGGY_HASH_KEY; LandingBusy while something is being landed; SnapshotDamaged.
    """
    progress, started_at = progress or Silent(), clock.now()
    landing = Landing.at(settings.landing, access=settings.landing_options)
    company_id = _company(settings, landing)
    forgotten = Forgotten.read(landing.storage, company_id, key=key_of(settings))
    if not forgotten.marks:
        raise ConfigurationError(f"Nobody of company {company_id} was forgotten: nothing was changed.")
    erasure = Erasure(landing, company_id, now=clock.now, note=progress.note)
    erasure.check_free()
    given_up = list[int]()
    everyone = Everyone(forgotten, settings.zone)
    reissued = list(erasure.erase(everyone, before=erasure.vouched(), given_up=given_up.append))
    return _written(_receipt("", company_id, started_at, clock.now(), reissued, given_up), erasure)


def _receipt(
    person: str,
    company_id: int,
    started_at: datetime,
    finished_at: datetime,
    reissued: Sequence[Reissued],
    given_up: Sequence[int],
) -> Receipt:
    """Of what was done to the landing alone."""
    return Receipt(
        person=person,
        company_id=company_id,
        started_at=started_at,
        finished_at=finished_at,
        work_given_up=sum(given_up),
        snapshots=tuple(each.manifest.address for each in reissued),
        rows_removed=sum(each.removed for each in reissued),
        rows_changed=sum(each.changed for each in reissued),
        warehouse_files=(),
        warehouse_rows_removed=0,
        warehouse_rows_changed=0,
        copies=(),
    )


def _written(receipt: Receipt, erasure: Erasure) -> Receipt:
    name = f"{receipt.started_at:%Y%m%dT%H%M%SZ}-{receipt.person or 'again'}"
    return replace(receipt, address=erasure.write_receipt(name, asdict(receipt)))


def _company(settings: Settings, landing: Landing) -> int:
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
