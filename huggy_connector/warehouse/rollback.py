"""Back to a former version: it is published again as the newest, and what was loaded since is blocked."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from huggy_connector.errors import ConfigurationError
from huggy_connector.warehouse import ledger
from huggy_connector.warehouse.engine import Engine, explained
from huggy_connector.warehouse.inspection import Loaded, inspect
from huggy_connector.warehouse.place import Place
from huggy_connector.warehouse.publish import drafting, holding
from huggy_connector.warehouse.verdicts import Verdicts, read_verdicts, write_verdicts

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True, slots=True)
class RollbackReport:
    """`version` is the new one, which holds what `to` held; `blocked` are the addresses of what it lacks.

    `warnings` are sentences about copies that could not be made.
    """

    warehouse: str
    version: int
    to: int
    blocked: tuple[str, ...]
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

    The snapshots that were loaded since are blocked first: no load brings them back until they are unblocked. Those
    that the version holds are unblocked, if an earlier rollback blocked them. Raises ConfigurationError where there is
    no such version, and as `load` does for a file that may not be changed.
    """
    place, engine = Place.at(warehouse), Engine()
    with holding(place):
        live = inspect(place, (), engine=engine)
        if not live.version:
            raise ConfigurationError(f"There is no warehouse at {place.live} yet: nothing can be rolled back.")
        number, file, held = _chosen(place, live.loaded, to, engine)
        blocked = _addresses(live.loaded - held)
        verdicts = read_verdicts(place)
        after = replace(verdicts, blocked=(verdicts.blocked | set(blocked)) - set(_addresses(held)))
        write_verdicts(place, after)
        before = place.live.stat().st_ino
        try:
            with drafting(
                place, from_version=live.version, engine=engine, keep_versions=keep_versions, source=file
            ) as draft:
                note(f"Publishing what version {number} held as version {draft.version}.")
                ledger.record_rollback(draft.connection, version=draft.version, now=now(), to=number)
        except BaseException:
            if place.live.stat().st_ino == before:  # else it was published, and what went wrong came after
                write_verdicts(place, verdicts)
            raise
    return RollbackReport(str(place.live), draft.version, number, blocked, tuple(draft.warnings))


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
        before = read_verdicts(place)
        after = Verdicts(
            (before.blocked | set(block)) - {*unblock, *accept}, (before.accepted | set(accept)) - set(block)
        )
        write_verdicts(place, after)
        return after


def _addresses(snapshots: Loaded) -> tuple[str, ...]:
    """Of their manifests, in the landing."""
    return tuple(sorted(f"{company}/{resource}/{run_key}/manifest.json" for company, resource, run_key in snapshots))


def _chosen(place: Place, loaded: Loaded, to: int | None, engine: Engine) -> tuple[int, Path, Loaded]:
    """The version to go back to, its file, and the snapshots in it."""
    kept = place.kept()
    for number, file in reversed(kept):
        if to is None or number == to:
            with explained(file), engine.reading(file, spill=place.spill) as connection:
                rows = connection.execute("SELECT company_id, resource, run_key FROM meta.loads").fetchall()
            if to is not None or set(rows) < loaded:
                return number, file, frozenset(rows)
    there = ", ".join(str(number) for number, _ in kept) or "none"
    wish = "that holds less than the live file" if to is None else f"{to}"
    raise ConfigurationError(f"No version {wish} is kept beside {place.live}: there are {there}.")
