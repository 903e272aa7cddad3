"""Erases a person from the ledger of actions on this host, where there is one."""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import datetime
from pathlib import Path

from huggy_connector.actions.ledger import Ledger


def find_in_ledger(folder: Path, company_id: int, contact_id: int, *, now: Callable[[], datetime]) -> bool:
    """Return whether the ledger names a contact. Raises LedgerUnusable or LedgerBusy."""
    if not Ledger.exists(folder, company_id):
        return False
    with Ledger.open(folder, company_id=company_id, now=now, create=False) as ledger:
        return ledger.mentions(contact_id)


def erase_from_ledger(
    folder: Path, company_id: int, contact_id: int, chats: Collection[int], *, now: Callable[[], datetime]
) -> int:
    """Take a person and their chats out of the ledger. Return how many rows that were. Raises as `find_in_ledger`."""
    if not Ledger.exists(folder, company_id):
        return 0
    with Ledger.open(folder, company_id=company_id, now=now, create=False) as ledger:
        return ledger.forget(contact_id, chats=chats)
