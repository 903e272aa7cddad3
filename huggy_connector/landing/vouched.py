"""Which snapshots hold nobody who is forgotten: those written under the list of forgotten people as it is now, and
those that the last `huggy forget` has looked through.

    {company}/.forgotten/looked-through-<fingerprint of the list>.json      digests of what their manifests say

Any other was put back from a copy, or was forgotten in by a former release: nobody knows what it holds.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from hashlib import blake2b
from typing import Self

from huggy_connector.landing.forgotten import Forgotten, folder_of
from huggy_connector.landing.manifest import Manifest
from huggy_connector.landing.storage import Storage

_NAME = "looked-through-"


@dataclass(frozen=True, slots=True)
class Vouched:
    """What is vouched for of one company. `fingerprint` is the list's, empty where nobody is forgotten."""

    fingerprint: str = ""
    digests: frozenset[str] | None = None
    """None where nobody has looked."""

    @classmethod
    def read(cls, storage: Storage, company_id: int) -> Self:
        """As it lies there. Needs no key."""
        fingerprint = Forgotten.listed(storage, company_id).fingerprint
        digests = None
        with suppress(FileNotFoundError):
            if fingerprint:
                digests = frozenset(json.loads(storage.read(_address(company_id, fingerprint))))
        return cls(fingerprint, digests)

    def has(self, manifest: Manifest) -> bool:
        """Whether the snapshot, as the manifest describes it, holds nobody who is forgotten."""
        return (
            not self.fingerprint
            or manifest.privacy.endswith(self.fingerprint)
            or (self.digests is not None and _digest(manifest) in self.digests)
        )


def vouch(storage: Storage, forgotten: Forgotten, manifests: Iterable[Manifest]) -> None:
    """Keeps that these hold nobody on the list. What was kept for a shorter list is removed."""
    folder, address = folder_of(forgotten.company_id), _address(forgotten.company_id, forgotten.fingerprint)
    storage.write(address, json.dumps(sorted(map(_digest, manifests))).encode())
    for name in storage.children(folder):
        if name.startswith(_NAME) and f"{folder}/{name}" != address:
            storage.delete(f"{folder}/{name}")


def _address(company_id: int, fingerprint: str) -> str:
    return f"{folder_of(company_id)}/{_NAME}{fingerprint}.json"


def _digest(manifest: Manifest) -> str:
    """Of what is read of a snapshot: another release may write the rest of its manifest in other words."""
    told = [manifest.folder, sorted(file.sha256 for file in manifest.files), dict(manifest.state)]
    return blake2b(json.dumps(told, sort_keys=True).encode(), digest_size=16).hexdigest()
