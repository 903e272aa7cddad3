"""The server of `huggy serve`, in a thread of its own."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from huggy_connector.serve import HuggyServer
from huggy_connector.settings import Settings


@contextmanager
def running_server(folder: Path) -> Iterator[HuggyServer]:
    """Run a receiver of company 4242 with a token and a secret address. Inbox and landing are in the folder."""
    settings = Settings(
        company_id=4242,
        webhook_token="0123456789abcdef0123456789abcdef",
        webhook_path="a-secret-path",
        inbox=str(folder / "inbox"),
        landing=str(folder / "landing"),
    )
    with HuggyServer(settings) as server:
        thread = threading.Thread(target=server.run)
        thread.start()
        try:
            yield server
        finally:
            server.stop()
            thread.join()
