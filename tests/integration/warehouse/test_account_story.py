"""The story of one account: whatever happens, the marts agree, the past stands, and what changes of it is told."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from huggy_connector.pipeline import Pipeline
from huggy_connector.settings import Settings
from huggy_connector.warehouse import roll_back

if TYPE_CHECKING:
    from tests.integration.warehouse.conftest import Desk

COMPANY, OTHER = 4242, 4343
HASH_KEY = "k" * 32
FIGURES = ("opened", "reopened", "closed", "deleted", "backlog")
Published = dict[tuple[int, date], tuple[int, ...]]
Verdicts = dict[tuple[int, int, str], tuple[date, str]]
"""By company, chat and metric."""


def november(day: int) -> date:
    return date(2026, 11, day)


class Account:
    """A desk whose chats a test lands, its published figures of days that were over, and the verdicts of its chats."""

    def __init__(self, desk: Desk, chat: Callable[..., dict[str, Any]]) -> None:
        self.desk, self.chat = desk, chat
        self.published: Published = {}
        self.recorded = Counter[tuple[Any, ...]]()
        self.verdicts: Verdicts = {}
        self.undecided: set[tuple[int, int]] = set()

    def land(self, *rows: dict[str, Any], day: int, company_id: int = COMPANY, **rest: Any) -> None:
        """Land chats as they were read at 09:00 of a day of November."""
        chats = [self.chat(row.pop("id"), **{"departmentId": 31, "contactId": "800001", **row}) for row in rows]
        options = {"mode": "incremental", "minute": (day - 22) * 24 * 60, **rest}
        self.desk.land(chats, company_id=company_id, **options)

    def publish(self) -> list[tuple[Any, ...]]:
        """Load, check all that must hold, and return what meta.restatements says of this publish."""
        self.desk.load(hash_key=HASH_KEY.encode(), keep_versions=3)
        return self.check()

    def check(self) -> list[tuple[Any, ...]]:
        self.check_identity()
        self.check_totals()
        return self.check_restatements()

    def check_identity(self) -> None:
        change = "opened - closed - deleted"
        for grouped_by, moves in (
            ("company_id", ""),
            ("company_id, channel, department_id", " + moved_in - moved_out"),
        ):
            sums = (
                f"SELECT {grouped_by}, day, sum({change}{moves}) AS change, sum(backlog) AS backlog,"
                " sum(moved_in) - sum(moved_out) AS moved FROM marts.backlog_by_day GROUP BY ALL"
            )
            before = f"coalesce(lag(backlog) OVER (PARTITION BY {grouped_by} ORDER BY day), 0)"
            wrong = f"SELECT * FROM ({sums}) QUALIFY change <> backlog - {before}"
            assert self.desk.read(wrong) == []
        assert self.desk.read(f"SELECT * FROM ({sums.replace(grouped_by, 'company_id')}) WHERE moved <> 0") == []

    def check_totals(self) -> None:
        """The marts tell of the same chats, day by day."""
        totals = (
            "SELECT company_id, day, sum(opened - reopened - since_deleted)::BIGINT AS chats FROM marts.backlog_by_day"
            " GROUP BY ALL HAVING chats > 0 ORDER BY ALL"
        )
        by_day = "SELECT company_id, day, sum(chats)::BIGINT FROM marts.chats_by_day GROUP BY ALL ORDER BY ALL"
        times = "SELECT company_id, day, count(*) FROM marts.chat_times GROUP BY ALL ORDER BY ALL"
        assert self.desk.read(totals) == self.desk.read(by_day) == self.desk.read(times)
        last = (
            "SELECT company_id, sum(backlog)::BIGINT FROM marts.backlog_by_day SEMI JOIN marts.as_of USING (company_id,"
            " day) GROUP BY ALL ORDER BY ALL"
        )
        still_open = "SELECT company_id, count(*) FILTER (is_open) FROM marts.chat_times GROUP BY ALL ORDER BY ALL"
        assert self.desk.read(last) == self.desk.read(still_open)
        reopens = "(SELECT coalesce(sum(reopens), 0) FROM marts.chat_times)"
        rows = "(SELECT count(*) FROM marts.reopenings)"
        ((by_chat, by_row, in_backlog),) = self.desk.read(
            f"SELECT {reopens}, {rows}, coalesce(sum(reopened), 0) FROM marts.backlog_by_day"
        )
        assert by_chat == by_row == in_backlog

    def check_restatements(self) -> list[tuple[Any, ...]]:
        """No figure of a day that was over has changed without a line, and no line is of one that has not."""
        sums = ", ".join(f"sum(b.{name})::BIGINT" for name in FIGURES)
        now: Published = {
            (company, day): tuple(values)
            for company, day, *values in self.desk.read(
                f"SELECT company_id, b.day, {sums} FROM marts.backlog_by_day b JOIN marts.as_of n USING (company_id)"
                " WHERE b.day < n.day GROUP BY ALL"
            )
        }
        recorded = self.desk.read(
            "SELECT company_id, figure, from_day, to_day, before, after, change, reason FROM meta.restatements"
        )
        lines = sorted((Counter(recorded) - self.recorded).elements(), key=str)
        self.recorded = Counter(recorded)
        newest = {company: max(day for each, day in self.published if each == company) for company, _ in self.published}
        self.check_verdicts([line for line in lines if line[1] not in FIGURES], newest)
        lines = [line for line in lines if line[1] in FIGURES]
        told = {}
        for company, figure, first, last, before, after, change, _ in lines:
            for number in range((last - first).days + 1):
                told[company, first + timedelta(days=number), figure] = change
            assert (after or 0) - (before or 0) == change
        changed = {}
        for company, day in {*now, *self.published}:
            if company in newest and day <= newest[company]:
                values = zip(
                    self.published.get((company, day), (0,) * 5), now.get((company, day), (0,) * 5), strict=True
                )
                for figure, (before, after) in zip(FIGURES, values, strict=True):
                    if before != after:
                        changed[company, day, figure] = after - before
        assert told == changed
        self.published = now
        return [(figure, first.day, last.day, change, reason) for _, figure, first, last, _, _, change, reason in lines]

    def check_verdicts(self, lines: list[tuple[Any, ...]], newest: dict[int, date]) -> None:
        """Each verdict that had been decided on a day that was over, and is another now, is in a line."""
        now: Verdicts = {
            (company, chat, metric): (day, verdict)
            for company, chat, metric, day, verdict in self.desk.read(
                "SELECT company_id, chat_id, metric, day, verdict FROM marts.sla_by_chat"
            )
        }
        changed = Counter[tuple[int, date, str]]()
        for key in {*now, *self.verdicts}:
            company, chat, metric = key
            before, after = self.verdicts.get(key), now.get(key)
            was_decided = before[1] != "pending" if before else (company, chat) not in self.undecided
            if before != after and was_decided:
                for side, change in ((before, -1), (after, 1)):
                    if side and side[1] in {"met", "missed"} and company in newest and side[0] <= newest[company]:
                        changed[company, side[0], f"{metric}_{side[1]}"] += change
        if not any(figure == "service_level" for _, figure, *_ in lines):
            told = {(company, day, figure): change for company, figure, day, _, _, _, change, _ in lines}
            assert told == {key: change for key, change in changed.items() if change}
        self.verdicts = now
        self.undecided = set(self.desk.read("SELECT company_id, chat_id FROM marts.chat_times WHERE is_open"))


def test_the_story_of_one_account(desk: Desk, chat: Callable[..., dict[str, Any]]) -> None:  # noqa: PLR0915
    account = Account(desk, chat)
    backlog = "SELECT day, sum(backlog)::BIGINT FROM marts.backlog_by_day WHERE company_id = 4242 GROUP BY 1 ORDER BY 1"
    bot = {"situation": "in_chat", "agentId": 7}
    first = {"id": 1, "createdAt": "2026-11-01 10:00:00"}
    second = {"id": 2, "createdAt": "2026-11-02 23:50:00"}

    account.land({**first, **bot}, {**second, **bot}, day=3)
    assert account.publish() == []

    account.land({**first, "closedAt": "2026-11-03 18:00:00", "updatedAt": "2026-11-03 18:00:00"}, day=4)
    assert account.publish() == []  # the third was not over

    late = {"id": 3, "createdAt": "2026-11-02 10:00:00", "closedAt": "2026-11-04 08:00:00"}
    account.land(late, day=5)
    assert account.publish() == [("backlog", 2, 3, 1, "late_chat"), ("opened", 2, 2, 1, "late_chat")]

    moved = {**second, **bot, "departmentId": 32, "updatedAt": "2026-11-05 10:00:00"}
    account.land(moved, day=6)
    assert account.publish() == []
    of_departments = "SELECT day, department_id FROM marts.backlog_by_day WHERE backlog > 0 AND day BETWEEN $1 AND $2"
    assert desk.read(of_departments.replace("$1", "'2026-11-05'").replace("$2", "'2026-11-06'")) == [
        (november(5), 31),
        (november(6), 32),
    ]

    before = desk.read(backlog)
    account.land({**first, **bot, "agentId": 8, "updatedAt": "2026-11-14 08:00:00"}, day=14)
    assert account.publish() == []  # eleven days later it is open again, and the days between stand
    assert desk.read(backlog)[: len(before)] == before
    assert desk.read("SELECT chat_id, agent_id, day FROM marts.reopenings") == [(1, 7, november(14))]
    assert desk.read("SELECT from_agent_id, to_agent_id, day FROM marts.handoffs") == [(7, 8, november(14))]

    closed = {"closedAt": "2026-11-15 23:30:00", "updatedAt": "2026-11-15 23:30:00", "agentId": 8}
    account.land({**first, **closed}, day=16)  # at 02:30 of the 16th in UTC
    assert account.publish() == []
    spells = "SELECT from_day, began, to_day, ended, basis FROM marts.chat_spells WHERE chat_id = 1 ORDER BY position"
    history = [
        (november(1), "opened", november(3), "closed", "history"),
        (november(14), "reopened", november(15), "closed", "history"),
    ]
    assert desk.read(spells) == history

    account.land({"id": 1, "createdAt": "2026-11-10 10:00:00", **bot}, day=16, company_id=OTHER)
    assert account.publish() == []

    account.land({"id": 2}, day=18, mode="tombstones")
    account.land(day=20)
    assert account.publish() == []  # the eighteenth was not over
    assert desk.read("SELECT day, department_id FROM marts.backlog_by_day WHERE deleted > 0") == [(november(18), 32)]

    settings = Settings(
        landing=str(desk.root), warehouse=str(desk.warehouse), company_id=COMPANY, report=False, hash_key=HASH_KEY
    )
    figures = desk.read(backlog)
    Pipeline(settings).forget(800_001)
    assert account.check() == []
    assert desk.read(backlog) == figures
    assert desk.read("SELECT count(contact_id) FROM marts.reopenings") == [(0,)]
    assert desk.read(spells.replace("= 1", "= 1 AND company_id = 4242")) == history

    bad = {"id": 4, "createdAt": "2026-11-02 10:00:00", "closedAt": "2026-11-02 11:00:00", "contactId": "5"}
    account.land(bad, day=21)
    assert {reason for *_, reason in account.publish()} == {"late_chat"}
    roll_back(desk.warehouse, now=lambda: desk.made[-1].finished_at)
    told = account.check()
    assert ("opened", 2, 2, -1, "rollback") in told
    assert {reason for *_, reason in told} == {"rollback"}

    grown = desk.marts()
    desk.load(rebuild=True, hash_key=HASH_KEY.encode())
    assert account.check() == []
    assert desk.marts() == grown
    assert desk.read("SELECT count(DISTINCT reason) FROM meta.restatements WHERE figure = 'opened'") == [(2,)]
