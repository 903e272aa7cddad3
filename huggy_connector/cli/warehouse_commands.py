"""Commands that read the warehouse: status, query, report. None of them changes it or blocks a load."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from huggy_connector.cli.options import Command, LocalPath, as_json, settings_options
from huggy_connector.cli.output import Layout, describe_exactness, note, print_json, print_table, say
from huggy_connector.clock import SYSTEM_CLOCK
from huggy_connector.errors import ConfigurationError, WarehouseUnusable

if TYPE_CHECKING:
    from huggy_connector.report import Language
    from huggy_connector.settings import Settings
    from huggy_connector.warehouse import WebhookCoverage

EXPLAIN_COLUMNS = ("explain_key", "explain_value")
"""Columns of the answer to EXPLAIN: a drawing of many lines."""
MAX_LISTED_HOLES = 20
"""The newest holes of each company that the status lists. Its JSON has all of 30 days."""
LANGUAGES = {"en": "en", "pt-BR": "pt-BR", "pt": "pt-BR"}
"""What may be written, and the language of the report that it means. The report is imported when it is made."""


def language_option(help_text: str) -> Callable[[Command], Command]:
    """Add --language."""
    return click.option(
        "--language",
        type=click.Choice([*LANGUAGES], case_sensitive=False),
        callback=lambda _, __, value: LANGUAGES[value],
        default="en",
        show_default=True,
        help=help_text,
    )


@click.command()
@click.option("--runs", default=8, show_default=True, type=click.IntRange(min=1), help="Last landings to list.")
@settings_options("warehouse", "timezone")
@as_json
def status(*, settings: Settings, runs: int, as_json: bool) -> None:
    """How fresh each table is, the last landings, the webhook, campaigns with something left, and the checks.

    Example: huggy status
    """
    from huggy_connector.warehouse.read.status import read_status

    current = read_status(settings.warehouse, zone=settings.zone, runs=runs, now=SYSTEM_CLOCK.now())
    if as_json:
        print_json(asdict(current))
        return
    print_table(
        ("company", "table", "rows", "newest created", "newest updated", "fetched", "exact"),
        (
            (
                f.company_id,
                f.table,
                f.rows,
                f.newest_created_at,
                f.newest_updated_at,
                f.newest_fetched_at,
                f.last_snapshot_exact,
            )
            for f in current.freshness
        ),
        title="Freshness",
    )
    print_table(
        ("snapshot", "table", "requests", "fetched", "kept", "doubled", "rejected", "exact"),
        (
            (
                r.run_key,
                r.table,
                r.requests,
                r.fetched,
                r.kept,
                r.doubled,
                r.rejected,
                describe_exactness(r.mode, exact=r.exact),
            )
            for r in current.last_runs
        ),
        title="Last landings",
    )
    if current.webhook:
        print_table(
            ("company", "kind", "from", "to", "reason"),
            _list_coverage(current.webhook),
            title="Coverage of the webhook",
        )
    if current.campaigns:
        counts = ("planned", "sent", "refused", "skipped", "unknown", "waiting")
        print_table(
            ("company", "campaign", "action", *counts),
            (
                (each.company_id, each.campaign, each.action, *(getattr(each, name) for name in counts))
                for each in current.campaigns
            ),
            title="Campaigns with something left",
        )
    for warning in current.warnings:
        say(f"Warning: {warning}")
    if current.calendar == "default":
        say(
            "Business hours: the default calendar, 08:00-18:00 from Monday to Friday. "
            "`huggy calendar propose` proposes one; HUGGY_CALENDAR sets it."
        )
    say(
        f"{current.warehouse}: version {current.version}, {current.bytes / 1e6:,.1f} MB, "
        f"published {current.published_at:%Y-%m-%d %H:%M} (times in {settings.timezone})."
    )


def _list_coverage(webhook: Iterable[WebhookCoverage]) -> Iterator[tuple[object, ...]]:
    for each in webhook:
        yield each.company_id, "covered", each.covered_since, each.covered_until, ""
        for hole in each.holes[:MAX_LISTED_HOLES]:
            kind = "healed" if hole.is_healed else "hole"
            yield each.company_id, kind, hole.from_at, hole.to_at, hole.reason
        if (left := len(each.holes) - MAX_LISTED_HOLES) > 0:
            yield each.company_id, f"and {left:,} more", "", "", "see meta.coverage"


@click.command()
@click.argument("sql")
@click.option("--limit", default=100, show_default=True, type=click.IntRange(min=1), help="Rows to print at most.")
@click.option("--out", type=LocalPath(), help="Write all rows to a .csv, .xlsx, .json, .jsonl or .parquet file.")
@click.option(
    "--excel",
    is_flag=True,
    help="The .csv of --out for a double click in Excel in Brazil: UTF-8 with its mark, `;`, a comma in fractions; "
    "a text that begins as a formula does has an apostrophe before it.",
)
@click.option("--company-id", type=int, help="Read this company alone, as if the file had no other.")
@click.option("--cards", is_flag=True, help="Print a block of lines for each row, for rows of many columns.")
@settings_options("warehouse", "timezone")
@as_json
def query(
    *,
    settings: Settings,
    sql: str,
    limit: int,
    out: Path | None,
    excel: bool,
    company_id: int | None,
    cards: bool,
    as_json: bool,
) -> None:
    """Ask the DuckDB file a question in SQL.

    \b
    Examples: huggy query "SELECT channel, count(*) AS chats FROM chats GROUP BY ALL ORDER BY 2 DESC"
              huggy query "FROM chats" --out chats.parquet
              huggy query "FROM marts.agent_performance" --out agents.xlsx
              huggy query "FROM chats LIMIT 3" --cards
              huggy query "SELECT as_of_local FROM marts.as_of" --company-id 4242
    """
    from huggy_connector.warehouse.read import queries
    from huggy_connector.warehouse.read.formats.value_formats import JSON, TABLE

    if excel and out is None:
        raise ConfigurationError("--excel is about the file of --out: give one that ends in .csv.")
    if out is not None:
        rows = queries.export(settings.warehouse, sql, out, zone=settings.zone, excel=excel, company_id=company_id)
        if as_json:
            print_json({"rows": rows, "file": str(out)})
        else:
            say(f"{rows:,} rows written to {out}.")
        return
    value_format = JSON if as_json else TABLE
    answer = queries.query(
        settings.warehouse, sql, zone=settings.zone, limit=limit, value_format=value_format, company_id=company_id
    )
    if as_json:
        rows_by_name = [dict(zip(answer.columns, row, strict=True)) for row in answer.rows]
        print_json({"columns": answer.columns, "rows": rows_by_name, "complete": answer.complete})
        return
    if answer.columns == EXPLAIN_COLUMNS:
        say(*(line for _, drawing in answer.rows for line in drawing.splitlines()))
        return
    left_out = print_table(answer.columns, answer.rows, layout=Layout.CARDS if cards else Layout.TABLE)
    if left_out:
        note(f"{left_out:,} of {len(answer.columns):,} columns have no room: --cards shows all, --out writes them.")
    if not answer.complete:
        note(f"The first {limit:,} rows; --limit shows more, --out writes all to a file.")


@click.command()
@click.option(
    "--out",
    type=LocalPath(),
    default="report.html",
    show_default=True,
    help="The page; its figures come beside it, ending in .json.",
)
@language_option("Of the page.")
@settings_options("warehouse", "timezone", "requests_per_second", "company_names")
@as_json
def report(*, settings: Settings, out: Path, language: Language, as_json: bool) -> None:
    """Charts of the service desk and how fresh they are, as one HTML file that needs no network.

    Example: huggy report --out report.html --language pt-BR
    """
    from huggy_connector.report import write_report

    written = write_report(
        settings.warehouse,
        out,
        now=SYSTEM_CLOCK.now(),
        zone=settings.zone,
        requests_per_second=settings.requests_per_second,
        language=language,
        names=settings.names_of_companies,
    )
    # The page is there in any case, for its readers. The exit code tells a schedule that it shows no figures.
    if written.figures.state == "missing":
        raise ConfigurationError(written.notices[0])
    if written.figures.state == "older":
        raise WarehouseUnusable(written.notices[0])
    if as_json:
        figures = {"state": written.figures.state, "version": written.figures.version, "notices": written.notices}
        print_json({"page": written.page, "data": written.data, **figures})
        return
    for notice in written.notices:
        say(f"Warning: {notice}")
    say(f"{written.page}: version {written.figures.version} of {settings.warehouse}.")


@click.group()
def calendar() -> None:
    """The business hours that the marts count with: propose them from the data."""


@calendar.command()
@click.option("--out", type=LocalPath(), help="Write the text to this new file.")
@click.option("--company", type=click.IntRange(min=1), help="The chats of this account: its id in Huggy.")
@click.option("--department", type=click.IntRange(min=1), help="The chats of this department: its id in Huggy.")
@click.option("--channel", help="The chats of this channel, such as whatsapp.")
@settings_options("warehouse")
@as_json
def propose(
    *,
    settings: Settings,
    out: Path | None,
    company: int | None,
    department: int | None,
    channel: str | None,
    as_json: bool,
) -> None:
    """Propose business hours from when agents took chats in the last 90 days: the text of a calendar file.

    The chats are those that no table [[desks]] of HUGGY_CALENDAR takes, or with --company, --department or --channel
    those of one place: then the text is such a table, to add to the file. It changes no figure. Look at the hours, add
    holidays and targets, and name the file in HUGGY_CALENDAR.

    Example: huggy calendar propose --out calendar.toml
    """
    from huggy_connector.warehouse.marts.calendar import DeskPlace
    from huggy_connector.warehouse.marts.opening_hours import WEEKDAYS
    from huggy_connector.warehouse.read.calendar_proposal import propose_calendar

    proposal = propose_calendar(settings.warehouse, DeskPlace(company, department, channel))
    if out is not None:
        _write_new_file(out, proposal.list_lines())
    if as_json:
        hours = {name: ", ".join(map(str, spans)) for name, spans in zip(WEEKDAYS, proposal.week, strict=True)}
        print_json({**asdict(proposal), "week": hours, "file": None if out is None else str(out)})
    elif out is not None:
        say(f"Hours proposed in {out}: look at them, and name the file in HUGGY_CALENDAR.")
    else:
        say(*proposal.list_lines())


def _write_new_file(file: Path, lines: Iterable[str]) -> None:
    """Write the lines. Raise ConfigurationError if the file is there already, because a person may have changed it."""
    try:
        with file.open("x", encoding="utf-8") as opened:
            opened.writelines(f"{line}\n" for line in lines)
    except OSError as error:
        raise ConfigurationError(f"{file} cannot be written ({error.strerror}): give the name of a new file.") from None
