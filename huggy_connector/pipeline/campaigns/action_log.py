"""What the ledgers of this host tell the warehouse: the rows of meta.actions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from huggy_connector.actions.ledger import Ledger
from huggy_connector.clock import Clock
from huggy_connector.errors import ActionError, ConfigurationError
from huggy_connector.landing import Landing
from huggy_connector.privacy import SuppressionList, hash_key_of
from huggy_connector.settings import Settings
from huggy_connector.warehouse import ActionLog


@dataclass(slots=True)
class ActionLogReader:
    """Reads the ledgers of the companies in a landing, as far as this host has them.

    A ledger that cannot be read stops no load: the file keeps what it knows of it. `warnings` has a sentence for each.
    """

    settings: Settings
    landing: Landing
    clock: Clock
    warnings: list[str] = field(default_factory=list)

    def read(self) -> tuple[ActionLog, ...]:
        """Return what each ledger tells now."""
        self.warnings.clear()
        return tuple(self._read_all())

    def _read_all(self) -> Iterator[ActionLog]:
        folder = self.settings.ledger_folder
        for company_id in self.landing.companies():
            try:
                if Ledger.exists(folder, company_id):
                    yield self._read_one(company_id)
            except (ActionError, ConfigurationError) as error:
                self._warn(company_id, str(error))
            except OSError as error:
                self._warn(company_id, f"The ledger in {folder} cannot be read ({error.strerror}).")

    def _warn(self, company_id: int, reason: str) -> None:
        self.warnings.append(f"Company {company_id}: the load goes on without its newest actions. {reason}")

    def _read_one(self, company_id: int) -> ActionLog:
        storage = self.landing.storage
        with Ledger.open(
            self.settings.ledger_folder, company_id=company_id, now=self.clock.now, storage=storage, create=False
        ) as ledger:
            rows = [*ledger.attempts()]
        forgotten = SuppressionList.read(storage, company_id, key=hash_key_of(self.settings)) if rows else None
        if forgotten is not None and forgotten.marks:  # a ledger of another host than the one that forgot somebody
            rows = [_strip(row, forgotten) for row in rows]
        return ActionLog(ledger.id, rows)


def _strip(row: Mapping[str, Any], forgotten: SuppressionList) -> Mapping[str, Any]:
    """Return the row without a person of the list."""
    kind, _, number = row["target"].partition(":")
    is_named = kind == "contact" and number.isdecimal() and forgotten.has_contact(int(number))
    if not is_named and not forgotten.has_contact(row["contact_id"]):
        return row
    return {**row, "contact_id": None, "target": row["target"] if kind == "chat" else kind}
