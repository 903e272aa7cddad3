"""Commands for the inbox of `huggy serve`: learn, status, replay."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import click

from huggy_connector.cli.options import INBOX_SETTINGS, as_json, settings_options
from huggy_connector.cli.output import print_json, print_table, say
from huggy_connector.clock import SYSTEM_CLOCK
from huggy_connector.errors import ConfigurationError

if TYPE_CHECKING:
    from huggy_connector.settings import Settings


@click.group()
def webhook() -> None:
    """The inbox of `huggy serve`: learn its token, see how it is, land it again."""


@webhook.command()
@settings_options("company_id", "state", *INBOX_SETTINGS)
def learn(*, settings: Settings) -> None:
    """Let `huggy serve` learn the token that Huggy's panel sends as its webhook is saved: within 15 minutes, once.

    Only a hash of the token is kept.

    Example: huggy webhook learn
    """
    from huggy_connector.webhook import InboxUpkeep

    with InboxUpkeep.open(settings.inbox_folder, create=True) as inbox:
        inbox.open_learning_window(settings.company_id, now=SYSTEM_CLOCK.now())
    say("For 15 minutes `huggy serve` takes the token of the next handshake: save the webhook in Huggy's panel now.")


@webhook.command()
@settings_options("state", "timezone", *INBOX_SETTINGS)
@as_json
def status(*, settings: Settings, as_json: bool) -> None:
    """Whether a receiver runs, what it received, and how much of it is not landed.

    Example: huggy webhook status
    """
    from huggy_connector.webhook.inbox_status import read_inbox_status

    current = read_inbox_status(settings.inbox_folder, now=SYSTEM_CLOCK.now())
    if as_json:
        print_json(asdict(current))
        return
    print_table(
        ("company", "events", "not landed", "oldest of them", "newest received", "token learned"),
        (
            (
                each.company_id,
                each.items,
                each.unlanded,
                _local(each.oldest_unlanded_at, settings.zone),
                _local(each.newest_received_at, settings.zone),
                each.has_learned_token,
            )
            for each in current.companies
        ),
        title="Inbox",
    )
    if current.refusals:
        print_table(("refused because", "times"), current.refusals.items(), title="Refusals")
    if current.is_learning:
        say("The token of the next handshake is learned.")
    up_until = _local(current.up_until, settings.zone)
    running = "A receiver runs" if current.is_receiving else "No receiver runs"
    last = "none ever did" if up_until is None else f"last heartbeat {up_until:%Y-%m-%d %H:%M:%S}"
    say(f"{current.folder}: {running}; {last} (times in {settings.timezone}).")


@webhook.command()
@click.option("--from", "start", required=True, metavar="TIME", help="The first received, such as 2026-11-22T07:00.")
@click.option(
    "--to", "end", required=True, metavar="TIME", help="The first not wanted any more. In the account's zone."
)
@settings_options("state", "timezone", *INBOX_SETTINGS)
@as_json
def replay(*, settings: Settings, start: str, end: str, as_json: bool) -> None:
    """Let the next landing take again what was received in a span of time, as far as the inbox still has it.

    The table `events` has each event once, however often it is landed.

    Example: huggy webhook replay --from 2026-11-22 --to 2026-11-23
    """
    from huggy_connector.webhook import InboxUpkeep

    first, last = _parse_time("--from", start, settings.zone), _parse_time("--to", end, settings.zone)
    if last <= first:
        raise ConfigurationError(f"--to {end!r} is not after --from {start!r}.")
    with InboxUpkeep.open(settings.inbox_folder) as inbox:
        items = inbox.replay(first, last, now=SYSTEM_CLOCK.now())
    if as_json:
        print_json({"items": items})
    else:
        say(f"{items:,} events are landed again by the next `huggy live` or `huggy sync`.")


def _parse_time(option: str, text: str, zone: ZoneInfo) -> datetime:
    try:
        time = datetime.fromisoformat(text.strip())
    except ValueError:
        raise ConfigurationError(f"{option} {text!r} is no time: write it as 2026-11-22 or 2026-11-22T07:00.") from None
    return time if time.tzinfo else time.replace(tzinfo=zone)


def _local(instant: datetime | None, zone: ZoneInfo) -> datetime | None:
    return None if instant is None else instant.astimezone(zone)
