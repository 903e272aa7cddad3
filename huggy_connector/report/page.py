"""Renders the page: its sections as texts and tables, in one HTML file."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import resources

from huggy_connector.report.figures import CompanyFigures, ReportFigures, SnapshotFigures
from huggy_connector.report.i18n import Translations
from huggy_connector.report.morning.section import MorningSection, build_morning
from huggy_connector.report.morning.tiles import Target
from huggy_connector.report.parts import ChartTable
from huggy_connector.report.period import PeriodSection, build_period
from huggy_connector.report.style import load_report_style
from huggy_connector.visible import escape_controls
from huggy_connector.warehouse import CoverageHole, TableFreshness, WebhookCoverage
from huggy_connector.warehouse.read.webhook_coverage import HOLE_DAYS

MAX_LISTED_HOLES = 12
"""How many of the newest holes are listed. The JSON has all of them."""


@dataclass(frozen=True, slots=True)
class PageSection:
    """The section of one account on the page."""

    company_id: int
    name: str
    as_of: str
    stale: bool
    fresh_until: str
    stale_text: str
    morning: MorningSection | None
    periods: tuple[PeriodSection, ...]
    freshness: ChartTable
    landings: ChartTable
    webhook: WebhookTable | None


@dataclass(frozen=True, slots=True)
class WebhookTable:
    """What the webhook covers: a sentence, the newest holes, and how many more there are."""

    text: str
    holes: ChartTable
    more: str


def render_page(figures: ReportFigures, *, words: Translations, data_name: str, other_name: str = "") -> str:
    """Return the whole page. The template escapes every text of the data.

    `other_name` is the file name of the page in the other language, if there is one.
    """
    from jinja2 import Environment, StrictUndefined

    template = resources.files(__package__).joinpath("page.html.j2").read_text(encoding="utf-8")
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    environment.filters["visible"] = escape_controls
    return environment.from_string(template).render(
        figures=figures,
        words=words,
        look=load_report_style(),
        data_name=data_name,
        other_name=other_name,
        sections=[_build_section(company, figures, words) for company in figures.companies],
    )


def _build_section(company: CompanyFigures, figures: ReportFigures, words: Translations) -> PageSection:
    read_at, until = company.chats_read_at, company.fresh_until
    return PageSection(
        company.company_id,
        escape_controls(company.name) if company.name else f"{words['company']} {company.company_id}",
        words.moment(company.as_of) if company.as_of else "",
        company in figures.stale,
        until.isoformat() if until else "",
        words["stale"].format(since=words.moment(read_at)) if read_at else "",
        _build_morning(company, figures, words),
        tuple(build_period(span, company, figures.targets, words) for span in company.spans),
        ChartTable(
            tuple(words[name] for name in ("name", "rows", "newest_created", "newest_updated", "read_at", "complete")),
            tuple(_format_freshness_row(table, words) for table in company.freshness),
        ),
        ChartTable(
            tuple(
                words[name] for name in ("name", "started", "took", "mode", "rows", "requests", "share", "certificate")
            ),
            tuple(_format_run_row(run, words) for run in company.landings),
        ),
        None if company.webhook is None else _build_webhook_table(company.webhook, words),
    )


def _build_morning(company: CompanyFigures, figures: ReportFigures, words: Translations) -> MorningSection | None:
    if company.morning is None:
        return None
    target = next(
        (Target(each.minutes, each.clock) for each in figures.targets if each.metric == "first_response"), None
    )
    as_of = words.moment(company.as_of) if company.as_of else ""
    return build_morning(company.morning, company_id=company.company_id, as_of=as_of, target=target, words=words)


def _build_webhook_table(webhook: WebhookCoverage, words: Translations) -> WebhookTable:
    text = words["no_event_yet"]
    if webhook.covered_since and webhook.covered_until:
        text = words["covered"].format(
            since=words.moment(webhook.covered_since), until=words.moment(webhook.covered_until)
        )
    listed, more = webhook.holes[:MAX_LISTED_HOLES], len(webhook.holes) - MAX_LISTED_HOLES
    return WebhookTable(
        f"{text} {words['holes_note' if listed else 'no_holes'].format(days=HOLE_DAYS)}",
        ChartTable(
            tuple(words[name] for name in ("hole_reason", "hole_from", "hole_to", "lasted", "healed")),
            tuple(_format_hole_row(hole, words) for hole in listed),
        ),
        words["more_holes"].format(holes=words.number(more)) if more > 0 else "",
    )


def _format_hole_row(hole: CoverageHole, words: Translations) -> tuple[str, ...]:
    seconds = (hole.to_at - hole.from_at).total_seconds()
    return (
        words.reason(hole.reason),
        words.moment(hole.from_at),
        words.moment(hole.to_at),
        words.duration(seconds / 60),
        words["yes" if hole.is_healed else "no"],
    )


def _format_freshness_row(table: TableFreshness, words: Translations) -> tuple[str, ...]:
    moments = (table.newest_created_at, table.newest_updated_at, table.newest_fetched_at)
    return (
        table.table,
        words.number(table.rows),
        *(words.moment(moment) if moment else "" for moment in moments),
        _format_completeness(words, exact=table.last_snapshot_exact, missing=None),
    )


def _format_run_row(run: SnapshotFigures, words: Translations) -> tuple[str, ...]:
    return (
        run.table,
        words.moment(run.started_at),
        words.duration((run.finished_at - run.started_at).total_seconds() / 60),
        run.mode,
        words.number(run.rows),
        words.number(run.requests),
        words.share(run.share_of_budget),
        words["yes_head"]
        if run.exact and run.mode == "incremental"
        else _format_completeness(words, exact=run.exact, missing=run.missing_at_most),
    )


def _format_completeness(words: Translations, *, exact: bool | None, missing: int | None) -> str:
    match exact:
        case True:
            return words["yes"]
        case None:
            return words["not_told"]
        case _ if missing is None:
            return words["no"]
        case _:
            return words["no_at_most"].format(rows=words.number(missing))
