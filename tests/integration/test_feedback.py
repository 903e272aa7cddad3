"""The ratings of closed chats, over HTTP: asked for, loaded, asked for again, given up, and forgotten."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from huggy_connector.clock import SYSTEM_CLOCK, Clock
from huggy_connector.pipeline import Pipeline
from huggy_connector.progress import LandingProgress
from huggy_connector.sandbox import Options, Sandbox
from huggy_connector.settings import Settings
from huggy_connector.sweep import GIVE_UP_AFTER
from huggy_connector.warehouse.read import queries
from tests.integration.desks import settings_for

DAYS, CHATS = 10, 240


class Notes:
    """Keeps the sentences it is told."""

    def __init__(self) -> None:
        self.told: list[str] = []

    def update(self, state: LandingProgress) -> None: ...

    def note(self, sentence: str) -> None:
        self.told.append(sentence)


@pytest.fixture(scope="module")
def desk() -> Iterator[Sandbox]:
    options = Options(chats=CHATS, days=DAYS, feedback="mixed", limit=0, odd_situations=0.0, open_chats=10)
    with Sandbox(options) as running:
        yield running


def settings_of(desk: Sandbox, folder: Path) -> Settings:
    return settings_for(desk, folder, clock="host", hash_key="k" * 32, privacy="text=keep", keep_versions=1)


def rows(settings: Settings, question: str) -> list[tuple[Any, ...]]:
    return list(queries.query(settings.warehouse, question).rows)


def asked(desk: Sandbox) -> int:
    return int(desk.stats()["by_path"].get("/v3/chats/{id}/feedback", 0))


def after(days: float) -> Clock:
    span = timedelta(days=days)
    return Clock(now=lambda: datetime.now(UTC) + span, wait=SYSTEM_CLOCK.wait, monotonic=SYSTEM_CLOCK.monotonic)


def said(desk: Sandbox, chat: int) -> Any:
    """What the API says of a chat: its rating, "none", or "not_found", read in another way than the connector does."""
    request = urllib.request.Request(
        f"{desk.url}/companies/4242/chats/{chat}/feedback", headers={"Authorization": f"Bearer {desk.token}"}
    )
    try:
        with urllib.request.urlopen(request) as answer:
            told = json.loads(answer.read() or b"null")
    except urllib.error.HTTPError:
        return "not_found"
    told = told.get("feedback", told) if isinstance(told, dict) else told
    told = max(told, key=lambda each: each["created_at"]) if isinstance(told, list) and told else told
    rate = told["rate"] if told else None
    return int(str(rate)) if str(rate).isdigit() else None


def test_the_ratings_of_closed_chats_are_landed_asked_again_and_forgotten(desk: Sandbox, tmp_path: Path) -> None:
    settings, notes = settings_of(desk, tmp_path), Notes()
    for name in ("chats", "feedbacks"):
        Pipeline(settings, notes).land(name, idempotency_key="test")
    Pipeline(settings, notes).load()
    chats = {int(each["id"]): each for each in desk.truth("chats", rows=True)["rows"]}
    closed = {number for number, chat in chats.items() if chat["closedAt"]}
    assert 0 < len(closed) < len(chats)
    assert asked(desk) == len(closed)
    truth = {number: said(desk, number) for number in closed}
    found = {
        chat: (answer, rating)
        for chat, answer, rating in rows(settings, "SELECT chat_id, answer, rating FROM feedbacks")
    }
    assert found == {
        number: ("not_found", None) if rating == "not_found" else ("read", rating) for number, rating in truth.items()
    }
    assert {"not_found", None, 1, 5} <= set(truth.values())

    rejected = {chat for (chat,) in rows(settings, "SELECT id FROM meta.rejects WHERE column_name = 'rating'")}
    kept = {chat for (chat,) in rows(settings, "SELECT chat_id FROM feedbacks WHERE extra->>'$.surveyID' = '5'")}
    assert rejected
    assert rejected <= {number for number, rating in truth.items() if rating is None}
    assert kept
    check_satisfaction(settings, {n: None if each == "not_found" else each for n, each in truth.items()})

    before = asked(desk)
    (again,) = Pipeline(settings, notes).land_due("feedbacks", idempotency_key="again")
    assert (asked(desk), again.rows) == (before, 0)

    desk.control(clock_minutes=3 * 24 * 60)
    moved = Pipeline(settings, notes, clock=after(3))
    moved.land_due("feedbacks", idempotency_key="three days later")
    moved.load()
    week_ago = datetime.now(settings.zone).replace(tzinfo=None) - timedelta(days=7)
    recent = {number for number in closed if datetime.fromisoformat(chats[number]["closedAt"]) > week_ago}
    assert 0 < len(recent) - 3 <= asked(desk) - before <= len(recent) + 3 < len(closed)
    changed = {n: said(desk, n) for n in recent}
    assert any(changed[number] != truth[number] for number in recent)
    now = dict(rows(settings, "SELECT chat_id, rating FROM feedbacks WHERE answer = 'read'"))
    same = [number for number in recent if changed[number] != "not_found" and now[number] != changed[number]]
    assert len(same) <= 3  # chats at the edge of the seven days
    assert not [each for each in notes.told if "seems to have none" in each]

    ((chat, contact, rating),) = rows(
        settings,
        "SELECT chat_id, contact_id, rating FROM feedbacks JOIN chats ON id = chat_id"
        " WHERE comment LIKE '%moça%' AND rating IS NOT NULL AND contact_id IS NOT NULL ORDER BY 1 LIMIT 1",
    )
    Pipeline(settings, notes, clock=after(3)).forget(contact)
    assert rows(settings, f"SELECT rating, comment, extra FROM feedbacks WHERE chat_id = {chat}") == [
        (rating, None, None)
    ]
    parts = [*tmp_path.glob("landing/*/feedbacks/*/part-*.parquet")]
    theirs = [row for part in parts for row in pq.read_table(part).to_pylist() if row["chat_id"] == chat]
    assert theirs
    assert "moça" not in repr(theirs)
    hashes = rows(settings, f"SELECT row_hash FROM feedbacks WHERE chat_id = {chat}")
    assert hashes == [
        (max(theirs, key=lambda each: each["fetched_at"])["row_hash"],)
    ]  # the next reading changes nothing


def check_satisfaction(settings: Settings, truth: dict[int, int | None]) -> None:
    """The counts of the mart, told again in Python from what the API says."""
    given = [rating for rating in truth.values() if rating is not None]
    scale = range(1, 6) if sum(rating in range(1, 6) for rating in given) >= 0.99 * len(given) else range(0)
    wanted: dict[tuple[Any, ...], list[int]] = {}
    for chat, *group in rows(
        settings, "SELECT chat_id, closed_day, channel, department_id, agent_id FROM marts.chat_times"
    ):
        if group[0] is None:
            continue
        rating = truth[chat]
        on_scale = rating if rating in scale else None
        counts = wanted.setdefault(tuple(group), [0] * 5)
        for place, number in enumerate(
            (1, rating is not None, on_scale is not None, on_scale or 0, (on_scale or 0) > 3)
        ):
            counts[place] += number
    found = rows(
        settings,
        "SELECT day, channel, department_id, agent_id, chats, asked, rated, on_scale, coalesce(total, 0), satisfied,"
        " response_rate, csat FROM marts.satisfaction_by_day",
    )
    assert {tuple(row[:4]): [row[4], *row[6:10]] for row in found} == wanted
    for *_, chats, is_asked, rated, on_scale, _, satisfied, response_rate, csat in found:
        assert is_asked == chats
        assert response_rate == pytest.approx(rated / chats, abs=1e-4)
        assert csat == (None if not on_scale else pytest.approx(satisfied / on_scale, abs=1e-4))


def test_an_api_without_ratings_is_asked_a_few_times_and_nothing_else_is_lost(tmp_path: Path) -> None:
    with Sandbox(Options(chats=60, days=5, feedback="absent", limit=0, open_chats=5)) as desk:
        settings, notes = settings_of(desk, tmp_path), Notes()
        report = Pipeline(settings, notes).sync(["chats"], idempotency_key="test", feedback=True)
        first = asked(desk)
        assert GIVE_UP_AFTER <= first < GIVE_UP_AFTER + 24  # those that were out
        assert report.snapshots[-1].certificate.details["given_up"] is True
        (told,) = [each for each in notes.told if "seems to have none" in each]
        assert told == (
            "feedbacks: the API refused the first 20 chats that it was asked for, so it seems to have none and no more "
            "are asked for: leave --feedback out, or ask Huggy whether your account and token may read "
            "chats/{id}/feedback."
        )
        assert rows(settings, "SELECT count(*) = 60 FROM chats") == [(True,)]
        assert rows(settings, "SELECT DISTINCT answer, rating FROM feedbacks") == [("not_found", None)]
        assert rows(settings, "SELECT count(*) FROM marts.ratings") == [(0,)]
        assert rows(settings, "SELECT sum(asked), max(csat), max(response_rate) FROM marts.satisfaction_by_day") == [
            (0, None, None)
        ]
        Pipeline(settings, notes).land_due("feedbacks", idempotency_key="again")
        assert first < asked(desk) < first + GIVE_UP_AFTER + 24
