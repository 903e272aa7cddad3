"""Commands that ask the API and write nothing: check, get, plan."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from itertools import islice
from typing import TYPE_CHECKING

import click

from huggy_connector.cli.options import (
    API_SETTINGS,
    BUDGET_SETTINGS,
    LANDING_SETTINGS,
    as_json,
    complete_resources,
    mode_option,
    settings_options,
    span_options,
)
from huggy_connector.cli.output import print_json, print_table, say, show_progress
from huggy_connector.errors import ConfigurationError
from huggy_connector.model import Mode, Row

if TYPE_CHECKING:
    from huggy_connector.settings import Settings


@click.command()
@settings_options(*API_SETTINGS, *BUDGET_SETTINGS)
@as_json
def check(*, settings: Settings, as_json: bool) -> None:
    """Say who the token is, and whether clock and zone are plausible.

    Example: huggy check
    """
    from huggy_connector.api.versions.v2 import RENEWAL
    from huggy_connector.pipeline import MIN_CLOCK_SKEW, Pipeline

    account = Pipeline(settings).check()
    if as_json:
        print_json(asdict(account))
        return
    if account.agent_id is None:
        say(f"Connected. API v2 does not tell whose the token is: company {account.company_id} is what was set.")
    else:
        say(f"Connected as {account.agent} (agent {account.agent_id}), company {account.company_id}.")
    if account.company_id != account.main_company_id:
        say(f"The token's main company is {account.main_company_id}.")
    if account.agent_id is None:
        say(f"The token does not say when it ends: {RENEWAL}.")
    elif (end := account.token_expires_at) is None:
        say("The token does not say when it ends.")
    else:
        say(f"The token ends in {(end - datetime.now(UTC)).days} days, on {end:%Y-%m-%d}.")
    say(f"In {account.timezone} it is {account.local_time:%Y-%m-%d %H:%M}: the API's times are read in this zone.")
    if account.newest_chat_at is not None:
        minutes = round((datetime.now(UTC) - account.newest_chat_at).total_seconds() / 60)
        age = f"{minutes:,} minutes old" if minutes >= 0 else f"{-minutes:,} minutes ahead of now"
        fit = (
            f": if somebody wrote just now, try HUGGY_TIMEZONE={account.fitting_zones[0]}"
            if account.fitting_zones
            else ""
        )
        say(f"The newest chat is {age} in this zone{fit}.")
    if account.clock_skew is not None and abs(account.clock_skew) > MIN_CLOCK_SKEW:
        relation = "behind" if account.clock_skew > 0 else "ahead of"
        say(f"This machine's clock is {abs(account.clock_skew):,.0f} s {relation} the server's: set it right.")


@click.command()
@click.argument("resource", shell_complete=complete_resources)
@click.argument("row_id", metavar="[ID]", required=False, type=click.IntRange(min=1))
@click.option("--limit", default=20, show_default=True, type=click.IntRange(min=1), help="Rows at most, newest first.")
@settings_options(*API_SETTINGS, *BUDGET_SETTINGS)
@as_json
def get(*, settings: Settings, resource: str, row_id: int | None, limit: int, as_json: bool) -> None:
    """Print rows as the API gives them now; nothing is written.

    \b
    Examples: huggy get chats
              huggy get chats 700001 --json
              huggy get messages 700001     (those of that chat)
    """
    from huggy_connector.api import open_client
    from huggy_connector.api.versions import require_resource
    from huggy_connector.pipeline import Pipeline

    wanted = require_resource(settings.api_version, resource)
    if wanted.parent is not None and row_id is None:
        raise ConfigurationError(f"{resource} are those of one record of {wanted.parent}: give its ID.")
    if row_id is None:
        rows: Sequence[Row] = list(islice(Pipeline(settings).iter_rows(resource), limit))
    else:
        with open_client(settings) as client:
            if wanted.parent is not None:
                rows = client.fetch_page(wanted, 0, parent=row_id).rows[:limit]
            else:
                rows = client.fetch_row(wanted, row_id).rows
    if as_json:
        print_json({"resource": resource, "rows": rows})
    elif row_id is not None and wanted.parent is None:
        print_table(("field", "value"), rows[0].items())
    else:
        simple = [key for key in dict.fromkeys(key for row in rows for key in row) if _has_simple_values(rows, key)]
        print_table(simple, ([row.get(key) for key in simple] for row in rows))


def _has_simple_values(rows: Sequence[Row], key: str) -> bool:
    """Return whether the field fits a cell of a table in each row, and is not empty in all of them."""
    return not any(isinstance(row.get(key), dict | list) for row in rows) and any(row.get(key) for row in rows)


@click.command()
@click.argument("resources", nargs=-1, metavar="[RESOURCE]...", shell_complete=complete_resources)
@mode_option(None, "How it would be read; left out: what `huggy sync` would do.")
@span_options(required=False)
@settings_options(*API_SETTINGS, *BUDGET_SETTINGS, *LANDING_SETTINGS, "reconcile_days")
@as_json
def plan(
    *,
    settings: Settings,
    resources: tuple[str, ...],
    mode: str | None,
    from_date: str | None,
    to_date: str | None,
    as_json: bool,
) -> None:
    """Say what a landing would cost, before its first page: requests, minutes, share of the budget.

    \b
    Examples: huggy plan
              huggy plan chats --mode full
              huggy plan chats --from-date 2026-11-01 --to-date 2026-11-08
    """
    from huggy_connector.api.versions import select_of_version
    from huggy_connector.pipeline import Pipeline, parse_optional_span

    span = parse_optional_span(from_date, to_date, zone=settings.zone)
    names = resources or (("chats",) if span else ())
    with show_progress() as progress:
        wanted = select_of_version(settings.api_version, names, note=progress.note)
        plans = [
            Pipeline(settings, progress).plan(each.name, mode=mode or (Mode.WINDOW if span else None), span=span)
            for each in wanted
        ]
    if as_json:
        estimates = [{**asdict(p), "minutes": p.minutes, "share_of_hour": p.share_of_hour} for p in plans]
        print_json({"plans": estimates})
        return
    print_table(
        ("resource", "mode", "requests", "minutes", "of an hour's budget", "why"),
        ((p.resource, p.mode or "nothing", p.requests, p.minutes, f"{p.share_of_hour:.1%}", p.why) for p in plans),
    )
    say(
        f"About {sum(p.requests for p in plans):,} requests, {sum(p.minutes for p in plans):,.1f} minutes at "
        f"{settings.requests_per_second:g} a second. This estimate took {sum(p.asked for p in plans)} requests."
    )
