"""The ledger of a dry run where none is there yet: it knows nothing, and nothing is written."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from huggy_connector.actions.types import LedgerRow


class EmptyLedger:
    """Answers as a ledger without rows does. It has none of the methods that change one."""

    def opt_outs(self) -> Mapping[int, str]:
        return {}

    def opt_out_of(self, contact_id: int) -> str | None:
        del contact_id
        return None

    def last_reached(self, contact_id: int) -> datetime | None:
        del contact_id
        return None

    def reached_since(self, instant: datetime) -> int:
        del instant
        return 0

    def owner_of(self, kind: str, number: int) -> int | None:
        del kind, number
        return None

    def campaigns(self) -> list[Any]:
        return []

    def rows(self, campaign: str) -> Iterator[LedgerRow]:
        del campaign
        return iter(())

    def close(self) -> None:
        pass
