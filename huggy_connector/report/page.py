"""The page: its sections in words and tables, and how they become one HTML file."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import resources

from huggy_connector.report.figures import Company, Figures, Landing
from huggy_connector.report.look import look_of_report
from huggy_connector.report.period import Period, Table, period_of
from huggy_connector.report.words import Words
from huggy_connector.visible import visible
from huggy_connector.warehouse import Freshness


@dataclass(frozen=True, slots=True)
class Section:
    """One account on the page."""

    company_id: int
    as_of: str
    stale: bool
    fresh_until: str
    stale_text: str
    periods: tuple[Period, ...]
    freshness: Table
    landings: Table


def render(figures: Figures, *, words: Words, data_name: str, other_name: str = "") -> str:
    """The whole page. Every text of the data is escaped where it is put in. `other_name`: the page's file in the other
    language, if there is one.
    """
    from jinja2 import Environment, StrictUndefined

    template = resources.files(__package__).joinpath("page.html.j2").read_text(encoding="utf-8")
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    environment.filters["visible"] = visible
    return environment.from_string(template).render(
        figures=figures,
        words=words,
        look=look_of_report(),
        data_name=data_name,
        other_name=other_name,
        sections=[_section(company, figures, words) for company in figures.companies],
    )


def _section(company: Company, figures: Figures, words: Words) -> Section:
    read_at, until = company.chats_read_at, company.fresh_until
    return Section(
        company.company_id,
        words.moment(company.as_of) if company.as_of else "",
        company in figures.stale,
        until.isoformat() if until else "",
        words["stale"].format(since=words.moment(read_at)) if read_at else "",
        tuple(period_of(span, company, figures.targets, words) for span in company.spans),
        Table(
            tuple(words[name] for name in ("name", "rows", "newest_created", "newest_updated", "read_at", "complete")),
            tuple(_fresh(each, words) for each in company.freshness),
        ),
        Table(
            tuple(
                words[name] for name in ("name", "started", "took", "mode", "rows", "requests", "share", "certificate")
            ),
            tuple(_landed(each, words) for each in company.landings),
        ),
    )


def _fresh(table: Freshness, words: Words) -> tuple[str, ...]:
    moments = (table.newest_created_at, table.newest_updated_at, table.newest_fetched_at)
    return (
        table.table,
        words.number(table.rows),
        *(words.moment(each) if each else "" for each in moments),
        _certified(words, exact=table.last_snapshot_exact, missing=None),
    )


def _landed(landing: Landing, words: Words) -> tuple[str, ...]:
    return (
        landing.table,
        words.moment(landing.started_at),
        words.duration((landing.finished_at - landing.started_at).total_seconds() / 60),
        landing.mode,
        words.number(landing.rows),
        words.number(landing.requests),
        words.share(landing.share_of_budget),
        words["yes_head"]
        if landing.exact and landing.mode == "incremental"
        else _certified(words, exact=landing.exact, missing=landing.missing_at_most),
    )


def _certified(words: Words, *, exact: bool | None, missing: int | None) -> str:
    match exact:
        case True:
            return words["yes"]
        case None:
            return words["not_told"]
        case _ if missing is None:
            return words["no"]
        case _:
            return words["no_at_most"].format(rows=words.number(missing))
