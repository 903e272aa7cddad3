"""The command serve: it takes what Huggy's webhook sends, and answers its flows."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from huggy_connector.cli.options import FLOW_SETTINGS, INBOX_SETTINGS, LANDING_SETTINGS, settings_options
from huggy_connector.cli.output import note
from huggy_connector.extras import require

if TYPE_CHECKING:
    from huggy_connector.settings import Settings


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen at.")
@click.option("--port", default=8088, show_default=True, type=click.IntRange(0, 65535), help="0 takes a free one.")
@settings_options("company_id", "timezone", "state", *INBOX_SETTINGS, *LANDING_SETTINGS, "warehouse", *FLOW_SETTINGS)
def serve(*, settings: Settings, host: str, port: int) -> None:
    """Take what Huggy's webhook sends, and answer its flows from the warehouse: until Ctrl-C.

    The webhook: what comes is on the disk before it is answered. The address in Huggy's panel is
    https://YOUR-HOST/webhook/COMPANY, behind a proxy that speaks TLS. HUGGY_WEBHOOK_TOKEN has the panel's token;
    where it is not known yet, `huggy webhook learn` takes it from the panel's first request.

    The flows, where HUGGY_FLOW_SECRET is set: the step "Enviar requisição" of a flow asks
    https://YOUR-HOST/flow/customer with the secret in the header X-Huggy-Secret, and gets who the customer is.
    HUGGY_FLOW_QUERIES names a folder of further queries. Where nothing of the webhook is set, only flows are answered.

    \b
    Examples: huggy serve
              huggy serve --host 0.0.0.0 --port 8080
              huggy serve --flow-queries ./flows --warehouse ./huggy.duckdb
    """
    require("serve", subject="huggy serve")
    from huggy_connector.serve import serve as run_server

    run_server(settings, host=host, port=port, note=note)
