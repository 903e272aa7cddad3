"""The tables depend on the set of snapshots, not on when, in what order, or how often they were loaded.

Current rows, embedded contacts, history and grades alike. HUGGY_PROOF=full tries many more stories.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import groupby, pairwise
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, cast
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from huggy_connector.catalogue import RESOURCES
from huggy_connector.landing.schema import convert
from tests.sizes import FULL

if TYPE_CHECKING:
    from tests.integration.warehouse.conftest import Desk

EXAMPLES = 300 if FULL else 3
COMPANY = 4242
NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
OF_THE_LOAD_ITSELF = (
    "meta.publishes",
    "meta.quality",
    "meta.loads",
    "meta.freshness",
    "meta.profiles",
    "meta.restatements",
)
"""Tables that record how the file came to be, which differs in another order."""


@dataclass(frozen=True)
class Snapshot:
    """A snapshot of rows that were all fetched at one minute."""

    minute: int
    rows: Sequence[dict[str, Any]]
    resource: str = "chats"
    mode: str = "full"
    exact: bool = True
    company_id: int = COMPANY

    def typed(self) -> list[dict[str, Any]]:
        """Return the rows with an id, as they are landed."""
        batch = convert(
            RESOURCES[self.resource],
            self.rows,
            fetched_at=NOON + timedelta(minutes=self.minute),
            zone=ZoneInfo("America/Sao_Paulo"),
        )
        return [row for row in batch.to_pylist() if row[RESOURCES[self.resource].key] is not None]


Story = tuple[Sequence[Snapshot], Sequence[int], Sequence[int]]
"""Snapshots, an order to load them in, and how many to load at a time (0: load again)."""

OPENED = {"createdAt": "2026-11-01 23:50:00", "contactId": "8"}
TAKEN = {**OPENED, "agentId": 7, "agents": [{"id": 7, "name": "Ana"}], "attendedAt": "2026-11-02 08:10:00"}
LIVES = [
    {},
    {**OPENED, "situation": "wait_for_chat"},
    {**TAKEN, "situation": "in_chat", "createdAt": "2026-11-02 07:00:00"},
    {**TAKEN, "situation": "finishing", "closedAt": "2026-11-03 09:00:00"},
    {
        **OPENED,
        "situation": "finishing",
        "closedAt": "",
        "chatTabulation": {"id": 3, "name": "sold"},
        "tabulationId": 3,
    },
]
CHATS = st.builds(
    lambda chat_id, updated, channel, life, rest: {
        "id": chat_id,
        "updatedAt": updated,
        "channel": channel,
        **life,
        **rest,
    },
    st.sampled_from([1, 2, "3", "x"]),
    st.sampled_from(
        [
            None,
            "2026-11-01 10:00:00",
            "2026-11-02 10:00:00",
            "2026-11-03 10:00:00",
            "0000-00-00 00:00:00",
            "1970-01-01 00:00:00",
            "2026-11-22 09:02:00",  # of the clock of the snapshots: ahead of some of them
            "2027-11-22 09:00:00",
        ]
    ),
    st.sampled_from(["widget", "email"]),
    st.sampled_from(LIVES),
    st.sampled_from(
        [
            {},
            {"unread": 1},
            {"unread": "many", "novo": 1},
            {"novo": "a", "chatCustomer": {"id": 8, "name": "Ana", "email": ""}},
            {"chatCustomer": {"id": "8", "name": "Bia", "groups": [{"id": "1", "name": "g"}]}},
            {"chatCustomer": {"id": 9, "mobile": "55", "custom_fields": {"a": 1}}},
        ]
    ),
)
CONTACTS = st.builds(
    lambda contact_id, name, email: {"id": contact_id, "name": name, "email": email},
    st.sampled_from([8, 10]),
    st.sampled_from(["Ana", "Caio"]),
    st.sampled_from([None, "a@example.com"]),
)
MESSAGES = st.builds(
    lambda number, sender, word, sent: {
        "id": number,
        "chat": {"id": 1 + number % 2},
        "sender": sender,
        "senderType": word,
        "sendAt": sent,
    },
    st.integers(100, 102),
    st.sampled_from([None, {"id": 1}, {"id": 6}, {"id": "7"}, {"id": 8}]),
    st.sampled_from(["agent", "widget"]),
    st.sampled_from(["2026-11-02 08:20:00", "2026-11-02 08:40:00"]),
)
AGENTS = st.builds(
    lambda number, name: {"id": number, "name": name}, st.sampled_from([6, 7, 8]), st.sampled_from(["Ana", "Bia"])
)
RATINGS = st.builds(
    lambda chat, said, rate: {"chat": {"id": chat}, "answerKind": said, "rate": rate},
    st.integers(1, 3),
    st.sampled_from(["read", "read", "not_found"]),
    st.sampled_from([None, 5, "4", "bom"]),
)
COMPANIES = st.sampled_from([COMPANY, COMPANY, 7])
MINUTES = st.integers(0, 4)
SNAPSHOTS = st.one_of(
    st.builds(
        Snapshot,
        MINUTES,
        st.lists(CHATS, max_size=4),
        mode=st.sampled_from(["full", "incremental", "window"]),
        exact=st.booleans(),
        company_id=COMPANIES,
    ),
    st.builds(Snapshot, MINUTES, st.lists(CONTACTS, max_size=3), resource=st.just("contacts"), company_id=COMPANIES),
    st.builds(Snapshot, MINUTES, st.lists(MESSAGES, max_size=3), resource=st.just("messages"), mode=st.just("window")),
    st.builds(
        Snapshot, MINUTES, st.lists(RATINGS, max_size=3), resource=st.just("feedbacks"), mode=st.just("incremental")
    ),
    st.builds(Snapshot, MINUTES, st.lists(AGENTS, max_size=2), resource=st.just("agents")),
    st.builds(
        Snapshot,
        MINUTES,
        st.lists(st.builds(lambda row_id: {"id": row_id}, st.integers(1, 3))),
        mode=st.just("tombstones"),
    ),
)


@st.composite
def stories(draw: st.DrawFn) -> Story:
    snapshots = draw(st.lists(SNAPSHOTS, min_size=1, max_size=6))
    order = draw(st.permutations(range(len(snapshots))))
    return snapshots, list(order), draw(st.lists(st.integers(0, 3), min_size=1, max_size=5))


def grown(desk: Desk, story: Story) -> dict[str, list[Any]]:
    """Return the tables after the snapshots were published and loaded step by step in the story's order."""
    snapshots, order, steps = story
    waiting = list(order)
    for size in [*steps, len(waiting)]:
        for number in waiting[:size]:
            each = snapshots[number]
            desk.land(
                each.rows,
                resource=each.resource,
                mode=each.mode,
                exact=each.exact,
                minute=each.minute,
                company_id=each.company_id,
                run_key=f"20261122T12{each.minute:02d}00Z-{each.mode}-{number:08x}",
            )
        del waiting[:size]
        desk.load()
    tables = desk.tables(without=OF_THE_LOAD_ITSELF)
    tables["meta.loads"] = desk.read("SELECT company_id, resource, run_key, fetched, kept FROM meta.loads ORDER BY ALL")
    return tables


