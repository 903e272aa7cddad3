"""The ledger of actions: each key once, on the disk before a request leaves. See docs/ledger.md.

transitions   which state of a row follows which, and who may say so (pure)
ledger_file   the SQLite file: made, opened, its errors
loss_guard    the mark in the landing: nothing is sent with a ledger that is lost, another one, or an older copy
row_changes   what is written of a row
ledger        all of it, for a process
"""

from huggy_connector.actions.ledger.campaigns import CampaignRecord
from huggy_connector.actions.ledger.ledger import Ledger
from huggy_connector.actions.ledger.row_changes import NOT_SENT
from huggy_connector.actions.ledger.transitions import MAX_ATTEMPTS, REPEATABLE

__all__ = ["MAX_ATTEMPTS", "NOT_SENT", "REPEATABLE", "CampaignRecord", "Ledger"]
