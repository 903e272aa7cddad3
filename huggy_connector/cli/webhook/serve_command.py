"""The command serve: it takes what Huggy's webhook sends."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from huggy_connector.cli.options import INBOX_SETTINGS, LANDING_SETTINGS, settings_options
from huggy_connector.cli.output import note
from huggy_connector.extras import require

if TYPE_CHECKING:
    from huggy_connector.settings import Settings


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen at.")
@click.option("--port", default=8088, show_default=True, type=click.IntRange(0, 65535), help="0 takes a free one.")
@settings_options("company_id", "state", *INBOX_SETTINGS, *LANDING_SETTINGS)
def serve(*, settings: Settings, host: str, port: int) -> None:
    """Take what Huggy's webhook sends, and keep it on the disk before it is answered: until Ctrl-C.

    The address in Huggy's panel is https://YOUR-HOST/webhook/COMPANY, behind a proxy that speaks TLS.
    HUGGY_WEBHOOK_TOKEN has the panel's token; where it is not known yet, `huggy webhook learn` takes it from the
    panel's first request.

    \b
    Examples: huggy serve
              huggy serve --host 0.0.0.0 --port 8080
    """
    require("serve", subject="huggy serve")
    from huggy_connector.serve import serve as run_server

    run_server(settings, host=host, port=port, note=note)
