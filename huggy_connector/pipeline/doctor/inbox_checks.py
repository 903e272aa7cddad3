"""Checks the webhook's inbox on this host: whether a receiver runs, knows a token, and is landed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

from huggy_connector.pipeline.doctor.check_row import Finding, ok, warn
from huggy_connector.pipeline.durations import describe_age
from huggy_connector.settings import Settings
from huggy_connector.warehouse.file.filesystem import NETWORK_FILESYSTEMS, filesystem_of, read_mounts
from huggy_connector.webhook import InboxReader
from huggy_connector.webhook.inbox_status import CompanyStatus, InboxStatus, read_inbox_status
from huggy_connector.webhook.protocol.tokens import Tokens

OLD = timedelta(hours=26)
"""Age from which on what is not landed was forgotten: runs are daily and may take two hours."""


def check_inbox(settings: Settings, *, now: datetime, mounts: Callable[[], str] = read_mounts) -> Iterator[Finding]:
    """Say what there is of a webhook: its tokens by number, never one of them."""
    tokens, folder = Tokens.from_settings(settings), settings.inbox_folder
    if not InboxReader.exists(folder):
        if tokens.configured or tokens.path:
            yield warn(f"a token is set, but {folder} has no inbox", "start `huggy serve`, or set HUGGY_INBOX")
        else:
            yield ok("no receiver has run here")
    else:
        kind = filesystem_of(mounts(), folder)
        if kind in NETWORK_FILESYSTEMS:
            yield warn(f"the inbox is on a network file system ({kind})", "set HUGGY_INBOX to a folder on a local disk")
        status = read_inbox_status(folder, now=now)
        yield from _check_receiver(status, tokens, now)
        for each in status.companies:
            yield _check_backlog(each, now)


def _check_receiver(status: InboxStatus, tokens: Tokens, now: datetime) -> Iterator[Finding]:
    if status.is_receiving:
        yield ok("a receiver runs")
    else:
        last = (
            f"its last heartbeat was {describe_age(now - status.up_until)} ago" if status.up_until else "none ever did"
        )
        yield warn(f"no receiver runs, {last}", "start `huggy serve`")
    learned = sum(each.has_learned_token for each in status.companies)
    if tokens.configured or learned:
        yield ok(f"tokens: {len(tokens.configured)} set, {learned} learned")
    elif tokens.path is not None:
        yield ok("no token is known: the secret address alone lets events in")
    else:
        yield warn("no token is known: all events are refused", "set HUGGY_WEBHOOK_TOKEN, or run `huggy webhook learn`")
    if status.refusals:
        counts = ", ".join(f"{reason} {count:,}" for reason, count in status.refusals.items())
        yield ok(f"refused: {counts}")


def _check_backlog(company: CompanyStatus, now: datetime) -> Finding:
    newest = company.newest_received_at
    received = f", the newest {describe_age(now - newest)} old" if newest else ""
    found = f"company {company.company_id}: {company.items:,} events{received}, {company.unlanded:,} not landed"
    oldest = company.oldest_unlanded_at
    if oldest is not None and now - oldest > OLD:
        return warn(
            f"{found}, the oldest of them {describe_age(now - oldest)} old", "does the schedule or `huggy live` run?"
        )
    return ok(found)
