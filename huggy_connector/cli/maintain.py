"""Commands for now and then: rebuild, rollback, compact, forget."""

from dataclasses import asdict
from datetime import timedelta
from functools import partial

import click

from huggy_connector import maintenance
from huggy_connector.cli.options import LANDING, WAREHOUSE, as_json, settings_options
from huggy_connector.cli.show import print_json, print_table, progress, say
from huggy_connector.maintenance import Judgement
from huggy_connector.settings import Settings
from huggy_connector.warehouse import RollbackReport


@click.command()
@settings_options(*LANDING, *WAREHOUSE, "timezone")
@as_json
def rebuild(*, settings: Settings, as_json: bool) -> None:
    """Make the DuckDB file anew from the landing alone. Readers are not disturbed; asks the API nothing.

    Example: huggy rebuild
    """
    with progress() as shown:
        report = maintenance.rebuild(settings, progress=shown)
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
@settings_options(*LANDING, *WAREHOUSE)
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
    judgement = Judgement(block, unblock, accept)
    if judgement:
        if to is not None:
            raise click.UsageError(
                "--to goes back; --block, --unblock and --accept only decide: give one or the other."
            )
        verdicts = maintenance.judge(settings, judgement)
        if as_json:
            print_json({"blocked": sorted(verdicts.blocked), "accepted": sorted(verdicts.accepted)})
        else:
            say(
                f"{len(verdicts.blocked)} snapshots are blocked, {len(verdicts.accepted)} accepted. "
                "Next: huggy load, or huggy rebuild for what is loaded."
            )
        return
    with progress() as shown:
        maintenance.rollback(settings, to=to, tell=partial(_tell_rollback, as_json=as_json), progress=shown)


def _tell_rollback(report: RollbackReport, *, as_json: bool) -> None:
    if as_json:
        print_json(asdict(report))
        return
    for address in report.blocked:
        say(f"Blocked: {address.removesuffix('/manifest.json')}")
    for warning in report.warnings:
        say(f"Warning: {warning}")
    done = "" if report.published else " That was done before; nothing more has changed."
    say(f"{report.warehouse}: version {report.version} holds what version {report.to} held.{done}")


@click.command()
@click.option(
    "--older-than",
    type=click.IntRange(min=0),
    default=maintenance.AGE.days,
    show_default=True,
    metavar="DAYS",
    help="Leave alone what was landed since.",
)
@settings_options(*LANDING)
@as_json
def compact(*, settings: Settings, older_than: int, as_json: bool) -> None:
    """Put the many small snapshots of the landing into few files, for a rebuild in minutes. Asks the API nothing.

    Nothing else changes: loads, rebuilds and `huggy forget` see the same snapshots. The files that were replaced are
    deleted by the first call a day later. Once a month is often enough.

    Example: huggy compact --older-than 30
    """
    with progress() as shown:
        done = maintenance.compact(settings, older_than=timedelta(days=older_than), progress=shown)
    if as_json:
        print_json(asdict(done))
        return
    if done.packs:
        say(f"{done.snapshots:,} snapshots of {done.rows:,} rows are in {done.packs:,} packs now.")
    if done.deleted:
        say(f"{done.deleted:,} snapshots and packs that lie in newer packs were deleted.")
    if not done.packs and not done.deleted:
        say(f"{settings.landing}: there is nothing to put together.")


@click.command()
@click.option("--contact", type=click.IntRange(min=1), help="Huggy's id of the person: contacts.id.")
@click.option(
    "--again", is_flag=True, help="Everyone who was forgotten before, out of snapshots put back from a backup."
)
@settings_options("company_id", *LANDING, *WAREHOUSE, "timezone")
@as_json
def forget(*, settings: Settings, contact: int | None, again: bool, as_json: bool) -> None:
    """Erase one person from landing, warehouse and kept versions for good. It cannot be undone; asks the API nothing.

    HUGGY_HASH_KEY must be set: no later landing with it brings the person back.

    \b
    Examples: huggy forget --contact 800001
              huggy forget --again
    """
    if again == (contact is not None):
        raise click.UsageError("Give --contact with the id of the person, or --again.")
    with progress() as shown:
        if contact is None:
            receipt = maintenance.forget_again(settings, progress=shown)
        else:
            receipt = maintenance.forget(settings, contact, progress=shown)
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
