"""What the account really has, without limit, faults and pages. A test compares a connector's work with it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from huggy_connector.sandbox.data.resource_list import ResourceList

Json = dict[str, Any]


def build_truth(resource_list: ResourceList) -> Json:
    """Return ids in the list's order: all now, those present since the mark, and what arrived, changed and left."""
    source, rows = resource_list.source, list(resource_list.listing)
    arrived_rows = set(resource_list.arrived_rows)
    return {
        "resource": source.name,
        "count": len(rows),
        "ids": [source.id_of(row) for row in rows],
        "throughout": [source.id_of(row) for row in rows if row not in arrived_rows],
        "arrived": [source.id_of(row) for row in resource_list.arrived_rows],
        "departed": [source.id_of(row) for row in resource_list.departed_rows],
        "changed": [source.id_of(row) for row in resource_list.changed_rows],
        "broken": [source.id_of(row) for row in rows if source.is_broken(row)],
    }


def read_records(resource_list: ResourceList, ids: Sequence[str] | None) -> list[Json]:
    """Return the records with these ids, or all, exactly as the API shows them now. Ids without a row are left out."""
    rows = (
        list(resource_list.listing)
        if ids is None
        else [row for text in ids if (row := resource_list.find(text)) is not None]
    )
    return [json.loads(resource_list.to_json(row)) for row in rows]
