"""The command live: what the webhook told goes into the warehouse, round after round."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

from huggy_connector.cli.options import (
    API_SETTINGS,
    BUDGET_SETTINGS,
    INBOX_SETTINGS,
    LANDING_SETTINGS,
    WAREHOUSE_SETTINGS,
    as_json,
    settings_options,
)
from huggy_connector.cli.output import note, print_json, say, show_progress
from huggy_connector.errors import ConfigurationError

if TYPE_CHECKING:
    from huggy_connector.pipeline import RoundReport
    from huggy_connector.settings import Settings


@click.command()
@click.option(
    "--every",
    type=click.FloatRange(min=0),
    metavar="SECONDS",
    help="The least time between two rounds; longer where publishing would take more than a third of the time.",
)
@click.option("--once", is_flag=True, help="One round, and no more.")
@settings_options(*API_SETTINGS, *BUDGET_SETTINGS, *INBOX_SETTINGS, *LANDING_SETTINGS, *WAREHOUSE_SETTINGS)
@as_json
def live(*, settings: Settings, every: float | None, once: bool, as_json: bool) -> None:
    """Land what `huggy serve` received, read again what it touched, and load both: until Ctrl-C, or once.

    \b
    Examples: huggy live
              huggy live --every 10
              huggy live --once --json
    """
    from huggy_connector.pipeline import Pipeline
    from huggy_connector.webhook.inbox_reader import InboxReader

    if not InboxReader.exists(settings.inbox_folder):
        raise ConfigurationError(
            f"There is no inbox in {settings.inbox_folder}: start `huggy serve` there first, or set HUGGY_INBOX to its "
            "folder."
        )
    show = _print_json_line if as_json else _print_round
    with show_progress() as progress:
        pipeline = Pipeline(settings, progress)
        if once:
            report = pipeline.live_once()
            show(report)
            if report.error is not None:
                raise report.error
        else:
            pipeline.live(every=every, announce=show)


def _print_round(report: RoundReport) -> None:
    if report.error is not None:
        note(f"Warning: {report.error}")
    for warning in () if report.load is None else report.load.warnings:
        note(f"Warning: {warning}")
    if report.snapshots or report.load is not None:
        say(_describe_round(report))


def _describe_round(report: RoundReport) -> str:
    touched = ", ".join(f"{_count(count, name)} read again" for name, count in report.touched.items())
    told = f"{_count(report.received, 'events')} received ({report.kept:,} new)"
    published = "nothing to publish"
    if report.load is not None and report.load.published:
        published = f"version {report.load.version} published"
    return f"{'; '.join(filter(None, (told, touched, published)))}."


def _count(number: int, name: str) -> str:
    """Return a number with what it counts."""
    return f"{number:,} {name.removesuffix('s') if number == 1 else name}"


def _print_json_line(report: RoundReport) -> None:
    fields: dict[str, Any] = {
        name: getattr(report, name) for name in ("received", "kept", "doubled", "refused", "touched")
    }
    fields["snapshots"] = [manifest.address for manifest in report.snapshots]
    fields["error"] = None if report.error is None else str(report.error)
    fields["load"] = None if report.load is None else asdict(report.load)
    print_json(fields)
