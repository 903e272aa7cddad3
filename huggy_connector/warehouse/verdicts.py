"""What a person has decided about snapshots, in a file beside the warehouse: it outlives every version of that."""

from __future__ import annotations

import json
from dataclasses import dataclass

from huggy_connector.errors import WarehouseUnusable
from huggy_connector.storage import replacing
from huggy_connector.warehouse.place import Place


@dataclass(frozen=True, slots=True)
class Verdicts:
    """Addresses of manifests. `blocked` ones are not loaded; `accepted` ones are believed however much they miss."""

    blocked: frozenset[str] = frozenset()
    accepted: frozenset[str] = frozenset()


def read_verdicts(place: Place) -> Verdicts:
    """Raises WarehouseUnusable for a file that cannot be read: to load what was blocked would undo a rollback."""
    try:
        told = json.loads(place.verdicts.read_bytes())
        return Verdicts(frozenset(map(str, told["blocked"])), frozenset(map(str, told["accepted"])))
    except FileNotFoundError:
        return Verdicts()
    except (OSError, ValueError, KeyError, TypeError):
        raise WarehouseUnusable(
            f"{place.verdicts}, which says what snapshots are blocked, cannot be read: mend it, or remove it to load "
            "all of them."
        ) from None


def write_verdicts(place: Place, verdicts: Verdicts) -> None:
    """Whole or not at all. Within `holding`."""
    told = {"blocked": sorted(verdicts.blocked), "accepted": sorted(verdicts.accepted)}
    with replacing(place.verdicts) as half:
        half.write_text(json.dumps(told, indent=1), encoding="utf-8")
