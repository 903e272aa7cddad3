"""Writes the report: one HTML file that opens from disk without a network, and beside it the same figures as JSON."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from importlib.util import find_spec
from pathlib import Path
from zoneinfo import ZoneInfo

from huggy_connector.errors import ConfigurationError, HuggyError, Interrupted, WarehouseError
from huggy_connector.report.beside import FORMAT, Beside
from huggy_connector.report.figures import Figures, as_plain
from huggy_connector.report.look import look_of_report
from huggy_connector.report.page import render
from huggy_connector.report.reading import live_version, read_figures
from huggy_connector.report.words import LANGUAGES, Language, Words
from huggy_connector.settings import Settings
from huggy_connector.storage import Access, replacing, sweep_beside
from huggy_connector.warehouse.place import Place
from huggy_connector.warehouse.publish import holding

LONGEST_REPORT = 120.0
"""Seconds for which a report waits for others who change the warehouse."""


@dataclass(frozen=True, slots=True)
class Written:
    """`notices`: what the page warns of, in its language."""

    page: str
    data: str
    figures: Figures
    notices: tuple[str, ...]


def is_installed() -> bool:
    """Whether the extra `report` is there."""
    return all(find_spec(name) for name in ("babel", "jinja2", "matplotlib"))


def write_report(
    warehouse: str | Path,
    out: str | Path,
    *,
    now: datetime,
    zone: ZoneInfo,
    requests_per_second: float,
    language: Language = "en",
) -> Written:
    """The report of the live version, read-only. Each of the two files appears whole or not at all, the page last.

    Where there is no warehouse yet, or one of an older layout, the page says so and what to do; `figures.state` tells.
    Raises ConfigurationError, and what `read_figures` raises; then nothing is written.
    """
    if not is_installed():
        raise ConfigurationError("A report needs the extra report: pip install 'huggy-connector[report]'.")
    page = Path(out).expanduser().absolute()
    if page.suffix.lower() not in {".html", ".htm"} or not page.parent.is_dir() or page.is_dir():
        raise ConfigurationError(
            f"{str(out)!r} is no path for the page: give a file that ends in .html, in a folder that exists."
        )
    data, words = page.with_suffix(".json"), Words(language)
    figures = read_figures(warehouse, now=now, zone=zone, requests_per_second=requests_per_second)
    _replace(data, _as_json(figures))
    _replace(page, render(figures, words=words, data_name=data.name))
    return Written(str(page), str(data), figures, tuple(_notices(figures, words)))


def report_beside(settings: Settings, *, now: datetime) -> tuple[str, ...]:
    """Keeps the report beside the warehouse, a page in each language: nobody who reads them opens DuckDB.

    It is made anew where it is not of the live version, or of another release; without the extra there is never one.
    Whatever goes wrong is a warning: the rows are published, and whoever waits for them need not wait for a page.
    """
    if not settings.report or not is_installed() or not Place.at(settings.warehouse).live.exists():
        return ()
    try:
        with holding(Place.at(settings.warehouse), wait_seconds=LONGEST_REPORT):
            _write_beside(settings, now=now)
    except Interrupted:
        raise
    except Exception as error:  # noqa: BLE001 -- whatever it is, the load is done
        why = str(error) if isinstance(error, HuggyError) else f"{type(error).__name__}."
        return (f"The warehouse is published, but the report beside it could not be made: {why}",)
    return ()


def _write_beside(settings: Settings, *, now: datetime) -> None:
    places = Beside.of(settings.warehouse)
    if places.version is not None and places.version == live_version(settings.warehouse):
        return
    live = Place.at(settings.warehouse).live
    for name in places.names:
        sweep_beside(places.data.with_name(name))  # of one who was killed: nobody else is at these
    figures = read_figures(
        settings.warehouse, now=now, zone=settings.zone, requests_per_second=settings.requests_per_second
    )
    for language in LANGUAGES:
        other = next(each for each in LANGUAGES if each != language)
        page = render(figures, words=Words(language), data_name=places.data.name, other_name=places.page(other).name)
        _replace(places.page(language), page, like=live)
    _replace(places.data, _as_json(figures), like=live)  # last: it vouches for the pages


def _as_json(figures: Figures) -> str:
    plain = as_plain(figures)
    assert isinstance(plain, dict)
    told = {"format": FORMAT, "policy": look_of_report().policy.as_plain(), **plain}
    return json.dumps(told, ensure_ascii=False, separators=(",", ":"))


def _notices(figures: Figures, words: Words) -> list[str]:
    notices = [] if figures.state == "ready" else [words[figures.state].format(file=figures.warehouse)]
    for company in figures.stale:
        if company.chats_read_at is not None:
            since = words["stale"].format(since=words.moment(company.chats_read_at))
            notices.append(f"{words['company']} {company.company_id}: {since}")
    return notices


def _replace(file: Path, text: str, *, like: Path | None = None) -> None:
    """A new file may be read by those who may read `like`."""
    try:
        with replacing(file, access=Access.of(like) if like else None) as half:
            half.write_text(text, encoding="utf-8")
    except OSError as error:
        raise WarehouseError(
            f"{file} could not be written ({error.strerror}): see to the disk, or write elsewhere."
        ) from None
