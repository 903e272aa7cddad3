"""Back to a former version: it is published again as the newest, and what was loaded since is blocked.

That is one decision, taken when the version is published. Killed before, nothing has happened; killed after, whoever
comes next finds it taken, and asked for again it is done.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from huggy_connector.errors import ConfigurationError, WarehouseBusy
from huggy_connector.warehouse import ledger
from huggy_connector.warehouse.engine import Engine, explained
from huggy_connector.warehouse.inspection import Loaded, inspect
from huggy_connector.warehouse.place import Place
from huggy_connector.warehouse.publish import drafting, holding, next_version
from huggy_connector.warehouse.verdicts import Rollback, Verdicts, read_verdicts, settled_verdicts, write_verdicts

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True, slots=True)
class RollbackReport:
    """`version` is the new one, which holds what `to` held; `blocked` are the addresses of what it lacks.

    `published`: False where that was done before, by a call that was cut short or whose answer was not heard.
    `warnings` are sentences about copies that could not be made.
    """

    warehouse: str
    version: int
    to: int
    blocked: tuple[str, ...]
    published: bool = True
    warnings: tuple[str, ...] = ()


def rollback(
    warehouse: str | Path,
    *,
    now: Callable[[], datetime],
    to: int | None = None,
    keep_versions: int = 2,
    note: Callable[[str], None] = lambda _: None,
) -> RollbackReport:
    """Publishes a kept version again: `to`, else the newest that holds fewer snapshots than the live file.

    The snapshots that were loaded since are blocked: no load brings them back until they are unblocked. Those that the
    version holds are unblocked, if an earlier rollback blocked them. Until `conclude` is called, the same call again
    only tells what was done; so it does afterwards where it names the version, or nothing is left to go back to.
    Raises ConfigurationError where there is no such version, and as `load` does for a file that may not be changed.
    """
    place, engine = Place.at(warehouse), Engine()
    with holding(place):
        live = inspect(place, (), engine=engine)
        if not live.version:
            raise ConfigurationError(f"There is no warehouse at {place.live} yet: nothing can be rolled back.")
        verdicts = settled_verdicts(place, engine)
        last = verdicts.rollback if verdicts.rollback and verdicts.rollback.version == live.version else None
        if last is not None and to in {None, last.to} and (to or last.stage != "told"):
            return _done(place, verdicts, last)
        chosen = _chosen(place, live.loaded, to, engine)
        if chosen is None and to is None and last is not None:
            return _done(place, verdicts, last)
        if chosen is None:
            raise _lacking(place, to)
        number, file, held = chosen
        version, blocked = next_version(place, live.version), _addresses(live.loaded - held)
        begun = Rollback(version, number, blocked, _addresses(held))
        write_verdicts(place, replace(verdicts, rollback=begun))
        with drafting(
            place, from_version=live.version, engine=engine, keep_versions=keep_versions, source=file
        ) as draft:
            note(f"Publishing what version {number} held as version {version}.")
            ledger.record_rollback(draft.connection, version=version, now=now(), to=number)
        settled_verdicts(place, engine)
    return RollbackReport(str(place.live), version, number, blocked, warnings=tuple(draft.warnings))


def conclude(warehouse: str | Path) -> None:
    """Says that the last rollback is done and told: from then on one without a version goes further back."""
    place = Place.at(warehouse)
    with suppress(WarehouseBusy), holding(place):
        verdicts = read_verdicts(place)
        if verdicts.rollback is not None and verdicts.rollback.stage == "taken":
            write_verdicts(place, replace(verdicts, rollback=replace(verdicts.rollback, stage="told")))


def _done(place: Place, verdicts: Verdicts, last: Rollback) -> RollbackReport:
    """Where a person has let a snapshot in again since, they want it blocked again now."""
    if verdicts != (after := verdicts.with_taken(last)):
        write_verdicts(place, after)
    return RollbackReport(str(place.live), last.version, last.to, last.blocked, published=False)


def judge(
    warehouse: str | Path,
    *,
    block: Sequence[str] = (),
    unblock: Sequence[str] = (),
    accept: Sequence[str] = (),
) -> Verdicts:
    """Changes what is decided about snapshots, given by their addresses. Each decision undoes an earlier one."""
    place = Place.at(warehouse)
    with holding(place):
        before = settled_verdicts(place, Engine())
        after = replace(
            before,
            blocked=(before.blocked | set(block)) - {*unblock, *accept},
            accepted=(before.accepted | set(accept)) - set(block),
        )
        write_verdicts(place, after)
        return after


def _addresses(snapshots: Loaded) -> tuple[str, ...]:
    """Of their manifests, in the landing."""
    return tuple(sorted(f"{company}/{resource}/{run_key}/manifest.json" for company, resource, run_key in snapshots))


def _chosen(place: Place, loaded: Loaded, to: int | None, engine: Engine) -> tuple[int, Path, Loaded] | None:
    """The version to go back to, its file, and the snapshots in it."""
    for number, file in reversed(place.kept()):
        if to is None or number == to:
            with explained(file), engine.reading(file, spill=place.spill) as connection:
                rows = connection.execute("SELECT company_id, resource, run_key FROM meta.loads").fetchall()
            if to is not None or set(rows) < loaded:
                return number, file, frozenset(rows)
    return None


def _lacking(place: Place, to: int | None) -> ConfigurationError:
    there = ", ".join(str(number) for number, _ in place.kept()) or "none"
    wish = "that holds less than the live file" if to is None else f"{to}"
    return ConfigurationError(f"No version {wish} is kept beside {place.live}: there are {there}.")
