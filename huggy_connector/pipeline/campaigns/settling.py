"""Settles what is unknown before a run: claims of dead processes, the webhook's echo, reading back."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress

from huggy_connector.actions.echo import ECHO_REASON, Echo, kept_text, match_echoes, read_echoes
from huggy_connector.actions.ledger import Ledger
from huggy_connector.actions.run import CampaignRun
from huggy_connector.actions.types import RowState
from huggy_connector.errors import InboxUnusable
from huggy_connector.privacy import PrivacyPolicy
from huggy_connector.settings import Settings
from huggy_connector.webhook import InboxReader


def settle_all(settings: Settings, company_id: int, campaign: str, ledger: Ledger, run: CampaignRun) -> int:
    """Settle the unknown rows of a campaign as far as events and reading prove. Return how many were settled."""
    ledger.abandon_dead()
    before = len(ledger.unknown_rows(campaign))
    if before:
        settle_by_echo(settings, company_id, campaign, ledger)
        run.settle()
    return before - len(ledger.unknown_rows(campaign))


def settle_by_echo(settings: Settings, company_id: int, campaign: str, ledger: Ledger) -> None:
    """Settle unknown messages of which the webhook told. The inbox has the events of HUGGY_INBOX_DAYS."""
    policy = PrivacyPolicy.from_settings(settings)
    matches = match_echoes(
        ledger.unknown_rows(campaign),
        _read_inbox(settings, company_id),
        is_owned=_is_owned(ledger),
        keep=lambda text: kept_text(policy, text),
    )
    for each in matches:
        ids = {"message": each.message_id}
        ledger.settle(each.row.id, RowState.CONFIRMED, reason=ECHO_REASON, ids=ids, attempt=each.row.attempts)


def _is_owned(ledger: Ledger) -> Callable[[str, int], bool]:
    return lambda kind, number: ledger.owner_of(kind, number) is not None


def _read_inbox(settings: Settings, company_id: int) -> Iterator[Echo]:
    if not InboxReader.exists(settings.inbox_folder):
        return
    with suppress(InboxUnusable), InboxReader.open(settings.inbox_folder) as inbox:
        yield from read_echoes(each.row for each in inbox.items(company_id, after={}))
