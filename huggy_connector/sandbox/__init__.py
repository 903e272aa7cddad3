"""A stand-in of the Huggy API over real HTTP: for the demo, for tests, and to try one's own DAGs without an account.

`Options` says what the account looks like and what goes wrong. `Sandbox` runs it in a thread. `serve` runs it until a
signal stops it. The sandbox imports nothing of the connector but the sentence that names its extra. Importing this
package imports no server.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from huggy_connector.sandbox.fault_kinds import parse_shares, parse_write_shares
    from huggy_connector.sandbox.options import OPTION_HELP, Options
    from huggy_connector.sandbox.server.running import Sandbox, serve
    from huggy_connector.sandbox.webhook_kinds import parse_disorders

__all__ = ["OPTION_HELP", "Options", "Sandbox", "parse_disorders", "parse_shares", "parse_write_shares", "serve"]

_MODULES = {
    "OPTION_HELP": "options",
    "Options": "options",
    "Sandbox": "server.running",
    "parse_disorders": "webhook_kinds",
    "parse_shares": "fault_kinds",
    "parse_write_shares": "fault_kinds",
    "serve": "server.running",
}


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)
