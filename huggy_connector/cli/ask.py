"""Commands that ask the API and write nothing: check, get, plan."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from itertools import islice

import click

from huggy_connector import pipeline
from huggy_connector.api import Row, open_client
from huggy_connector.catalogue import resource_named, resources_named
from huggy_connector.cli.options import API, LANDING, LIMIT, as_json, mode_option, settings_options, span_options
from huggy_connector.cli.show import print_json, print_table, progress, say
from huggy_connector.errors import ConfigurationError
from huggy_connector.settings import Settings

SKEW_WORTH_TELLING = 30.0
"""Seconds by which two clocks may differ before a person should know."""


@click.command()
@settings_options(*API, *LIMIT)
@as_json
def check(*, settings: Settings, as_json: bool) -> None:
    """Say who the token is, and whether clock and zone are plausible.

    Example: huggy check
    """
    told = pipeline.check(settings)
    if as_json:
        print_json(asdict(told))
        return
    say(f"Connected as {told.agent} (agent {told.agent_id}), company {told.company_id}.")
    if told.company_id != told.main_company_id:
        say(f"The token's main company is {told.main_company_id}.")
    if (end := told.token_expires_at) is None:
        say("The token does not say when it ends.")
    else:
        say(f"The token ends in {(end - datetime.now(UTC)).days} days, on {end:%Y-%m-%d}.")
    say(f"In {told.timezone} it is {told.local_time:%Y-%m-%d %H:%M}: the API's times are read in this zone.")
    if told.newest_chat_at is not None:
        minutes = round((datetime.now(UTC) - told.newest_chat_at).total_seconds() / 60)
        age = f"{minutes:,} minutes old" if minutes >= 0 else f"{-minutes:,} minutes ahead of now"
        fit = f": if somebody wrote just now, try HUGGY_TIMEZONE={told.fitting_zones[0]}" if told.fitting_zones else ""
        say(f"The newest chat is {age} in this zone{fit}.")
    if told.clock_skew is not None and abs(told.clock_skew) > SKEW_WORTH_TELLING:
        relation = "behind" if told.clock_skew > 0 else "ahead of"
        say(f"This machine's clock is {abs(told.clock_skew):,.0f} s {relation} the server's: set it right.")


@click.command()
@click.argument("resource")
@click.argument("row_id", metavar="[ID]", required=False, type=click.IntRange(min=1))
@click.option("--limit", default=20, show_default=True, type=click.IntRange(min=1), help="Rows at most, newest first.")
@settings_options(*API, *LIMIT)
@as_json
def get(*, settings: Settings, resource: str, row_id: int | None, limit: int, as_json: bool) -> None:
    """Print rows as the API gives them now; nothing is written.

    \b
    Examples: huggy get chats
              huggy get chats 700001 --json
              huggy get messages 700001     (those of that chat)
    """
    wanted = resource_named(resource)
    if wanted.parent is not None and row_id is None:
        raise ConfigurationError(f"{resource} are those of one record of {wanted.parent}: give its ID.")
    with open_client(settings) as client:
        if wanted.parent is not None:
            rows: Sequence[Row] = client.fetch_page(wanted, 0, parent=row_id).rows[:limit]
        elif row_id is not None:
            rows = client.fetch_row(wanted, row_id).rows
        else:
            rows = list(islice(pipeline.iter_rows(client, wanted), limit))
    if as_json:
        print_json({"resource": resource, "rows": rows})
    elif row_id is not None and wanted.parent is None:
        print_table(("field", "value"), rows[0].items())
    else:
        simple = [key for key in dict.fromkeys(key for row in rows for key in row) if _is_simple(rows, key)]
        print_table(simple, ([row.get(key) for key in simple] for row in rows))


def _is_simple(rows: Sequence[Row], key: str) -> bool:
    return not any(isinstance(row.get(key), dict | list) for row in rows) and any(row.get(key) for row in rows)


@click.command()
@click.argument("resources", nargs=-1, metavar="[RESOURCE]...")
@mode_option(None, "How it would be read; left out: what `huggy sync` would do.")
@span_options(required=False)
@settings_options(*API, *LIMIT, *LANDING, "reconcile_days")
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
    span = pipeline.span_asked(from_date, to_date, zone=settings.zone)
    wanted = resources_named(resources or (("chats",) if span else ()))
    with progress() as shown:
        plans = [
            pipeline.plan(settings, each.name, mode=mode or ("window" if span else None), span=span, progress=shown)
            for each in wanted
        ]
    if as_json:
        told = [{**asdict(each), "minutes": each.minutes, "share_of_hour": each.share_of_hour} for each in plans]
        print_json({"plans": told})
        return
    print_table(
        ("resource", "mode", "requests", "minutes", "of an hour's budget", "why"),
        ((p.resource, p.mode or "nothing", p.requests, p.minutes, f"{p.share_of_hour:.1%}", p.why) for p in plans),
    )
    say(
        f"About {sum(p.requests for p in plans):,} requests, {sum(p.minutes for p in plans):,.1f} minutes at "
        f"{settings.requests_per_second:g} a second. To tell this took {sum(p.asked for p in plans)} requests."
    )
