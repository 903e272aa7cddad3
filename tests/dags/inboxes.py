"""The inbox of a receiver, with what these tests read of it."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from huggy_connector.webhook import Entry, Inbox
from huggy_connector.webhook.inbox_reader import InboxReader
from huggy_connector.webhook.inbox_upkeep import InboxUpkeep
from tests.events import COMPANY, chat_item, event_row


@contextmanager
def receiver(folder: Path) -> Iterator[Inbox]:
    """A receiver that runs, with its inbox in a folder."""
    with Inbox.open(folder, now=lambda: datetime.now(UTC)) as inbox:
        yield inbox


def tell(inbox: Inbox, *chat_ids: int, company_id: int = COMPANY) -> None:
    """Write that these chats were closed, as the receiver does."""
    for chat_id in chat_ids:
        row = event_row("closedChat", chat_item(chat_id, situation="finishing")) | {
            "received_at": datetime.now(UTC).isoformat()
        }
        del row["deliveries"]
        inbox.append(Entry.of_row(company_id, row))


def refuse(inbox: Inbox, company_id: int = COMPANY) -> None:
    """Write that a body of a company was refused."""
    inbox.append(Entry.of_refusal(company_id, b"{", reason="no JSON", received_at=datetime.now(UTC)))


def mark_as_landed(folder: Path, *companies: int) -> None:
    """Note in the inbox that all of it is landed, as a round does."""
    with InboxReader.open(folder) as reader:
        landed = {company: reader.newest(company) for company in companies or (COMPANY,)}
    with InboxUpkeep.open(folder) as upkeep:
        upkeep.prune(landed, keep=timedelta(days=7), now=datetime.now(UTC))
