"""What a load has to do: which snapshots, into the file as it is or into one made anew."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from types import MappingProxyType
from zoneinfo import ZoneInfo

from huggy_connector.catalogue import Resource
from huggy_connector.errors import ClockWrong, WarehouseUnusable
from huggy_connector.landing import Landing, Manifest
from huggy_connector.landing.known import credible
from huggy_connector.warehouse.bring import Batch
from huggy_connector.warehouse.companies import Stopped, of_company
from huggy_connector.warehouse.inspection import Found, Loaded
from huggy_connector.warehouse.place import Place
from huggy_connector.warehouse.verdicts import Verdicts


@dataclass(frozen=True, slots=True)
class Todo:
    """`afresh`: the file is made anew. `zones` are those of the companies, which their newest snapshots tell.

    `loaded` are the snapshots that have been, `blocked` ones may not be, some of which were loaded before
    (`blocked_late`). `ahead` are those that a clock put into a time to come: they are left out, but for `ahead_late`,
    which are in the file. `misnamed` are folders of the landing that can be no company's.
    """

    afresh: bool
    batches: tuple[Batch, ...]
    zones: Mapping[int, ZoneInfo]
    loaded: tuple[Manifest, ...]
    blocked: int
    blocked_late: int
    ahead: tuple[str, ...] = ()
    ahead_late: tuple[str, ...] = ()
    misnamed: tuple[str, ...] = ()

    @property
    def manifests(self) -> list[Manifest]:
        return [manifest for batch in self.batches for manifest in batch.new]

    @property
    def skipped(self) -> int:
        return len(self.loaded)

    @property
    def hints(self) -> tuple[str, ...]:
        """Sentences about what is left out."""
        told = []
        if kept_out := self.blocked - self.blocked_late:
            told.append(
                f"{kept_out:,} snapshots are blocked: `huggy rollback --unblock RUN_KEY` lets the next load take one."
            )
        if self.blocked_late:
            told.append(
                f"{self.blocked_late:,} snapshots in the file are blocked: `huggy rebuild` leaves them out, "
                "`huggy rollback --unblock RUN_KEY` keeps one."
            )
        if self.ahead:
            told.append(
                f"{len(self.ahead):,} snapshots are of a time to come and are left out until then, {self.ahead[0]} the "
                "first: is this host's clock behind, or was the one that landed them ahead?"
            )
        if self.ahead_late:
            told.append(
                f"{len(self.ahead_late):,} snapshots in the file are of a time to come and beat what is read now, "
                f"{self.ahead_late[0]} the first: if this host's clock is right, `huggy rebuild` leaves them out."
            )
        if self.misnamed:
            told.append(
                f"{len(self.misnamed):,} folders of the landing are left out, {self.misnamed[0]} the first: no company "
                "has such a number: move them away."
            )
        return tuple(told)


def todo_of(
    landing: Landing,
    place: Place,
    found: Found,
    verdicts: Verdicts,
    resources: Sequence[Resource],
    *,
    zone: ZoneInfo,
    afresh: bool,
    now: datetime,
    note: Callable[[str], None],
    stopped: Stopped = MappingProxyType({}),
) -> Todo:
    """Without the companies that are `stopped`. Raises WarehouseUnusable where a file has to be made anew and would
    hold less, ClockWrong where all that there is comes from a time after `now`.
    """
    afresh, loaded = afresh or found.former, found.loaded
    listed = partial(_listed, landing, verdicts=verdicts, resources=resources, zone=zone, now=now, stopped=stopped)
    todo = listed(frozenset() if afresh else loaded, afresh=afresh)
    moved = [company for company, name in found.zones if company in todo.zones and todo.zones[company].key != name]
    if moved and not afresh:
        note(f"The zone of company {min(moved)} is another now: its times are read again, from the landing.")
        todo = listed(frozenset(), afresh=True)
    if todo.ahead and not todo.manifests and not todo.loaded:
        raise ClockWrong(
            f"All snapshots of the landing are of a time after now, which is {now:%Y-%m-%d %H:%M} UTC by this host's "
            "clock: set it."
        )
    if todo.afresh:
        in_question = frozenset(each for each in found.loaded if each[0] not in stopped)
        _make_sure_of_landing(landing, place, in_question, todo, verdicts)
    return todo


def _listed(
    landing: Landing,
    loaded: Loaded,
    *,
    verdicts: Verdicts,
    resources: Sequence[Resource],
    zone: ZoneInfo,
    afresh: bool,
    now: datetime,
    stopped: Stopped,
) -> Todo:
    batches, loaded_already, blocked, late = [], list[Manifest](), 0, 0
    ahead, ahead_late = list[str](), list[str]()
    zones = dict[int, ZoneInfo]()
    for company_id in landing.companies():
        if company_id in stopped:
            continue
        told = list[tuple[str, str]]()
        for resource in resources:
            with of_company(company_id):
                published = landing.published(company_id, resource.name)
            free = [each for each in published if each.address not in verdicts.blocked]
            old = tuple(each for each in free if (company_id, resource.name, each.run_key) in loaded)
            waiting = [each for each in free if (company_id, resource.name, each.run_key) not in loaded]
            new = credible(waiting, now=now)
            ahead += _to_come(waiting, now)
            ahead_late += _to_come(old, now)
            loaded_already += old
            blocked += len(published) - len(free)
            late += sum((company_id, resource.name, each.run_key) in loaded for each in published) - len(old)
            told += [(each.run_key, each.timezone) for each in (*old, *new) if each.timezone]
            if new:
                batches.append(Batch(company_id, resource, new, old))
        zones[company_id] = ZoneInfo(max(told)[1]) if told else zone
    return Todo(
        afresh,
        tuple(batches),
        zones,
        tuple(loaded_already),
        blocked,
        late,
        tuple(ahead),
        tuple(ahead_late),
        landing.misnamed(),
    )


def _to_come(snapshots: Sequence[Manifest], now: datetime) -> list[str]:
    possible = {each.run_key for each in credible(snapshots, now=now)}
    return [f"{each.resource} {each.run_key}" for each in snapshots if each.run_key not in possible]


def _make_sure_of_landing(landing: Landing, place: Place, loaded: Loaded, todo: Todo, verdicts: Verdicts) -> None:
    """A file made anew may hold no less than the one it replaces."""
    sought = loaded - {(each.company_id, each.resource, each.run_key) for each in todo.manifests}
    there = set[tuple[int, str, str]]()
    for company_id, resource in {(company_id, resource) for company_id, resource, _ in sought}:
        with of_company(company_id):
            published = landing.published(company_id, resource)
        there |= {(each.company_id, each.resource, each.run_key) for each in published}
    lacking = [
        f"{company_id}/{resource}/{run_key}"
        for company_id, resource, run_key in sorted(sought - there)
        if f"{company_id}/{resource}/{run_key}/manifest.json" not in verdicts.blocked
    ]
    if lacking:
        raise WarehouseUnusable(
            f"{place.live} has to be made anew of the landing, which lacks {len(lacking):,} of the snapshots in it, "
            f"{lacking[0]} the first: bring them back, or move the file away to make one of what there is."
        )
