"""The ledger of actions: what was claimed, sent, refused, for the threads and processes of one host.

Each method that changes something has it on the disk when it returns. A claim is there before its request leaves.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

from huggy_connector.actions.ledger.attempts import STEP, iter_attempts
from huggy_connector.actions.ledger.campaigns import (
    CampaignRecord,
    begin_campaign,
    check_campaign,
    count_rows,
    is_stopped,
    iter_campaigns,
    set_stopped,
)
from huggy_connector.actions.ledger.ledger_file import translate_errors
from huggy_connector.actions.ledger.row_changes import (
    claim_row,
    erase_person,
    find_owner,
    find_person,
    move_row,
    read_row,
)
from huggy_connector.actions.ledger.row_values import INSERT, to_instant, to_microseconds, to_values
from huggy_connector.actions.ledger.session import CLAIMS_A_STAMP, LedgerSession
from huggy_connector.actions.ledger.transitions import ATTEMPTED, Voice
from huggy_connector.actions.types import CampaignCounts, LedgerRow, PlannedRow, RowState
from huggy_connector.errors import ConfigurationError, LedgerBusy, LedgerUnusable

_ATTEMPTED = ", ".join(f"'{state}'" for state in ATTEMPTED)


class Ledger(LedgerSession):
    """The ledger of one company. Make it with `open`; threads may share it, a forked child may not."""

    # Runs -------------------------------------------------------------------------------------------------------------

    def begin_run(self, campaign: str, *, action: str, asked: str, asked_by: str) -> None:
        """Begin a campaign or go on with it; `asked` is a digest of what was asked for.

        Raises ConfigurationError if the name stands for another action or question, CampaignStopped, and as `open`.
        """
        with self._change() as connection:
            begin_campaign(connection, campaign, action=action, asked=asked, asked_by=asked_by, now=self._time())
        self._asked_by[campaign] = asked_by
        self._stamp()

    def plan(self, rows: Iterable[PlannedRow]) -> int:
        """Add the rows whose keys are new, all or none; others stay as they are. Return how many are new."""
        with self._change() as connection:
            before = connection.total_changes
            now = self._time()
            connection.executemany(INSERT, (to_values(row, now) for row in rows))
            return connection.total_changes - before

    def open_rows(self, campaign: str, *, limit: int, after: int = 0) -> list[LedgerRow]:
        """Return planned rows after a row id, in order."""
        return self._read(
            "WHERE campaign = ? AND state = ? AND id > ? ORDER BY id LIMIT ?",
            (campaign, RowState.PLANNED, after, limit),
        )

    def claim(self, row_id: int, *, mark: Mapping[str, Any], contact_id: int | None = None) -> LedgerRow | None:
        """Claim a planned row for this process. It is on the disk on return: now its request may leave, once.

        Return None if another process has it, it is settled, or its campaign was stopped. `mark` is what was read
        before; `contact_id` the person whom it reaches, if that became known. Raises as `open`: then nothing may be
        sent.
        """
        with self._lock:
            if self._claims >= CLAIMS_A_STAMP:
                self._stamp()
            with translate_errors(self._path):
                self._liveness.hold()
            with self._change() as connection:
                campaign = read_row(connection, row_id).row.key.campaign
                is_claimed = claim_row(
                    connection,
                    row_id,
                    mark=mark,
                    contact_id=contact_id,
                    holder=self._liveness.name,
                    asked_by=self._asked_by.get(campaign) or check_campaign(connection, campaign),
                    now=self._time(),
                )
            if self._identity.has_moved():
                raise LedgerUnusable(f"The ledger {self._path} was deleted or replaced while it was in use.")
            if not is_claimed:
                return None
            self._claims, self._has_claimed = self._claims + 1, True
            return self._read_one(row_id)

    def record(self, row_id: int, state: RowState, *, reason: str = "", ids: Mapping[str, int] | None = None) -> bool:
        """Record what became of a claim of this process. Return whether that changed the row.

        PLANNED is for a request that never left, or was refused before any work (429), and for nothing else. Where
        reading proved a state change undone, record UNKNOWN, then `settle` it.
        """
        with self._change() as connection:
            if read_row(connection, row_id).holder != self._liveness.name:
                return False  # another process has claimed it since
            return self._move(row_id, state, Voice.ANSWER, reason=reason, ids=ids)

    def skip(self, row_id: int, *, rule: str, reason: str) -> bool:
        """Leave a planned row out. Return whether it was still planned."""
        with self._change():
            return self._move(row_id, RowState.SKIPPED, Voice.RULE, reason=f"{rule}: {reason}")

    def abandon_dead(self) -> int:
        """Make the claims of dead processes unknown. Return how many those were."""
        holders = {holder for (holder,) in self._query("SELECT DISTINCT holder FROM rows WHERE state = 'claimed'")}
        with translate_errors(self._path):
            dead = self._liveness.find_dead(holders)
            self._liveness.remove_dead_files()
        if not dead:
            return 0
        with self._change() as connection:
            found = connection.execute("SELECT id, holder FROM rows WHERE state = 'claimed'").fetchall()
            return sum(
                self._move(row_id, RowState.UNKNOWN, Voice.DEATH, reason="its process ended before the answer came")
                for row_id, holder in found
                if holder in dead
            )

    # Settling ---------------------------------------------------------------------------------------------------------

    def unknown_rows(self, campaign: str | None = None) -> list[LedgerRow]:
        return self._read(
            "WHERE state = ? AND campaign = coalesce(?, campaign) ORDER BY id", (RowState.UNKNOWN, campaign)
        )

    def settle(
        self,
        row_id: int,
        state: RowState,
        *,
        reason: str,
        ids: Mapping[str, int] | None = None,
        attempt: int | None = None,
    ) -> bool:
        """Record what reading, or an event, shows of a row that is unknown or sent. Return whether that changed it.

        It does not where the message of `ids` belongs to another row, where the row was settled or claimed again
        meanwhile (`attempt` is not its newest), or where a third attempt is over. Raises ValueError for PLANNED
        of a message.
        """
        with self._change() as connection:
            if attempt is not None and read_row(connection, row_id).row.attempts != attempt:
                return False
            return self._move(row_id, state, Voice.READING, reason=reason, ids=ids)

    def resolve(self, campaign: str, *, row_id: int, as_sent: bool, by: str) -> None:
        """Settle an unknown row by what a person knows. Raises ConfigurationError if it is not unknown."""
        with self._change() as connection:
            check_campaign(connection, campaign)
            try:
                row = read_row(connection, row_id).row
            except (KeyError, OverflowError):  # a number that no row can have
                row = None
            if row is None or row.key.campaign != campaign or row.state is not RowState.UNKNOWN:
                raise ConfigurationError(
                    f"The campaign {campaign} has no unknown row {row_id}: `huggy act status` names them."
                )
            state, said = (RowState.SENT, "sent") if as_sent else (RowState.PLANNED, "not sent")
            self._move(row_id, state, Voice.PERSON, reason=f"resolved as {said} by {by}")

    def owner_of(self, kind: str, number: int) -> int | None:
        """Return the row that has an id of an answer: a `message` belongs to one row."""
        with self._lock, translate_errors(self._path):
            return find_owner(self._connection, kind, number)

    # Looking and stopping ---------------------------------------------------------------------------------------------

    def counts(self, campaign: str) -> CampaignCounts:
        """Raises ConfigurationError if there is no such campaign, as what follows."""
        with self._lock, translate_errors(self._path):
            return count_rows(self._connection, campaign)

    def campaigns(self) -> list[CampaignRecord]:
        """Return all campaigns, the newest first."""
        with self._lock, translate_errors(self._path):
            return [*iter_campaigns(self._connection)]

    def rows(self, campaign: str, *, states: Collection[RowState] = tuple(RowState)) -> Iterator[LedgerRow]:
        """Yield the rows of a campaign, in order."""
        after, listed = 0, ", ".join(f"'{state}'" for state in states)
        while page := self._read(
            f"WHERE campaign = ? AND id > ? AND state IN ({listed}) ORDER BY id LIMIT ?", (campaign, after, STEP)
        ):
            yield from page
            after = page[-1].id

    def is_stopped(self, campaign: str) -> bool:
        with self._lock, translate_errors(self._path):
            return is_stopped(self._connection, campaign)

    def stop(self, campaign: str) -> None:
        """Let nothing more of a campaign be claimed, by any process."""
        with self._change() as connection:
            set_stopped(connection, campaign, self._time())

    def resume(self, campaign: str) -> None:
        with self._change() as connection:
            set_stopped(connection, campaign, None)

    # People -----------------------------------------------------------------------------------------------------------

    def reached_since(self, instant: datetime) -> int:
        """Return how many attempts since then may have reached a person."""
        (found,) = self._query(
            f"SELECT count(*) FROM attempts a JOIN rows r ON r.id = a.row_id WHERE a.claimed_at >= ? "
            f"AND a.state IN ({_ATTEMPTED}) AND r.reaches_person",
            to_microseconds(instant),
        )
        return int(found[0])

    def last_reached(self, contact_id: int) -> datetime | None:
        """Return when a contact may have been reached last, by any campaign."""
        (found,) = self._query(
            f"SELECT max(a.claimed_at) FROM attempts a JOIN rows r ON r.id = a.row_id WHERE r.contact_id = ? "
            f"AND a.state IN ({_ATTEMPTED}) AND r.reaches_person",
            contact_id,
        )
        return None if found[0] is None else to_instant(found[0])

    def add_opt_out(self, contact_id: int, *, source: str, at: datetime) -> None:
        """Note that a contact wants no more messages. The first note stays."""
        with self._change() as connection:
            connection.execute(
                "INSERT OR IGNORE INTO opt_outs VALUES (?, ?, ?)", (contact_id, source, to_microseconds(at))
            )

    def opt_outs(self) -> Mapping[int, str]:
        """Return the contacts who want no more messages, and where each said so."""
        return dict(self._query("SELECT contact_id, source FROM opt_outs"))

    def opt_out_of(self, contact_id: int) -> str | None:
        """Return where a contact said that they want no more messages; None if they did not."""
        found = [source for (source,) in self._query("SELECT source FROM opt_outs WHERE contact_id = ?", contact_id)]
        return found[0] if found else None

    def attempts(self, *, after: int = 0) -> Iterator[Mapping[str, Any]]:
        """Yield the rows of `meta.actions`: see `attempts.py`."""
        return iter_attempts(self._query, company_id=self._guard.company_id, ledger=self.id, after=after)

    def mentions(self, contact_id: int) -> bool:
        with self._lock, translate_errors(self._path):
            return bool(find_person(self._connection, contact_id)) or contact_id in self.opt_outs()

    def forget(self, contact_id: int, *, chats: Collection[int] = ()) -> int:
        """Take a person and their chats out of the rows, in the file and its log. Return how many rows that were.

        Keys stay. Raises LedgerBusy if a reader keeps the log from being emptied: the same call does it later.
        """
        with self._change() as connection:
            changed = erase_person(connection, contact_id, chats, now=self._time())
        (is_busy, *_), *_ = self._query("PRAGMA wal_checkpoint(TRUNCATE)")
        if is_busy:
            raise LedgerBusy(
                f"Another process reads the ledger {self._path}, so what was erased stays in its log: do this again."
            )
        return changed

    # ------------------------------------------------------------------------------------------------------------------

    def _move(
        self, row_id: int, state: RowState, voice: Voice, *, reason: str, ids: Mapping[str, int] | None = None
    ) -> bool:
        return move_row(self._connection, row_id, state, voice, reason=reason, ids=ids, now=self._time())
