"""The ids of a snapshot's list, in a compressed file beside its rows."""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING

from huggy_connector.landing.manifest import IdSet, Manifest
from huggy_connector.storage.protocol import Storage

if TYPE_CHECKING:
    from pyroaring import BitMap64


def write_ids(storage: Storage, folder: str, ids: BitMap64, *, token: str) -> IdSet:
    """Write the ids to a file in the snapshot's folder and return its description. Raises LandingUnwritable."""
    data = ids.serialize()
    id_set = IdSet(f"ids-{token}.roaring", len(ids), len(data), sha256(data).hexdigest())
    storage.write(f"{folder}/{id_set.name}", data)
    return id_set


def read_ids(storage: Storage, manifest: Manifest) -> BitMap64 | None:
    """Return the ids of the snapshot's list.

    Return None if there is no such file, or if it is not the file that the manifest describes: then use the rows.
    """
    from pyroaring import BitMap64

    id_set = manifest.ids
    if id_set is None:
        return None
    try:
        data = storage.read(f"{manifest.folder}/{id_set.name}")
    except FileNotFoundError:
        return None
    return BitMap64.deserialize(data) if sha256(data).hexdigest() == id_set.sha256 else None
