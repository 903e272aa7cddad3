"""Commands that need no account: the stand-in API, and a demo that runs against it."""

import shlex
from collections.abc import Callable
from dataclasses import MISSING, Field, fields
from pathlib import Path
from typing import Any, get_type_hints

import click

from huggy_connector.cli.options import LocalPath
from huggy_connector.cli.output import print_table, say, show_progress
from huggy_connector.errors import ConfigurationError
from huggy_connector.extras import require
from huggy_connector.sandbox import Options, parse_disorders, parse_shares, parse_write_shares

DEMO_QUERY = """
SELECT created_at_local::DATE AS day,
       count(*) FILTER (channel LIKE 'whatsapp%') AS whatsapp,
       count(*) FILTER (channel = 'widget') AS widget,
       count(*) FILTER (channel = 'instagram') AS instagram,
       count(*) FILTER (channel = 'email') AS email,
       count(*) FILTER (channel NOT LIKE 'whatsapp%' AND channel NOT IN ('widget', 'instagram', 'email')) AS others,
       count(*) AS chats
FROM chats GROUP BY day ORDER BY day DESC LIMIT 10
"""
_TYPES = {"int": int, "float": float, "str": str}
_SHARES = {"faults": "FAULT=SHARE,...", "write_faults": "FAULT=SHARE,...", "webhook_disorders": "DISORDER=SHARE,..."}


def _sandbox_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add an option for each field of `Options`."""
    for option in reversed(fields(Options)):
        command = _create_option(option)(command)
    return command


def _create_option(option: Field[Any]) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    flag, help_text = f"--{option.name.replace('_', '-')}", option.metadata["help"]
    if option.name in _SHARES:
        return click.option(flag, default="", metavar=_SHARES[option.name], help=help_text)
    if get_type_hints(Options)[option.name] is bool:
        return click.option(f"{flag}/--no-{option.name.replace('_', '-')}", default=option.default, help=help_text)
    default = None if option.default is MISSING else option.default
    kind = _TYPES[str(option.type).split(" |", maxsplit=1)[0]]
    is_shown = default not in (None, "")
    return click.option(flag, type=kind, default=default, show_default=is_shown, help=help_text)


@click.command()
@_sandbox_options
@click.option("--port", default=8021, show_default=True, type=click.IntRange(0, 65535), help="0 takes a free one.")
def sandbox(*, port: int, faults: str, write_faults: str, webhook_disorders: str, **options: Any) -> None:
    """Run a stand-in Huggy API on loopback, until Ctrl-C. It prints the lines that point `huggy` at it.
    It takes writes and reaches nobody. With --webhook it sends events too.

    \b
    Examples: huggy sandbox
              huggy sandbox --chats 200000 --arrivals-per-second 5 --latency-ms 150 --faults 500=0.02,reset=0.01
              huggy sandbox --write-faults 500=0.05,reset=0.05 --closed-windows 0.2
              huggy sandbox --webhook http://127.0.0.1:8088/webhook/4242 --webhook-disorders all=0.05
    """
    require("sandbox", subject="huggy sandbox")
    from huggy_connector.sandbox import serve

    try:
        options |= {"faults": parse_shares(faults), "write_faults": parse_write_shares(write_faults)}
        options |= {"webhook_disorders": parse_disorders(webhook_disorders)}
        serve(Options(**options), port=port, ready=lambda text: say(*text.splitlines()))
    except ValueError as error:
        raise ConfigurationError(str(error)) from None
    except OSError:
        raise ConfigurationError(f"Port {port} is taken: choose another with --port, or 0 for a free one.") from None


@click.command()
@click.option("--chats", default=8_000, show_default=True, type=click.IntRange(min=1), help="Chats to make up.")
@click.option(
    "--folder",
    default="huggy-demo",
    show_default=True,
    type=LocalPath(file_okay=False),
    help="Where landing and DuckDB file are put.",
)
def demo(*, chats: int, folder: Path) -> None:
    """From an invented account to an answer in DuckDB, at the API's real limit, in under a minute.

    Example: huggy demo
    """
    require("sandbox", subject="huggy demo")
    from huggy_connector.pipeline import Pipeline
    from huggy_connector.sandbox import Sandbox
    from huggy_connector.settings import Settings
    from huggy_connector.warehouse.read import queries

    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigurationError(
            f"The folder {folder} cannot be made ({error.strerror}): choose another with --folder."
        ) from None
    warehouse = folder / "huggy.duckdb"
    with Sandbox(Options(chats=chats)) as stand_in, show_progress() as progress:
        progress.note(f"A stand-in Huggy with {chats:,} invented chats answers at {stand_in.url}.")
        settings = Settings.resolve(
            explicit={
                "base_url": stand_in.url,
                "auth_url": stand_in.auth_url,
                "access_token": stand_in.token,
                "landing": str(folder / "landing"),
                "warehouse": str(warehouse),
                "state": str(folder / "state"),
            },
            environ={},
        )
        report = Pipeline(settings, progress).sync(idempotency_key="huggy demo")
    manifest = next(each for each in report.snapshots if each.resource == "chats")
    answer = queries.query(warehouse, DEMO_QUERY)
    print_table(answer.columns, answer.rows, title="Chats a day by channel")
    rate = manifest.rows / (manifest.finished_at - manifest.started_at).total_seconds()
    say(f"{rate:,.0f} chats a second; the API's limit allows 400. The file is {warehouse}. Ask it something:")
    say(f'  huggy query --warehouse {shlex.quote(str(warehouse))} "FROM meta.freshness"')
