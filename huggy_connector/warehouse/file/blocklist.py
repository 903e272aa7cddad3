"""A person's decisions about snapshots, in a file beside the warehouse that outlives every version of it.

A rollback decides about snapshots and publishes a version, in two files. To make that one decision, it is first written
here, and the audit in the warehouse then says whether it was taken: see `settle_decisions`.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, replace
from functools import cache
from typing import Any, Literal, TypeAlias

from pydantic import TypeAdapter

from huggy_connector.errors import WarehouseUnusable
from huggy_connector.storage import replace_file
from huggy_connector.warehouse.file import publish_log
from huggy_connector.warehouse.file.engine import EngineLimits, translate_errors
from huggy_connector.warehouse.file.paths import WarehousePaths

RollbackStage: TypeAlias = Literal["begun", "taken", "told"]


@dataclass(frozen=True, slots=True)
class RollbackDecision:
    """The last rollback: `version` is the one that it publishes, with what version `to` held.

    It is `begun` before the publish, `taken` after it, when its decisions are in force, and `told` when all of it is
    done.
    """

    version: int
    to: int
    blocked: tuple[str, ...]
    unblocked: tuple[str, ...]
    stage: RollbackStage = "begun"


@dataclass(frozen=True, slots=True)
class SnapshotDecisions:
    """Decisions by addresses of manifests: `blocked` ones are not loaded, `accepted` ones are always believed.

    Neither has a default: a file that lost one of them would unblock snapshots.
    """

    blocked: frozenset[str]
    accepted: frozenset[str]
    rollback: RollbackDecision | None = None

    def with_rollback(self, rollback: RollbackDecision) -> SnapshotDecisions:
        """Return these decisions with those of a rollback that has published."""
        stage: RollbackStage = "taken" if rollback.stage == "begun" else rollback.stage
        blocked = (self.blocked | set(rollback.blocked)) - set(rollback.unblocked)
        return replace(self, blocked=blocked, rollback=replace(rollback, stage=stage))


NO_DECISIONS = SnapshotDecisions(frozenset(), frozenset())


def settle_decisions(paths: WarehousePaths, engine: EngineLimits) -> SnapshotDecisions:
    """Return the decisions in force. A killed rollback counts if it had published. Call it in `lock_warehouse`.

    Raise WarehouseUnusable for a file that cannot be read: to load blocked snapshots would undo a rollback.
    """
    decisions = read_decisions(paths)
    rollback = decisions.rollback
    if rollback is None or rollback.stage != "begun":
        return decisions
    is_taken = _is_published(paths, rollback, engine)
    decisions = decisions.with_rollback(rollback) if is_taken else replace(decisions, rollback=None)
    write_decisions(paths, decisions)
    return decisions


def _is_published(paths: WarehousePaths, rollback: RollbackDecision, engine: EngineLimits) -> bool:
    if not paths.live.exists():
        return False
    with translate_errors(paths.live), engine.open_read_only(paths.live, spill=paths.spill) as connection:
        return publish_log.was_rolled_back(connection, version=rollback.version, to=rollback.to)


def read_decisions(paths: WarehousePaths) -> SnapshotDecisions:
    """Return the decisions as the file has them. Raise WarehouseUnusable if it cannot be read."""
    try:
        return _adapter().validate_json(paths.decisions.read_bytes(), strict=True)
    except FileNotFoundError:
        return NO_DECISIONS
    except (OSError, ValueError):  # and pydantic's ValidationError
        raise WarehouseUnusable(
            f"{paths.decisions}, which says what snapshots are blocked, cannot be read: mend it, or remove it to load "
            "all of them."
        ) from None


@cache
def _adapter() -> TypeAdapter[SnapshotDecisions]:
    return TypeAdapter(SnapshotDecisions)


def write_decisions(paths: WarehousePaths, decisions: SnapshotDecisions) -> None:
    """Write the decisions, all or nothing. Call it in `lock_warehouse`."""
    stored: dict[str, Any] = {"blocked": sorted(decisions.blocked), "accepted": sorted(decisions.accepted)}
    if decisions.rollback is not None:
        stored["rollback"] = asdict(decisions.rollback)
    with replace_file(paths.decisions) as half:
        half.write_text(json.dumps(stored, indent=1), encoding="utf-8")
