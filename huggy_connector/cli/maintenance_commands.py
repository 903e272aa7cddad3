"""Commands for maintenance: rebuild, rollback, compact, forget."""

from __future__ import annotations

from dataclasses import asdict
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING

import click

from huggy_connector.cli.options import LANDING_SETTINGS, WAREHOUSE_SETTINGS, as_json, settings_options
from huggy_connector.cli.output import print_json, print_table, say, show_progress

if TYPE_CHECKING:
    from huggy_connector.settings import Settings
    from huggy_connector.warehouse import RollbackReport

COMPACT_AGE_DAYS = 7
"""Days, as `maintenance.MIN_AGE`, which is imported when the command runs."""


@click.command()
@settings_options(*LANDING_SETTINGS, *WAREHOUSE_SETTINGS, "timezone")
@as_json
def rebuild(*, settings: Settings, as_json: bool) -> None:
    """Rebuild the DuckDB file from the landing alone. Readers are not disturbed. No request is sent to the API.

    Example: huggy rebuild
    """
    from huggy_connector.pipeline import Pipeline

    with show_progress() as progress:
        report = Pipeline(settings, progress).rebuild()
    if as_json:
        print_json(asdict(report))
        return
    print_table(("table", "rows"), ((name, table.rows) for name, table in report.tables.items()))
    for warning in report.warnings:
        say(f"Warning: {warning}")
    say(f"{report.warehouse}: rebuilt as version {report.version}.")


@click.command()
@click.option("--to", type=click.IntRange(min=1), help="Version to go back to; the one before if not given.")
@click.option(
    "--block",
    multiple=True,
    metavar="RUN_KEY",
    help="Only: load this snapshot no more; one that is loaded leaves at a rebuild.",
)
@click.option("--unblock", multiple=True, metavar="RUN_KEY", help="Only: let the next load take this snapshot.")
@click.option("--accept", multiple=True, metavar="RUN_KEY", help="Only: believe this sweep, however much it misses.")
@settings_options(*LANDING_SETTINGS, *WAREHOUSE_SETTINGS)
@as_json
def rollback(
    *,
    settings: Settings,
    to: int | None,
    block: tuple[str, ...],
    unblock: tuple[str, ...],
    accept: tuple[str, ...],
    as_json: bool,
) -> None:
    """Publish a kept version of the DuckDB file again, and block the snapshots that were loaded since.

    \b
    Examples: huggy rollback
              huggy rollback --to 41
              huggy rollback --unblock 20261122T070000Z-full-1a2b3c4d
    """
    from huggy_connector.maintenance import Decision
    from huggy_connector.pipeline import Pipeline

    decision = Decision(block, unblock, accept)
    if decision:
        if to is not None:
            raise click.UsageError(
                "--to goes back; --block, --unblock and --accept only decide: give one or the other."
            )
        decisions = Pipeline(settings).record_decision(decision)
        if as_json:
            print_json({"blocked": sorted(decisions.blocked), "accepted": sorted(decisions.accepted)})
        else:
            say(
                f"{len(decisions.blocked)} snapshots are blocked, {len(decisions.accepted)} accepted. "
                "Next: huggy load, or huggy rebuild for what is loaded."
            )
        return
    with show_progress() as progress:
        Pipeline(settings, progress).rollback(to=to, announce=partial(_print_rollback, as_json=as_json))


def _print_rollback(report: RollbackReport, *, as_json: bool) -> None:
    if as_json:
        print_json(asdict(report))
        return
    for address in report.blocked:
        say(f"Blocked: {address.removesuffix('/manifest.json')}")
    for warning in report.warnings:
        say(f"Warning: {warning}")
    hint = "" if report.published else " That was done before; nothing more has changed."
    say(f"{report.warehouse}: version {report.version} holds what version {report.to} held.{hint}")


@click.command()
@click.option(
    "--older-than",
    type=click.IntRange(min=0),
    default=COMPACT_AGE_DAYS,
    show_default=True,
    metavar="DAYS",
    help="Leave alone what was landed since.",
)
@settings_options(*LANDING_SETTINGS)
@as_json
def compact(*, settings: Settings, older_than: int, as_json: bool) -> None:
    """Put the many small snapshots of the landing into few files, for a rebuild in minutes.

    Nothing else changes: loads, rebuilds and `huggy forget` see the same snapshots. The files that were replaced are
    deleted by the first call a day later. Once a month is often enough. No request is sent to the API.

    Example: huggy compact --older-than 30
    """
    from huggy_connector.pipeline import Pipeline

    with show_progress() as progress:
        report = Pipeline(settings, progress).compact(older_than=timedelta(days=older_than))
    if as_json:
        print_json(asdict(report))
        return
    if report.packs:
        say(f"{report.snapshots:,} snapshots of {report.rows:,} rows are in {report.packs:,} packs now.")
    if report.deleted:
        say(f"{report.deleted:,} snapshots and packs that lie in newer packs were deleted.")
    if not report.packs and not report.deleted:
        say(f"{settings.landing}: there is nothing to put together.")


@click.command()
@click.option("--contact", type=click.IntRange(min=1), help="Huggy's id of the person: contacts.id.")
@click.option(
    "--again", is_flag=True, help="Everyone who was forgotten before, out of snapshots put back from a backup."
)
@settings_options("company_id", *LANDING_SETTINGS, *WAREHOUSE_SETTINGS, "timezone")
@as_json
def forget(*, settings: Settings, contact: int | None, again: bool, as_json: bool) -> None:
    """Erase one person from landing, warehouse and kept versions for good. It cannot be undone.

    HUGGY_HASH_KEY must be set: no later landing with it brings the person back. No request is sent to the API.

    \b
    Examples: huggy forget --contact 800001
              huggy forget --again
    """
    from huggy_connector.pipeline import Pipeline

    if again == (contact is not None):
        raise click.UsageError("Give --contact with the id of the person, or --again.")
    with show_progress() as progress:
        if contact is None:
            receipt = Pipeline(settings, progress).forget_again()
        else:
            receipt = Pipeline(settings, progress).forget(contact)
    if as_json:
        print_json(asdict(receipt))
        return
    print_table(
        ("where", "files", "rows removed", "rows changed"),
        (
            ("landing", len(receipt.snapshots), receipt.rows_removed, receipt.rows_changed),
            (
                "warehouse",
                len(receipt.warehouse_files),
                receipt.warehouse_rows_removed,
                receipt.warehouse_rows_changed,
            ),
        ),
    )
    say(f"The receipt is {receipt.address} of the landing.")
