"""What a person has decided about snapshots, in a file beside the warehouse: it outlives every version of that.

A rollback decides about snapshots and publishes a version, in two files. So that it is one decision, it is announced
here first, and what the warehouse's ledger says afterwards tells whether it was taken: see `settled_verdicts`.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal, TypeAlias

from huggy_connector.errors import WarehouseUnusable
from huggy_connector.storage import replacing
from huggy_connector.warehouse import ledger
from huggy_connector.warehouse.engine import Engine, explained
from huggy_connector.warehouse.place import Place

Stage: TypeAlias = Literal["begun", "taken", "told"]


@dataclass(frozen=True, slots=True)
class Rollback:
    """The last rollback: `version` is the one that it publishes, with what `to` held.

    It is `begun` before it publishes, `taken` once it has published and its verdicts are in force, and `told` when
    everything that belongs to it is done.
    """

    version: int
    to: int
    blocked: tuple[str, ...]
    unblocked: tuple[str, ...]
    stage: Stage = "begun"


@dataclass(frozen=True, slots=True)
class Verdicts:
    """Addresses of manifests. `blocked` ones are not loaded; `accepted` ones are believed however much they miss."""

    blocked: frozenset[str] = frozenset()
    accepted: frozenset[str] = frozenset()
    rollback: Rollback | None = None

    def with_taken(self, rollback: Rollback) -> Verdicts:
        """These, and what a rollback that has published decides."""
        stage: Stage = "taken" if rollback.stage == "begun" else rollback.stage
        blocked = (self.blocked | set(rollback.blocked)) - set(rollback.unblocked)
        return replace(self, blocked=blocked, rollback=replace(rollback, stage=stage))


def settled_verdicts(place: Place, engine: Engine) -> Verdicts:
    """What is in force. A rollback that was killed is taken if it had published, else it never was. Within `holding`.

    Raises WarehouseUnusable for a file that cannot be read: to load what was blocked would undo a rollback.
    """
    verdicts = read_verdicts(place)
    begun = verdicts.rollback
    if begun is None or begun.stage != "begun":
        return verdicts
    is_taken = _is_published(place, begun, engine)
    verdicts = verdicts.with_taken(begun) if is_taken else replace(verdicts, rollback=None)
    write_verdicts(place, verdicts)
    return verdicts


def _is_published(place: Place, begun: Rollback, engine: Engine) -> bool:
    if not place.live.exists():
        return False
    with explained(place.live), engine.reading(place.live, spill=place.spill) as connection:
        return ledger.was_rolled_back(connection, version=begun.version, to=begun.to)


def read_verdicts(place: Place) -> Verdicts:
    """As they stand in the file. Raises WarehouseUnusable for one that cannot be read."""
    try:
        told = json.loads(place.verdicts.read_bytes())
        return Verdicts(
            frozenset(map(str, told["blocked"])), frozenset(map(str, told["accepted"])), _rollback(told.get("rollback"))
        )
    except FileNotFoundError:
        return Verdicts()
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        raise WarehouseUnusable(
            f"{place.verdicts}, which says what snapshots are blocked, cannot be read: mend it, or remove it to load "
            "all of them."
        ) from None


def _rollback(told: dict[str, Any] | None) -> Rollback | None:
    if told is None:
        return None
    return Rollback(**{**told, "blocked": tuple(told["blocked"]), "unblocked": tuple(told["unblocked"])})


def write_verdicts(place: Place, verdicts: Verdicts) -> None:
    """Whole or not at all. Within `holding`."""
    told: dict[str, Any] = {"blocked": sorted(verdicts.blocked), "accepted": sorted(verdicts.accepted)}
    if verdicts.rollback is not None:
        told["rollback"] = asdict(verdicts.rollback)
    with replacing(place.verdicts) as half:
        half.write_text(json.dumps(told, indent=1), encoding="utf-8")
