"""The command `huggy act`: an action by its name, and list, status, resolve, stop for campaigns."""

from __future__ import annotations

import copy
import getpass
import sys
from functools import partial
from typing import TYPE_CHECKING, Any

import click

from huggy_connector.cli.act.show import (
    describe_action,
    show_campaigns,
    show_plan,
    show_report,
    show_status,
)
from huggy_connector.cli.options import (
    API_SETTINGS,
    BUDGET_SETTINGS,
    INBOX_SETTINGS,
    LANDING_SETTINGS,
    LEDGER_SETTINGS,
    as_json,
    settings_options,
)
from huggy_connector.cli.output import note, print_json, say, show_progress, show_prompt
from huggy_connector.errors import CampaignStopped, ConfigurationError

if TYPE_CHECKING:
    from huggy_connector.pipeline.campaigns import CampaignRequest, Campaigns
    from huggy_connector.settings import Settings

PLACE = "ACTION"
"""How the list of commands shows the actions."""
_ALL_SETTINGS = (
    *API_SETTINGS,
    *BUDGET_SETTINGS,
    *LEDGER_SETTINGS,
    *LANDING_SETTINGS,
    *INBOX_SETTINGS,
    "warehouse",
    "calendar",
)


class ActGroup(click.Group):
    """A group that knows each action as a command too. The catalogue is imported when an action is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return [PLACE, *super().list_commands(ctx)]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        found = super().get_command(ctx, cmd_name)
        return found or _action_command(cmd_name)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the actions too, each with what it does."""
        from huggy_connector.catalogue.actions import ACTIONS

        super().format_commands(ctx, formatter)
        with formatter.section("Actions"):
            formatter.write_dl([(name, action.comment.en) for name, action in ACTIONS.items()])


def _action_command(name: str) -> click.Command:
    """Return the command of an action. Raises ConfigurationError with all names."""
    from huggy_connector.catalogue.actions import get_action

    command = copy.copy(perform)
    command.name = name
    if name == PLACE:
        return command
    action = get_action(name)
    command.callback = partial(_callback_of(perform), action=name)
    command.help = describe_action(action)
    return command


def _callback_of(command: click.Command) -> Any:
    return command.callback


@click.group(cls=ActGroup)
def act() -> None:
    """Write to Huggy: an action for each row of a query, never twice; and see what became of it.

    \b
    Examples: huggy act close_chat --query "SELECT id FROM chats WHERE unread = 0" --campaign idle-2026-11 --dry-run
              huggy act send_message --id 700001 --set text="Bom dia" --campaign hello --dry-run
              huggy act status idle-2026-11
    """


@click.command()
@click.option("--query", "sql", metavar="SQL", help="One SELECT on the warehouse: a row is done once, its columns are "
              "the action's fields.")  # fmt: skip
@click.option("--id", "row_id", type=click.IntRange(min=1), help="Instead of a query: the id of one chat or contact.")
@click.option("--set", "shared", multiple=True, metavar="KEY=VALUE", help="A field that is the same for all rows.")
@click.option("--campaign", required=True, metavar="NAME", help="The name under which nothing is done twice.")
@click.option("--dry-run", is_flag=True, help="Read the chats, ask all rules, show the requests: write nothing.")
@click.option("--yes", is_flag=True, help="Do not ask before the first request.")
@click.option(
    "--max-rows",
    type=click.IntRange(min=1),
    default=100,
    show_default=True,
    metavar="N",
    help="More rows than these are refused before anything is done.",
)
@settings_options(*_ALL_SETTINGS)
@as_json
def perform(
    *,
    settings: Settings,
    sql: str | None,
    row_id: int | None,
    shared: tuple[str, ...],
    campaign: str,
    dry_run: bool,
    yes: bool,
    max_rows: int,
    as_json: bool,
    action: str = PLACE,
) -> int:
    """Do an action once for each row of a query, or for one chat or contact.

    Without --yes it shows the plan and asks. The same call goes on where it was killed; new rows are added.
    Exit code 0: nothing is left to do; 1: rows wait, or a person must decide.

    \b
    Examples: huggy act close_chat --query "SELECT id FROM chats WHERE unread = 0" --campaign idle-2026-11 --dry-run
              huggy act close_chat --query SQL --campaign idle-2026-11 --max-rows 500 --yes
              huggy act send_message --id 700001 --set text="Bom dia" --campaign hello --yes --json
    """
    from huggy_connector.pipeline.campaigns import CampaignRequest, Campaigns, parse_shared

    request = CampaignRequest(
        action=action,
        campaign=campaign,
        query=sql,
        row_id=row_id,
        shared=parse_shared(shared),
        most_rows=max_rows,
        asked_by=name_user(),
    )
    request.check()
    if dry_run:
        with show_progress() as progress:
            plan = Campaigns(settings, progress).plan(request, reads=True)
        print_json(plan.as_json()) if as_json else show_plan(plan)
        return 0
    if not yes and not _is_agreed(Campaigns(settings), request):
        return 1
    with show_progress() as progress:
        report = Campaigns(settings, progress).run(request)
    print_json(report.as_json()) if as_json else show_report(report)
    return 0 if report.is_finished else 1


