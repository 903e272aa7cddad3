"""The ids that a snapshot vouches for, in a compressed file beside its rows."""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING

from huggy_connector.landing.manifest import IdSet, Manifest
from huggy_connector.landing.storage import Storage

if TYPE_CHECKING:
    from pyroaring import BitMap64


def write_ids(storage: Storage, folder: str, ids: BitMap64, *, token: str) -> IdSet:
    """Writes the file into the snapshot's folder. Raises LandingUnwritable."""
    text = ids.serialize()
    told = IdSet(f"ids-{token}.roaring", len(ids), len(text), sha256(text).hexdigest())
    storage.write(f"{folder}/{told.name}", text)
    return told


def read_ids(storage: Storage, manifest: Manifest) -> BitMap64 | None:
    """None where there is no such file, or another one than the manifest says: the rows themselves tell then."""
    from pyroaring import BitMap64

    told = manifest.ids
    if told is None:
        return None
    try:
        text = storage.read(f"{manifest.folder}/{told.name}")
    except FileNotFoundError:
        return None
    return BitMap64.deserialize(text) if sha256(text).hexdigest() == told.sha256 else None
