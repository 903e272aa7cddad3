"""Commands that fill landing and warehouse: land, load, sync, backfill."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

from huggy_connector.cli.options import (
    API_SETTINGS,
    BUDGET_SETTINGS,
    LANDING_SETTINGS,
    WAREHOUSE_SETTINGS,
    as_json,
    complete_resources,
    mode_option,
    settings_options,
    show_events,
    span_options,
)
from huggy_connector.cli.output import describe_exactness, note, print_json, print_table, say, show_progress
from huggy_connector.model import Mode

if TYPE_CHECKING:
    from huggy_connector.landing import Manifest
    from huggy_connector.pipeline import SyncReport
    from huggy_connector.settings import Settings
    from huggy_connector.warehouse import LoadReport


@click.command()
@click.argument("resources", nargs=-1, required=True, metavar="RESOURCE...", shell_complete=complete_resources)
@mode_option(
    Mode.FULL.value, "All of it, what changed since the last time, a span, or which missing records are really gone."
)
@span_options(required=False)
@show_events
@settings_options(*API_SETTINGS, *BUDGET_SETTINGS, *LANDING_SETTINGS)
@as_json
def land(
    *,
    settings: Settings,
    resources: tuple[str, ...],
    mode: str,
    from_date: str | None,
    to_date: str | None,
    show_events: bool,
    as_json: bool,
) -> None:
    """Fetch resources and publish each as a Parquet snapshot in the landing. Interrupted, it goes on where it was.

    \b
    Examples: huggy land chats contacts
              huggy land chats --mode incremental
              huggy land chats --mode window --from-date 2026-11-01 --to-date 2026-11-08
    """
    from huggy_connector.catalogue import get_list
    from huggy_connector.pipeline import Pipeline, parse_optional_span

    for name in resources:
        get_list(name)
    span = parse_optional_span(from_date, to_date, zone=settings.zone)
    with show_progress() as progress:
        manifests = [
            Pipeline(settings, progress).land(
                name, mode=mode, span=span, show_events=show_events, idempotency_key="huggy land"
            )
            for name in resources
        ]
    if as_json:
        print_json({"snapshots": [_snapshot_as_dict(manifest) for manifest in manifests]})
    else:
        _print_snapshots(manifests)


@click.command()
@settings_options("company_id", *LANDING_SETTINGS, *WAREHOUSE_SETTINGS)
@as_json
def load(*, settings: Settings, as_json: bool) -> None:
    """Load the landing's new snapshots into the DuckDB file. Readers are not disturbed. No request is sent.

    All companies are loaded. What is damaged of one stops that one alone, and is an error, or a warning where
    --company-id names another.

    Example: huggy load
    """
    from huggy_connector.pipeline import Pipeline

    with show_progress() as progress:
        report = Pipeline(settings, progress).load()
    if as_json:
        print_json(asdict(report))
    else:
        _print_load(report)


@click.command()
@click.argument("resources", nargs=-1, metavar="[RESOURCE]...", shell_complete=complete_resources)
@click.option("--messages", is_flag=True, help="The messages of changed chats, too: a request a chat or more.")
@click.option("--feedback", is_flag=True, help="The ratings of closed chats, too: a request a chat, for seven days.")
@show_events
@settings_options(*API_SETTINGS, *BUDGET_SETTINGS, *LANDING_SETTINGS, *WAREHOUSE_SETTINGS, "reconcile_days")
@as_json
def sync(
    *,
    settings: Settings,
    resources: tuple[str, ...],
    messages: bool,
    feedback: bool,
    show_events: bool,
    as_json: bool,
) -> None:
    """Land what is due and load it: everything, or the resources named.

    The first time the newest 30 days are published before the history; then what has changed; and now and then, or
    where the last run could not vouch for every row, all of it again.

    \b
    Examples: huggy sync
              huggy sync chats --messages --json
    """
    from huggy_connector.pipeline import Pipeline

    if show_events and not messages and "messages" not in resources:
        raise click.UsageError("--show-events is about messages: add --messages.")
    with show_progress() as progress:
        report = Pipeline(settings, progress).sync(
            resources,
            idempotency_key="huggy sync",
            messages=messages,
            feedback=feedback,
            show_events=show_events,
        )
    _print_sync(report, as_json=as_json)


@click.command()
@click.argument("resources", nargs=-1, metavar="[RESOURCE]...", shell_complete=complete_resources)
@span_options(required=True)
@show_events
@settings_options(*API_SETTINGS, *BUDGET_SETTINGS, *LANDING_SETTINGS, *WAREHOUSE_SETTINGS)
@as_json
def backfill(
    *,
    settings: Settings,
    resources: tuple[str, ...],
    from_date: str,
    to_date: str,
    show_events: bool,
    as_json: bool,
) -> None:
    """Land and load what was created in a span of days: the chats, or what is named (`messages`: of those chats).

    It stands back behind everything else that uses the account's budget, and moves no schedule. `huggy plan` with the
    same words says what it will cost.

    \b
    Examples: huggy backfill --from-date 2026-11-01 --to-date 2026-11-08
              huggy backfill chats messages --from-date 2026-11-01 --to-date 2026-11-02
    """
    from huggy_connector.pipeline import Pipeline, parse_span

    span = parse_span(from_date, to_date, zone=settings.zone)
    with show_progress() as progress:
        report = Pipeline(settings, progress).backfill(
            resources or ("chats",), span=span, idempotency_key="huggy backfill", show_events=show_events
        )
    _print_sync(report, as_json=as_json)


def _print_sync(report: SyncReport, *, as_json: bool) -> None:
    if as_json:
        print_json({"snapshots": [_snapshot_as_dict(each) for each in report.snapshots], "load": asdict(report.load)})
    else:
        _print_snapshots(report.snapshots)
        _print_load(report.load)


def _snapshot_as_dict(manifest: Manifest) -> dict[str, Any]:
    return {
        "address": manifest.address,
        "resource": manifest.resource,
        "company_id": manifest.company_id,
        "run_key": manifest.run_key,
        "mode": manifest.mode,
        "window": manifest.window,
        "rows": manifest.rows,
        "unique_ids": manifest.unique_ids,
        "pages": manifest.pages,
        "requests": manifest.requests,
        "retries": manifest.retries,
        "certificate": asdict(manifest.certificate),
    }


def _print_snapshots(manifests: Sequence[Manifest]) -> None:
    print_table(
        ("snapshot", "resource", "company", "ids", "rows", "requests", "retries", "exact"),
        (
            (
                m.run_key,
                m.resource,
                m.company_id,
                m.unique_ids,
                m.rows,
                m.requests,
                m.retries,
                describe_exactness(m.mode, exact=m.certificate.exact),
            )
            for m in manifests
        ),
    )


def _print_load(report: LoadReport) -> None:
    for warning in report.warnings:
        note(f"Warning: {warning}")
    if not report.published:
        say(f"{report.warehouse}: nothing new to load.")
        return
    print_table(
        ("table", "rows", "changed"), ((name, table.rows, table.changed) for name, table in report.tables.items())
    )
    say(f"{report.warehouse}: published.")
