"""Writes the report: one HTML file that opens from disk without a network, and the same figures as JSON next to it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from huggy_connector import extras
from huggy_connector.errors import ConfigurationError, HuggyError, Interrupted, WarehouseError
from huggy_connector.report.artifacts import FORMAT, ReportFiles
from huggy_connector.report.figures import ReportFigures, to_plain
from huggy_connector.report.i18n import LANGUAGES, Language, Translations
from huggy_connector.report.page import render_page
from huggy_connector.report.queries import read_figures, read_live_version
from huggy_connector.report.style import load_report_style
from huggy_connector.settings import Settings
from huggy_connector.storage import FilePermissions, remove_leftovers, replace_file
from huggy_connector.warehouse.file.paths import WarehousePaths
from huggy_connector.warehouse.file.publish import lock_warehouse

MAX_WAIT_SECONDS = 120.0
"""Seconds that a report waits for other processes that change the warehouse."""


@dataclass(frozen=True, slots=True)
class WrittenReport:
    """The paths and figures of a written report. `notices` are the page's warnings, in its language."""

    page: str
    data: str
    figures: ReportFigures
    notices: tuple[str, ...]


def is_installed() -> bool:
    """Return True if the extra `report` is installed."""
    return extras.is_installed("report")


def write_report(
    warehouse: str | Path,
    out: str | Path,
    *,
    now: datetime,
    zone: ZoneInfo,
    requests_per_second: float,
    language: Language = "en",
    names: Mapping[int, str] | None = None,
) -> WrittenReport:
    """Write the report of the live version, and return its paths and figures. The warehouse is only read.

    Each of the two files appears whole or not at all, the page last. Without a warehouse, or with one of an older
    format, the page says so and what to do, and `figures.state` has the reason. `names` are those of the companies, by
    their numbers. Raises ConfigurationError for a wrong
    path or without the extra, and what `read_figures` raises; then nothing is written.
    """
    extras.require("report", subject="A report")
    page = Path(out).expanduser().absolute()
    if page.suffix.lower() not in {".html", ".htm"} or not page.parent.is_dir() or page.is_dir():
        raise ConfigurationError(
            f"{str(out)!r} is no path for the page: give a file that ends in .html, in a folder that exists."
        )
    data, words = page.with_suffix(".json"), Translations(language)
    figures = read_figures(warehouse, now=now, zone=zone, requests_per_second=requests_per_second, names=names)
    _replace_file(data, _to_json(figures))
    _replace_file(page, render_page(figures, words=words, data_name=data.name))
    return WrittenReport(str(page), str(data), figures, tuple(_list_notices(figures, words)))


def update_report(settings: Settings, *, now: datetime) -> tuple[str, ...]:
    """Bring the report next to the warehouse up to date, with a page in each language. Return warnings.

    Readers of the pages never open DuckDB. The report is written again if it shows another version than the live one,
    or was made by another release. Without the extra `report` there is none. Every error becomes a warning, because
    the rows are already published: a load must not fail or wait for a page. Interrupted is raised.
    """
    if not settings.report or not is_installed() or not WarehousePaths.at(settings.warehouse).live.exists():
        return ()
    try:
        with lock_warehouse(WarehousePaths.at(settings.warehouse), wait_seconds=MAX_WAIT_SECONDS):
            _write_all_pages(settings, now=now)
    except Interrupted:
        raise
    except Exception as error:  # noqa: BLE001 -- whatever it is, the load is already done
        reason = str(error) if isinstance(error, HuggyError) else f"{type(error).__name__}."
        return (f"The warehouse is published, but the report beside it could not be made: {reason}",)
    return ()


def renew_report(settings: Settings, *, now: datetime) -> tuple[str, ...]:
    """Remove the report next to the warehouse, and make it anew from the live version. Return warnings.

    A page names contacts: none of a forgotten person may stay, also where the new one cannot be made. Raises
    WarehouseError if a file cannot be removed.
    """
    files = ReportFiles.for_warehouse(settings.warehouse)
    for name in files.names:
        file = files.data_path.with_name(name)
        try:
            file.unlink(missing_ok=True)
        except OSError as error:
            raise WarehouseError(f"{file} could not be removed ({error.strerror}): remove it.") from None
    return update_report(settings, now=now)


def _write_all_pages(settings: Settings, *, now: datetime) -> None:
    files = ReportFiles.for_warehouse(settings.warehouse)
    if files.version is not None and files.version == read_live_version(settings.warehouse):
        return
    live = WarehousePaths.at(settings.warehouse).live
    for name in files.names:
        # A killed process left them: under the lock nobody else writes these files.
        remove_leftovers(files.data_path.with_name(name))
    figures = read_figures(
        settings.warehouse,
        now=now,
        zone=settings.zone,
        requests_per_second=settings.requests_per_second,
        names=settings.names_of_companies,
    )
    for language in LANGUAGES:
        other = next(candidate for candidate in LANGUAGES if candidate != language)
        page = render_page(
            figures,
            words=Translations(language),
            data_name=files.data_path.name,
            other_name=files.page_path(other).name,
        )
        _replace_file(files.page_path(language), page, like=live)
    _replace_file(files.data_path, _to_json(figures), like=live)  # last, because it shows that the pages are complete


def _to_json(figures: ReportFigures) -> str:
    plain = to_plain(figures)
    assert isinstance(plain, dict)
    document = {"format": FORMAT, "policy": load_report_style().policy.to_json(), **plain}
    return json.dumps(document, ensure_ascii=False, separators=(",", ":"))


def _list_notices(figures: ReportFigures, words: Translations) -> list[str]:
    notices = [] if figures.state == "ready" else [words[figures.state].format(file=figures.warehouse)]
    for company in figures.stale:
        if company.chats_read_at is not None:
            since = words["stale"].format(since=words.moment(company.chats_read_at))
            notices.append(f"{company.name or words['company'] + ' ' + str(company.company_id)}: {since}")
    return notices


def _replace_file(file: Path, text: str, *, like: Path | None = None) -> None:
    """Replace a file. Those who may read `like` may read the new file."""
    try:
        with replace_file(file, permissions=FilePermissions.read(like) if like else None) as partial_file:
            partial_file.write_text(text, encoding="utf-8")
    except OSError as error:
        raise WarehouseError(
            f"{file} could not be written ({error.strerror}): see to the disk, or write elsewhere."
        ) from None