def _is_agreed(campaigns: Campaigns, request: CampaignRequest) -> bool:
    """Show the plan, and ask. What is planned now is what is done after a yes.

    No progress is shown meanwhile: a bar that is drawn anew would wipe the question out.
    """
    plan = campaigns.plan(request)
    show_plan(plan, to=note)
    if not sys.stdin.isatty():
        raise ConfigurationError("Nothing was sent: nobody is here to say yes. Add --yes once you have seen the plan.")
    show_prompt(f"Do this for {plan.would_send:,} rows? [y/N] ")
    if sys.stdin.readline().strip().lower() not in {"y", "yes", "s", "sim"}:
        note("Nothing was sent.")
        return False
    if campaigns.keep(request).new != plan.new:
        raise CampaignStopped("The query returns other rows now than in the plan: nothing was sent, look at it again.")
    return True


def name_user() -> str:
    """Return who asks, for the records."""
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):  # a container without a user's name
        return "unknown"


@act.command("list")
@settings_options(*_ALL_SETTINGS)
@as_json
def list_campaigns(*, settings: Settings, as_json: bool) -> None:
    """The campaigns, the newest first, with how many rows were sent.

    Example: huggy act list
    """
    from huggy_connector.pipeline.campaigns import Campaigns

    show_campaigns(Campaigns(settings).list_campaigns(), zone=settings.zone, as_json=as_json)


@act.command()
@click.argument("campaign")
@settings_options(*_ALL_SETTINGS)
@as_json
def status(*, settings: Settings, campaign: str, as_json: bool) -> int:
    """A campaign as it stands. What is unknown is read back first.

    Example: huggy act status idle-2026-11
    """
    from huggy_connector.pipeline.campaigns import Campaigns

    found = Campaigns(settings).status(campaign)
    print_json(found.as_json()) if as_json else show_status(found)
    return 0 if found.report.is_finished else 1


@act.command()
@click.argument("campaign")
@click.option("--row", "row_id", type=click.IntRange(min=1), help="The row that you decide.")
@click.option("--as", "decision", type=click.Choice(["sent", "not-sent"]), help="What became of it: not-sent frees it.")
@settings_options(*_ALL_SETTINGS)
@as_json
def resolve(*, settings: Settings, campaign: str, row_id: int | None, decision: str | None, as_json: bool) -> int:
    """Read back what is unknown, then list what a person must decide; with --row, decide it.

    \b
    Examples: huggy act resolve idle-2026-11
              huggy act resolve idle-2026-11 --row 12 --as sent
    """
    from huggy_connector.pipeline.campaigns import Campaigns

    found = Campaigns(settings).resolve(
        campaign, row_id=row_id, as_sent=None if decision is None else decision == "sent", by=name_user()
    )
    print_json(found.as_json()) if as_json else show_status(found)
    return 0 if found.report.is_finished else 1


@act.command()
@click.argument("campaign")
@click.option("--lift", is_flag=True, help="Let a campaign that was stopped go on.")
@settings_options(*_ALL_SETTINGS)
def stop(*, settings: Settings, campaign: str, lift: bool) -> None:
    """Stop a campaign, in whatever process it runs. Answers under way are still recorded.

    \b
    Examples: huggy act stop idle-2026-11
              huggy act stop idle-2026-11 --lift
    """
    from huggy_connector.pipeline.campaigns import Campaigns

    Campaigns(settings).stop(campaign, lift=lift)
    say(f"{campaign} may go on: run it again." if lift else f"{campaign} is stopped: nothing more of it is sent.")
