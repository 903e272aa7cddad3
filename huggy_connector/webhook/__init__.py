"""Huggy's webhook: what it sends, and the inbox that keeps it until it is landed.

envelope        reads what Huggy sends (pure)
event_row       makes the row of an event (pure)
tokens          says whether a token is right (pure)
receiver        decides about each request, and writes what is accepted
inbox           the inbox as its one receiver writes it
inbox_reader    reads it, at any time
inbox_upkeep    prunes, erases and replays, at any time
coverage        which times the receiver accounts for, and the holes between them (pure)
"""

from huggy_connector.webhook.entries import Entry, InboxItem, Refusal, Span
from huggy_connector.webhook.inbox import Inbox
from huggy_connector.webhook.inbox_reader import InboxReader
from huggy_connector.webhook.inbox_upkeep import InboxUpkeep

__all__ = ["Entry", "Inbox", "InboxItem", "InboxReader", "InboxUpkeep", "Refusal", "Span"]