def believed(row: dict[str, Any]) -> datetime | None:
    """Return the time of change if it is believed, else None."""
    changed, made = row.get("updated_at"), row.get("created_at")
    if changed is None or changed > row["fetched_at"] + timedelta(minutes=5) or (made is not None and changed < made):
        return None
    return cast("datetime", changed)


def versions(snapshots: Sequence[Snapshot], resource: str) -> Iterator[tuple[int, datetime, datetime | None, str]]:
    """Yield (id, valid_from, valid_to, row_hash) as docs/history.md defines them."""
    never = datetime.min.replace(tzinfo=UTC)
    sightings = sorted(
        (row["id"], row["fetched_at"], believed(row) or never, row["row_hash"])
        for each in snapshots
        if (each.resource, each.company_id) == (resource, COMPANY) and each.mode != "tombstones"
        for row in each.typed()
    )
    for row_id, of_id in groupby(sightings, key=lambda each: each[0]):
        newest, spans = never, list[tuple[datetime, str]]()
        for fetched_at, group in groupby(of_id, key=lambda each: each[1]):
            together = [(version, row_hash) for _, _, version, row_hash in group]
            newest = max(newest, *(version for version, _ in together), never)
            timeless = [row_hash for version, row_hash in together if version == never]
            newest_ones = [row_hash for version, row_hash in together if version == newest]
            for row_hash in (timeless or newest_ones)[-1:]:
                if not spans or spans[-1][1] != row_hash:
                    spans.append((fetched_at, row_hash))
        for (valid_from, row_hash), following in pairwise([*spans, (None, "")]):
            assert valid_from is not None
            yield row_id, valid_from, following[0], row_hash


