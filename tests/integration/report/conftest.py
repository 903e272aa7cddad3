"""A warehouse with chats of a hundred days, its reports in both languages, and a parser of their pages."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from huggy_connector.report import LANGUAGES, Language, WrittenReport, write_report
from tests.integration.warehouse.conftest import Desk, chat, desk, new_desk
from tests.integration.warehouse.receiver_desk import ReceiverDesk, started

__all__ = ["chat", "desk", "new_desk"]

ZONE = ZoneInfo("America/Sao_Paulo")
SOON = datetime(2026, 11, 22, 14, tzinfo=UTC)
"""Two hours after the chats were read."""

CHANNELS = ("<script>alert('$x^2$')</script>", "_hidden", "widget", "email", None, "whatsapp", "\x1b[31m\u202esms\n")


class Page(HTMLParser):
    """The content of a page: its tables as texts, row by row, and every tag with its attributes."""

    def __init__(self, report: WrittenReport) -> None:
        super().__init__()
        self.text = Path(report.page).read_text(encoding="utf-8")
        self.tables: list[list[list[str]]] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self._in_cell = False
        self.feed(self.text)

    @property
    def charts(self) -> list[list[list[str]]]:
        """The tables from the first chart on: those of the morning come before it."""
        first = next(place for place, table in enumerate(self.tables) if table[0][0] in {"Day", "Dia"})
        return self.tables[first:]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        match tag:
            case "table":
                self.tables.append([])
            case "tr":
                self.tables[-1].append([])
            case "th" | "td":
                self.tables[-1][-1].append("")
                self._in_cell = True

    def handle_endtag(self, tag: str) -> None:
        self._in_cell = self._in_cell and tag not in {"th", "td"}

    def handle_data(self, data: str) -> None:
        if self._in_cell:
            self.tables[-1][-1][-1] += data


def chats_of_a_hundred_days() -> list[dict[str, Any]]:
    """Return chats over seven channels: some days have none, some chats no answer or closing, the last is of today."""
    rows = []
    for number in range(260):
        opened = datetime(2026, 8, 11, 7, tzinfo=ZONE) + timedelta(days=number * 2 // 5 - (number % 7 == 0))
        opened += timedelta(minutes=number * 137 % 720)
        answered = opened + timedelta(minutes=number * 31 % 97)
        closed = answered + timedelta(minutes=number * 57 % 4000)
        rows.append(
            {
                "id": number + 1,
                "channel": CHANNELS[number % 7 if number % 3 else number % 2],
                "situation": "in_chat" if number % 11 == 0 else "finishing",
                "agentId": "" if number % 5 == 0 else 7,
                "createdAt": f"{opened:%Y-%m-%d %H:%M:%S}",
                "updatedAt": f"{opened:%Y-%m-%d %H:%M:%S}",
                "attendedAt": "" if number % 5 == 0 else f"{answered:%Y-%m-%d %H:%M:%S}",
                "closedAt": "" if number % 11 == 0 else f"{closed:%Y-%m-%d %H:%M:%S}",
            }
        )
    return rows


@pytest.fixture(scope="session")
def write() -> Callable[..., WrittenReport]:
    """Return a function that writes the report of a desk into its folder."""

    def write_into_folder(
        desk: Desk, *, name: str = "report.html", language: Language = "en", now: datetime = SOON
    ) -> WrittenReport:
        out = desk.folder / name
        return write_report(desk.warehouse, out, now=now, zone=ZONE, requests_per_second=20, language=language)

    return write_into_folder


@pytest.fixture(scope="session")
def page() -> type[Page]:
    return Page


@pytest.fixture(scope="session")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    """A loaded desk. Tests only read it."""
    filled = Desk(tmp_path_factory.mktemp("desk"))
    filled.land(chats_of_a_hundred_days())
    filled.load()
    return filled


@pytest.fixture(scope="session")
def reports(filled: Desk, write: Callable[..., WrittenReport]) -> dict[Language, WrittenReport]:
    """The reports of the loaded desk, by language."""
    return {language: write(filled, name=f"{language}.html", language=language) for language in LANGUAGES}


@pytest.fixture(scope="session")
def reports_with_webhook(
    tmp_path_factory: pytest.TempPathFactory, write: Callable[..., WrittenReport]
) -> dict[Language, WrittenReport]:
    """The reports of such a desk with a receiver, which was down for a while, and answered 503 after the last poll."""
    heard = Desk(tmp_path_factory.mktemp("heard"))
    heard.land(chats_of_a_hundred_days())
    spans: list[tuple[float, float] | tuple[float, float, str]] = [(-3000, -2000), (-1990, 9), (5, 6, "failing")]
    ReceiverDesk(heard).hear(started(1, -2900), spans=spans, at=9)
    heard.load()
    return {language: write(heard, name=f"{language}.html", language=language) for language in LANGUAGES}


@pytest.fixture
def desk_of_today(desk: Desk, chat: Callable[..., dict[str, Any]]) -> Desk:
    """A desk with one chat, of the day of the landing: there is nothing to draw, so a report is fast."""
    desk.land([chat(1, createdAt="2026-11-22 08:00:00")])
    desk.load()
    return desk
