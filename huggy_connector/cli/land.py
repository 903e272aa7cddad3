"""Commands that ask the API or fill the warehouse: check, get, land, load, sync."""

from dataclasses import asdict
from datetime import UTC, datetime
from itertools import islice
from typing import Any

import click

from huggy_connector import pipeline
from huggy_connector.api import open_client
from huggy_connector.catalogue import RESOURCES, resource_named
from huggy_connector.cli.options import API, LANDING, LIMIT, WAREHOUSE, as_json, settings_options
from huggy_connector.cli.show import print_json, print_table, progress
from huggy_connector.landing import Manifest
from huggy_connector.settings import Settings
from huggy_connector.warehouse import LoadReport

SKEW_WORTH_TELLING = 30.0
"""Seconds by which two clocks may differ before a person should know."""
RESOURCE_NAMES = ", ".join(RESOURCES)


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
    click.echo(f"Connected as {told.agent} (agent {told.agent_id}), company {told.company_id}.")
    if told.company_id != told.main_company_id:
        click.echo(f"The token's main company is {told.main_company_id}.")
    if (end := told.token_expires_at) is None:
        click.echo("The token does not say when it ends.")
    else:
        click.echo(f"The token ends in {(end - datetime.now(UTC)).days} days, on {end:%Y-%m-%d}.")
    click.echo(f"In {told.timezone} it is {told.local_time:%Y-%m-%d %H:%M}: the API's times are read in this zone.")
    if told.clock_skew is not None and abs(told.clock_skew) > SKEW_WORTH_TELLING:
        relation = "behind" if told.clock_skew > 0 else "ahead of"
        click.echo(f"This machine's clock is {abs(told.clock_skew):,.0f} s {relation} the server's: set it right.")


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
    """
    wanted = resource_named(resource)
    with open_client(settings) as client:
        rows = (
            list(islice(pipeline.iter_rows(client, wanted), limit))
            if row_id is None
            else [client.fetch_row(wanted, row_id)]
        )
    if as_json:
        print_json({"resource": resource, "rows": rows})
    elif row_id is not None:
        print_table(("field", "value"), rows[0].items())
    else:
        simple = [key for key in dict.fromkeys(key for row in rows for key in row) if _is_simple(rows, key)]
        print_table(simple, ([row.get(key) for key in simple] for row in rows))


def _is_simple(rows: list[Any], key: str) -> bool:
    return not any(isinstance(row.get(key), dict | list) for row in rows) and any(row.get(key) for row in rows)


@click.command()
@click.argument("resources", nargs=-1, required=True, metavar="RESOURCE...")
@settings_options(*API, *LIMIT, *LANDING)
@as_json
def land(*, settings: Settings, resources: tuple[str, ...], as_json: bool) -> None:
    """Fetch resources and publish each as a Parquet snapshot in the landing. Interrupted, it goes on where it was.

    Example: huggy land chats contacts
    """
    for name in resources:
        resource_named(name)
    with progress() as shown:
        landed = [pipeline.land(settings, name, call=f"huggy land {name}", progress=shown) for name in resources]
    if as_json:
        print_json({"snapshots": [_as_dict(manifest) for manifest in landed]})
    else:
        _print_snapshots(landed)


@click.command()
@settings_options(*LANDING, *WAREHOUSE)
@as_json
def load(*, settings: Settings, as_json: bool) -> None:
    """Load the landing's new snapshots into the DuckDB file. Readers are not disturbed; asks the API nothing.

    Example: huggy load
    """
    with progress() as shown:
        report = pipeline.load(settings, progress=shown)
    if as_json:
        print_json(asdict(report))
    else:
        _print_load(report)


@click.command()
@click.argument("resources", nargs=-1, metavar="[RESOURCE]...")
@settings_options(*API, *LIMIT, *LANDING, *WAREHOUSE)
@as_json
def sync(*, settings: Settings, resources: tuple[str, ...], as_json: bool) -> None:
    """Land and load: everything, or the resources named.

    \b
    Examples: huggy sync
              huggy sync chats --json
    """
    with progress() as shown:
        report = pipeline.sync(settings, resources, call="huggy sync", progress=shown)
    if as_json:
        print_json({"snapshots": [_as_dict(each) for each in report.snapshots], "load": asdict(report.load)})
    else:
        _print_snapshots(report.snapshots)
        _print_load(report.load)


def _as_dict(manifest: Manifest) -> dict[str, Any]:
    return {
        "address": manifest.address,
        "resource": manifest.resource,
        "company_id": manifest.company_id,
        "run_key": manifest.run_key,
        "mode": manifest.mode,
        "rows": manifest.rows,
        "unique_ids": manifest.unique_ids,
        "pages": manifest.pages,
        "requests": manifest.requests,
        "retries": manifest.retries,
        "certificate": manifest.certificate,
    }


def _print_snapshots(manifests: tuple[Manifest, ...] | list[Manifest]) -> None:
    print_table(
        ("snapshot", "resource", "company", "ids", "rows", "requests", "retries", "exact"),
        (
            (m.run_key, m.resource, m.company_id, m.unique_ids, m.rows, m.requests, m.retries, m.certificate["exact"])
            for m in manifests
        ),
    )


def _print_load(report: LoadReport) -> None:
    if not report.published:
        click.echo(f"{report.warehouse}: nothing new to load.")
        return
    print_table(
        ("table", "rows", "changed"), ((name, table.rows, table.changed) for name, table in report.tables.items())
    )
    click.echo(f"{report.warehouse}: published.")