def deleted(snapshots: Sequence[Snapshot], resource: str) -> dict[int, tuple[datetime, str]]:
    """Return, by deleted id, the time of its deletion and the grade."""
    seen: dict[int, datetime] = {}
    sweeps: set[datetime] = set()
    answers: list[tuple[int, datetime]] = []
    for each in snapshots:
        at = NOON + timedelta(minutes=each.minute)
        if (each.resource, each.company_id) != (resource, COMPANY):
            continue
        if each.mode == "tombstones":
            answers += [(row["id"], at) for row in each.typed()]
            continue
        if each.mode == "full" and each.exact:
            sweeps.add(at)
        for row in each.typed():
            seen[row["id"]] = max(at, seen.get(row["id"], at))
    gone = {}
    for row_id, last in seen.items():
        missing = [at for at in sweeps if at > last]
        refused = [at for asked, at in answers if asked == row_id and at > last]
        if missing or refused:
            grade = "confirmed" if refused else "missing_twice" if len(missing) > 1 else "missing_once"
            gone[row_id] = min(missing + refused), grade
    return gone


def chats(channel: str, *, updated: str | None = None, **rest: Any) -> list[dict[str, Any]]:
    return [{"id": 1, "channel": channel, "updatedAt": updated, **rest}]


OLD, NEW, AHEAD = "2026-11-01 10:00:00", "2026-11-02 10:00:00", "2027-11-02 10:00:00"
FEARED: dict[str, Story] = {
    "a time of change in the future is followed by one of now": (
        [Snapshot(0, chats("a", updated=AHEAD)), Snapshot(1, chats("b", updated=OLD)), Snapshot(2, chats("c"))],
        [2, 0, 1],
        [1, 1],
    ),
    "what was read without a time counts again when what beat it becomes stale": (
        [
            Snapshot(1, chats("a", unread=3)),
            Snapshot(2, chats("b", updated=OLD)),
            Snapshot(0, chats("c", updated=NEW)),
            Snapshot(3, chats("d", updated=OLD)),
        ],
        [0, 1, 3, 2],
        [1, 1, 1],
    ),
    "an old time after the time was missing": (
        [
            Snapshot(0, chats("a", updated=NEW)),
            Snapshot(1, chats("a")),
            Snapshot(2, chats("a")),
            Snapshot(4, chats("b", updated=OLD)),
            Snapshot(3, chats("b", updated=NEW)),
        ],
        [0, 1, 2, 3, 4],
        [1, 1, 1, 1],
    ),
    "one instant, one fingerprint: only the run key and the place in the file decide": (
        [Snapshot(0, chats("a", unread=0)), Snapshot(0, chats("a", unread=1) + chats("a", unread=2))] * 2,
        [3, 1, 0, 2],
        [1, 0, 2],
    ),
    "an older version is fetched later": (
        [Snapshot(2, chats("late")), Snapshot(1, chats("a", updated=OLD))],
        [1, 0],
        [1],
    ),
    "a value came back, and the visit in between is loaded last": (
        [Snapshot(minute, chats("ab"[minute == 2]), mode="window") for minute in range(4)],
        [0, 1, 3, 2],
        [1, 1, 1],
    ),
    "a newer version makes what was seen inside a run stale": (
        [
            Snapshot(1, chats("a", updated=OLD)),
            Snapshot(2, chats("a", updated=OLD)),
            Snapshot(3, chats("a", updated=NEW)),
            Snapshot(0, chats("b", updated="2026-11-01 12:00:00")),
        ],
        [0, 1, 2, 3],
        [1, 1, 1],
    ),
    "the instant of a run's end is taken by another value": (
        [Snapshot(minute, chats("a"), mode="window") for minute in (0, 1, 2)] + [Snapshot(0, chats("b", updated=OLD))],
        [0, 1, 2, 3],
        [1, 1, 1],
    ),
    "a sweep that misses a row is loaded before one that had it": (
        [Snapshot(0, chats("a")), Snapshot(2, []), Snapshot(1, chats("a")), Snapshot(3, []), Snapshot(4, chats("b"))],
        [0, 3, 1, 2, 4],
        [2, 1, 1],
    ),
    "a 404 before and after it was seen again": (
        [
            Snapshot(1, [{"id": 1}], mode="tombstones"),
            Snapshot(0, chats("a")),
            Snapshot(2, chats("a"), mode="window"),
            Snapshot(3, [{"id": 1}, {"id": 2}], mode="tombstones"),
        ],
        [3, 0, 2, 1],
        [1, 1, 1],
    ),
    "an older version that is fetched later still says that the row is there": (
        [Snapshot(0, chats("b", updated=NEW)), Snapshot(2, chats("a", updated=OLD)), Snapshot(1, [])],
        [0, 2, 1],
        [2],
    ),
    "a contact is embedded, listed, embedded anew, one field at a time": (
        [
            Snapshot(0, chats("a", chatCustomer={"id": 8, "name": "Zoe", "email": "z@example.com"})),
            Snapshot(1, [{"id": 8, "name": "Ana", "mobile": "1"}], resource="contacts"),
            Snapshot(3, chats("a", chatCustomer={"id": 8, "name": "Bia", "groups": [{"id": "1", "name": "g"}]})),
            Snapshot(2, chats("a", chatCustomer={"id": 8, "name": "Cid", "mobile": "2"})),
        ],
        [3, 2, 1, 0],
        [1, 1, 1],
    ),
    "a rating is withdrawn, comes again, and two runs asked at one instant": (
        [
            Snapshot(minute, [{"chat": {"id": 1}, "answerKind": said, "rate": rate}], "feedbacks", "incremental")
            for minute, said, rate in [(0, "read", 5), (1, "read", None), (3, "read", "4"), (3, "not_found", None)]
        ],
        [3, 1, 2, 0],
        [1, 1, 1],
    ),
}


