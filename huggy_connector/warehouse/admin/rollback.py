"""The rollback to a former version: it is published again as the newest, and snapshots loaded since are blocked.

This is one decision, taken when the version is published. If it is killed before, nothing has happened. If it is killed
after, the next process finds it taken, and the same call again reports it as done. meta.actions does not go back: what
was sent stays sent. Nor does meta.restatements: it says which published figures the rollback changes.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from huggy_connector.errors import ConfigurationError, WarehouseBusy
from huggy_connector.warehouse.file import publish_log
from huggy_connector.warehouse.file.blocklist import (
    RollbackDecision,
    SnapshotDecisions,
    read_decisions,
    settle_decisions,
    write_decisions,
)
from huggy_connector.warehouse.file.engine import EngineLimits, translate_errors
from huggy_connector.warehouse.file.inspection import SnapshotKeys, inspect_file
from huggy_connector.warehouse.file.paths import WarehousePaths
from huggy_connector.warehouse.file.publish import draft_version, lock_warehouse, next_version
from huggy_connector.warehouse.load.actions import copy_actions
from huggy_connector.warehouse.marts.past.restatements import PublishCause, restate_rollback

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True, slots=True)
class RollbackReport:
    """The report of a rollback. `version` is the new one, with what `to` held. `blocked` addresses are not in it.

    `published` is False if an earlier call did it, which was killed or whose answer was lost. `warnings` are sentences
    about copies that failed.
    """

    warehouse: str
    version: int
    to: int
    blocked: tuple[str, ...]
    published: bool = True
    warnings: tuple[str, ...] = ()


def roll_back(
    warehouse: str | Path,
    *,
    now: Callable[[], datetime],
    to: int | None = None,
    keep_versions: int = 2,
    note: Callable[[str], None] = lambda _: None,
) -> RollbackReport:
    """Publish a kept version again: `to`, else the newest one with fewer snapshots than the live file.

    The snapshots loaded since are blocked: no load takes them until they are unblocked. Snapshots in the version that
    an earlier rollback blocked are unblocked. Until `confirm_rollback` is called, the same call only reports what was
    done. So it does later if it names the version, or if no version is left to go back to.

    Raise ConfigurationError if there is no such version, and WarehouseUnusable or WarehouseBusy as `load_snapshots`
    does.
    """
    paths, engine = WarehousePaths.at(warehouse), EngineLimits()
    with lock_warehouse(paths):
        live = inspect_file(paths, (), engine=engine)
        if not live.version:
            raise ConfigurationError(f"There is no warehouse at {paths.live} yet: nothing can be rolled back.")
        decisions = settle_decisions(paths, engine)
        last = decisions.rollback if decisions.rollback and decisions.rollback.version == live.version else None
        if last is not None and to in {None, last.to} and (to or last.stage != "told"):
            return _report_again(paths, decisions, last)
        chosen = _choose_version(paths, live.loaded, to, engine)
        if chosen is None and to is None and last is not None:
            return _report_again(paths, decisions, last)
        if chosen is None:
            raise _no_version_error(paths, to)
        number, file, held_snapshots = chosen
        version, blocked = next_version(paths, live.version), _manifest_addresses(live.loaded - held_snapshots)
        decision = RollbackDecision(version, number, blocked, _manifest_addresses(held_snapshots))
        write_decisions(paths, replace(decisions, rollback=decision))
        with draft_version(
            paths, from_version=live.version, engine=engine, keep_versions=keep_versions, source=file
        ) as draft:
            note(f"Publishing what version {number} held as version {version}.")
            copy_actions(draft.connection, paths.live)
            restate_rollback(draft.connection, paths.live, PublishCause("rollback", version, now()))
            publish_log.record_rollback(draft.connection, version=version, now=now(), to=number)
        settle_decisions(paths, engine)
    return RollbackReport(str(paths.live), version, number, blocked, warnings=tuple(draft.warnings))


def confirm_rollback(warehouse: str | Path) -> None:
    """Record that the last rollback is done and reported. A later rollback without a version then goes further back."""
    paths = WarehousePaths.at(warehouse)
    with suppress(WarehouseBusy), lock_warehouse(paths):
        decisions = read_decisions(paths)
        if decisions.rollback is not None and decisions.rollback.stage == "taken":
            write_decisions(paths, replace(decisions, rollback=replace(decisions.rollback, stage="told")))


def _report_again(paths: WarehousePaths, decisions: SnapshotDecisions, last: RollbackDecision) -> RollbackReport:
    """Report the last rollback, and block its snapshots again if a person has unblocked one since."""
    if decisions != (after := decisions.with_rollback(last)):
        write_decisions(paths, after)
    return RollbackReport(str(paths.live), last.version, last.to, last.blocked, published=False)


def decide_snapshots(
    warehouse: str | Path,
    *,
    block: Sequence[str] = (),
    unblock: Sequence[str] = (),
    accept: Sequence[str] = (),
) -> SnapshotDecisions:
    """Add decisions about snapshots, given by their addresses, and return all. Each decision undoes an earlier one."""
    paths = WarehousePaths.at(warehouse)
    with lock_warehouse(paths):
        before = settle_decisions(paths, EngineLimits())
        after = replace(
            before,
            blocked=(before.blocked | set(block)) - {*unblock, *accept},
            accepted=(before.accepted | set(accept)) - set(block),
        )
        write_decisions(paths, after)
        return after


def _manifest_addresses(snapshots: SnapshotKeys) -> tuple[str, ...]:
    """Return the addresses of the snapshots' manifests in the landing."""
    return tuple(sorted(f"{company}/{resource}/{run_key}/manifest.json" for company, resource, run_key in snapshots))


def _choose_version(
    paths: WarehousePaths, loaded: SnapshotKeys, to: int | None, engine: EngineLimits
) -> tuple[int, Path, SnapshotKeys] | None:
    """Return the version to go back to, its file and the snapshots in it; None if there is no such version."""
    for number, file in reversed(paths.former_versions()):
        if to is None or number == to:
            with translate_errors(file), engine.open_read_only(file, spill=paths.spill) as connection:
                rows = connection.execute("SELECT company_id, resource, run_key FROM meta.loads").fetchall()
            if to is not None or set(rows) < loaded:
                return number, file, frozenset(rows)
    return None


def _no_version_error(paths: WarehousePaths, to: int | None) -> ConfigurationError:
    """Return the error that names the kept versions."""
    kept = ", ".join(str(number) for number, _ in paths.former_versions()) or "none"
    wanted = "that holds less than the live file" if to is None else f"{to}"
    return ConfigurationError(f"No version {wanted} is kept beside {paths.live}: there are {kept}.")
