"""Gathers what the guards judge by: lists of people, forgotten people, opt-outs of the ledger, channels of chats."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final, Protocol

from huggy_connector.actions.echo import read_answers
from huggy_connector.actions.guards import (
    OptOutWords,
    PeopleList,
    PlanFacts,
    count_parameters,
    find_opt_outs,
    list_channels,
    parse_allowed,
    read_people,
)
from huggy_connector.actions.guards.opt_out_words import normalize_answer
from huggy_connector.actions.guards.whatsapp import Channel
from huggy_connector.actions.types import PlannedRow
from huggy_connector.errors import ConfigurationError
from huggy_connector.model import Row
from huggy_connector.privacy import SuppressionList, hash_key_of
from huggy_connector.settings import Settings
from huggy_connector.storage import Storage
from huggy_connector.warehouse import query
from huggy_connector.warehouse.schema import sql
from huggy_connector.webhook import InboxReader

CHANNEL: Final = "channel_uuid"
LONGEST_ANSWER: Final = 80
"""Characters of a message that may be an opt-out."""
ANSWERED: Final = "answer"
"""Source of an opt-out that a customer's message says."""


class PeopleLedger(Protocol):
    """The part of the ledger that knows people."""

    def opt_outs(self) -> Mapping[int, str]: ...

    def opt_out_of(self, contact_id: int) -> str | None: ...

    def add_opt_out(self, contact_id: int, *, source: str, at: datetime) -> None: ...

    def last_reached(self, contact_id: int) -> datetime | None: ...


def gather_facts(
    settings: Settings,
    company_id: int,
    ledger: PeopleLedger,
    rows: Collection[PlannedRow],
    *,
    storage: Storage,
    now: Callable[[], datetime],
) -> PlanFacts:
    """Return what is known now. Raises ConfigurationError for a list that cannot be read."""
    forgotten = SuppressionList.read(storage, company_id, key=hash_key_of(settings))
    return PlanFacts(
        now=now,
        zone=settings.zone,
        allowed=parse_allowed(settings.actions_allow),
        is_forgotten=forgotten.has_contact,
        is_forgotten_chat=forgotten.has_chat,
        opt_outs=_read_list(settings.opt_out, "HUGGY_OPT_OUT", settings) or PeopleList(),
        opted_out=ledger.opt_out_of,
        opt_out_words=OptOutWords(settings.opt_out_words),
        consents=_read_list(settings.consent, "HUGGY_CONSENT", settings),
        last_reached=ledger.last_reached,
        message_every=timedelta(days=settings.message_every_days),
        channels=find_channels(settings, company_id) if any(map(needs_channel, rows)) else (),
        parameter_counts=count_parameters(row.fields for row in rows),
    )


def _read_list(path: str | None, setting: str, settings: Settings) -> PeopleList | None:
    """Return the list of a CSV file, or of the query in a .sql file; None where no file is named."""
    if path is None:
        return None
    if not path.lower().endswith(".sql"):
        return read_people(Path(path), setting=setting, zone=settings.zone)
    try:
        statement = Path(path).read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is no UTF-8"
        raise ConfigurationError(f"{setting} {path!r} cannot be read ({reason}): give another file.") from None
    answer = query(settings.warehouse, statement, zone=settings.zone)
    rows = [dict(zip(answer.columns, row, strict=True)) for row in answer.rows]
    return read_people(rows, setting=setting, zone=settings.zone)


def needs_channel(row: PlannedRow) -> bool:
    """Return whether a row must name the channel by which it reaches a contact."""
    return row.key.target.startswith("contact:") and any(each.name == CHANNEL for each in row.action.fields)


def find_channels(settings: Settings, company_id: int) -> tuple[Channel, ...]:
    """Return the channels that the chats of the warehouse came by; none where there is no warehouse yet."""
    if not Path(settings.warehouse).exists():
        return ()
    answer = query(
        settings.warehouse,
        "SELECT DISTINCT each.uuid AS uuid, each.name AS name, each.type AS type "
        f"FROM (SELECT unnest(channels) AS each FROM chats WHERE company_id = {company_id:d})",
    )
    return list_channels([{"channels": [dict(zip(answer.columns, row, strict=True)) for row in answer.rows]}])


def note_answers(settings: Settings, company_id: int, ledger: PeopleLedger, *, now: Callable[[], datetime]) -> int:
    """Add to the ledger who answered that they want no more: in the inbox of the webhook, and in the warehouse.

    Return how many are new. Raises InboxUnusable and WarehouseError: where an answer may hide, nothing is sent.
    """
    words, known = OptOutWords(settings.opt_out_words), set(ledger.opt_outs())
    if not settings.opt_out_words:
        return 0
    found: dict[int, str] = {}
    for rows in (_answers_of_inbox(settings, company_id), _answers_of_warehouse(settings, company_id)):
        found |= find_opt_outs(rows, words=words)
    new = [contact_id for contact_id in found if contact_id not in known]
    for contact_id in new:
        ledger.add_opt_out(contact_id, source=ANSWERED, at=now())
    return len(new)


def _answers_of_inbox(settings: Settings, company_id: int) -> Iterator[Row]:
    if not InboxReader.exists(settings.inbox_folder):
        return
    with InboxReader.open(settings.inbox_folder) as inbox:
        yield from read_answers(each.row for each in inbox.items(company_id, after={}))


def _answers_of_warehouse(settings: Settings, company_id: int) -> Iterator[Mapping[str, Any]]:
    """Yield the short messages of customers that hold one of the words, however it is spelled."""
    words = {"".join(normalize_answer(word)) for word in settings.opt_out_words} - {""}
    if not words or not Path(settings.warehouse).exists():
        return
    letters = r"regexp_replace(lower(strip_accents(text)), '[^\p{L}\p{N}]', '', 'g')"
    holds_word = " OR ".join(f"contains({letters}, {sql.text(word)})" for word in sorted(words))
    answer = query(
        settings.warehouse,
        "SELECT contact_id, sender_id, sender_type, text, sent_at FROM messages "
        f"WHERE company_id = {company_id:d} AND contact_id = sender_id AND length(text) < {LONGEST_ANSWER} "
        f"AND ({holds_word})",
    )
    yield from (dict(zip(answer.columns, row, strict=True)) for row in answer.rows)