def check(desk_type: type[Desk], story: Story) -> None:
    snapshots, _, _ = story
    with TemporaryDirectory() as one, TemporaryDirectory() as other:
        desk = desk_type(Path(one))
        at_once = grown(desk, (snapshots, range(len(snapshots)), []))
        assert grown(desk_type(Path(other)), story) == at_once
        for resource in ("chats", "contacts", "agents"):
            ours = f"company_id = {COMPANY}"
            told = desk.read(
                f"SELECT id, valid_from, valid_to, row_hash FROM history.{resource} WHERE {ours} ORDER BY ALL"
            )
            assert told == sorted(versions(snapshots, resource), key=lambda each: each[:2])
            gone = desk.read(
                f"SELECT id, deleted_at, deleted_grade FROM {resource} WHERE deleted_grade IS NOT NULL AND {ours}"
            )
            assert {row_id: (at, grade) for row_id, at, grade in gone} == deleted(snapshots, resource)


@pytest.mark.proof
@pytest.mark.parametrize("name", FEARED if FULL else [*FEARED][::2])
def test_a_difficult_order_gives_the_same_tables(desk_type: type[Desk], name: str) -> None:
    check(desk_type, FEARED[name])


@pytest.mark.proof
@settings(max_examples=EXAMPLES, suppress_health_check=list(HealthCheck))
@example(FEARED["a value came back, and the visit in between is loaded last"])
@given(stories())
def test_any_order_and_repetition_of_loads_gives_the_same_tables(desk_type: type[Desk], story: Story) -> None:
    check(desk_type, story)
