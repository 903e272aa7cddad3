"""Which snapshots are known to hold nobody who is on the suppression list.

Two kinds are known: snapshots that were written under the present list, and those that the last `huggy forget` checked.

    {company}/.forgotten/looked-through-<fingerprint of the list>.json      digests of their manifests

Any other snapshot was put back from a copy, or an older release erased a person from it. What it holds is unknown.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from hashlib import blake2b
from typing import Self

from huggy_connector.landing.manifest import Manifest
from huggy_connector.privacy.suppression_list import SuppressionList, suppression_folder
from huggy_connector.storage.protocol import Storage

_NAME = "looked-through-"


@dataclass(frozen=True, slots=True)
class ClearedSnapshots:
    """The cleared snapshots of one company. `fingerprint` is that of the list, and empty if the list is empty."""

    fingerprint: str = ""
    digests: frozenset[str] | None = None
    """None if no snapshot was checked under this list."""

    @classmethod
    def read(cls, storage: Storage, company_id: int) -> Self:
        """Read the digests of the present list. This needs no key."""
        fingerprint = SuppressionList.read_marks(storage, company_id).fingerprint
        digests = None
        with suppress(FileNotFoundError):
            if fingerprint:
                digests = frozenset(json.loads(storage.read(_address(company_id, fingerprint))))
        return cls(fingerprint, digests)

    def has(self, manifest: Manifest) -> bool:
        """Return whether the snapshot, as this manifest describes it, holds nobody who is on the list."""
        return (
            not self.fingerprint
            or manifest.privacy.endswith(self.fingerprint)
            or (self.digests is not None and _digest(manifest) in self.digests)
        )


def write_cleared_snapshots(storage: Storage, suppression_list: SuppressionList, manifests: Iterable[Manifest]) -> None:
    """Record that these snapshots hold nobody on the list. Records of shorter lists are removed."""
    folder, address = (
        suppression_folder(suppression_list.company_id),
        _address(suppression_list.company_id, suppression_list.fingerprint),
    )
    storage.write(address, json.dumps(sorted(map(_digest, manifests))).encode())
    for name in storage.list_names(folder):
        if name.startswith(_NAME) and f"{folder}/{name}" != address:
            storage.delete(f"{folder}/{name}")


def _address(company_id: int, fingerprint: str) -> str:
    return f"{suppression_folder(company_id)}/{_NAME}{fingerprint}.json"


def _digest(manifest: Manifest) -> str:
    """Return a digest of what is read of a snapshot. Another release may write the rest of its manifest differently."""
    content = [manifest.folder, sorted(file.sha256 for file in manifest.files), dict(manifest.state)]
    return blake2b(json.dumps(content, sort_keys=True).encode(), digest_size=16).hexdigest()
