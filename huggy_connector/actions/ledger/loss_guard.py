"""The guard against a ledger that is lost, another one, or an older copy: with it, things could be sent twice.

    {company}/.ledger.json     in the storage of the landing: the mark of the ledger with which things were sent

A stamp is a random number. Each run at its begin and end, and every so many claims, write a new stamp into the ledger
and then, before anything is sent, into the mark. So the mark holds a stamp that the right ledger knows. A new ledger
does not know it, nor does a copy from before it was written; and of two copies that are both used, one does not.
"""

from __future__ import annotations

import json
import platform
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Self

from huggy_connector.actions.ledger.ledger_file import SEE
from huggy_connector.errors import LedgerBusy, LedgerUnusable
from huggy_connector.storage import Storage

TRIES = 20
"""How often a mark is written again that another process has changed meanwhile."""


@dataclass(frozen=True, slots=True)
class LedgerMark:
    """What the landing holds of a ledger. `number` counts its stamps, `host` is the one that wrote the newest."""

    ledger: str
    stamp: str
    number: int
    host: str

    @classmethod
    def parse(cls, data: bytes) -> Self:
        """Raises ValueError for what is no mark."""
        found: Any = json.loads(data)
        try:
            return cls(str(found["ledger"]), str(found["stamp"]), int(found["number"]), str(found["host"]))
        except (KeyError, TypeError) as error:
            raise ValueError("no mark") from error

    def encode(self) -> bytes:
        return json.dumps({"format": 1, **asdict(self)}).encode() + b"\n"


@dataclass(frozen=True, slots=True)
class LossGuard:
    """Reads and writes the mark of one company's ledger. `knows` says whether the ledger has written a stamp."""

    storage: Storage
    company_id: int
    path: Path
    """Of the ledger, for the sentences."""

    @property
    def name(self) -> str:
        return f"{self.company_id}/.ledger.json"

    def read(self) -> LedgerMark | None:
        """Return the mark. Raises LedgerUnusable if it cannot be read, and the errors of the storage."""
        return self._parse(self._read())

    def check(self, mark: LedgerMark | None, ledger: str | None, knows: Callable[[str], bool]) -> None:
        """Raise LedgerUnusable unless `ledger`, which may be missing, is the one that the mark tells of."""
        if mark is None:
            return
        subject = f"Company {self.company_id} was written to with a ledger of the host {mark.host}"
        if ledger is None:
            raise LedgerUnusable(
                f"{subject}, and there is none at {self.path}: put it back, or set HUGGY_LEDGER to its folder, so that "
                f"nothing is sent twice. {SEE} where it is lost."
            )
        if ledger != mark.ledger:
            raise LedgerUnusable(
                f"{subject}, and {self.path} is another one: act on that host, or move its ledger here, so that "
                f"nothing is sent twice. {SEE} where it is lost."
            )
        if not knows(mark.stamp):
            raise LedgerUnusable(
                f"{subject}, and {self.path} is an older copy of it, which lacks what was sent since: put the newest "
                f"one back, so that nothing is sent twice. {SEE} where it is lost."
            )

    def write(self, mark: LedgerMark, knows: Callable[[str], bool]) -> None:
        """Write a mark whose stamp the ledger has on the disk. Raises as `check`, and the errors of the storage."""
        for _ in range(TRIES):
            old = self._read()
            self.check(self._parse(old), mark.ledger, knows)
            if old is None:
                is_written = self.storage.create(self.name, mark.encode())
            else:
                is_written = self.storage.exchange(self.name, old, mark.encode())
            if is_written:
                return
        raise LedgerBusy(f"Other processes keep changing {self.name} in the landing: try again in a moment.")

    def _read(self) -> bytes | None:
        try:
            return self.storage.read(self.name)
        except FileNotFoundError:
            return None

    def _parse(self, data: bytes | None) -> LedgerMark | None:
        try:
            return None if data is None else LedgerMark.parse(data)
        except ValueError:
            raise LedgerUnusable(
                f"{self.name} in the landing is damaged, so it is not known whether {self.path} is the right ledger. "
                f"{SEE}."
            ) from None


def name_host() -> str:
    """Return this host's name, for the mark."""
    return platform.node() or "unknown"
