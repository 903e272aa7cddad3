"""Where the webhook is served: unless only flows are set up."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from huggy_connector.clock import SYSTEM_CLOCK
from huggy_connector.errors import InboxBusy
from huggy_connector.serve import HuggyServer
from huggy_connector.serve.webhook_service import is_webhook_configured
from huggy_connector.settings import Settings
from huggy_connector.webhook import Inbox, InboxUpkeep
from tests.integration.serve.senders import settings_in

SECRET = "a-secret-of-flows-0123456789"


def test_a_webhook_is_configured_by_its_settings_or_by_its_inbox(tmp_path: Path) -> None:
    settings = Settings(state=str(tmp_path), flow_secret=SECRET)
    assert not is_webhook_configured(settings)
    assert is_webhook_configured(Settings(state=str(tmp_path), webhook_path="secret"))
    with InboxUpkeep.open(settings.inbox_folder, create=True):
        pass
    assert is_webhook_configured(settings)


def test_a_server_that_cannot_have_the_inbox_leaves_the_port_free(tmp_path: Path) -> None:
    settings = settings_in(tmp_path)
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    with Inbox.open(settings.inbox_folder, now=SYSTEM_CLOCK.now):
        with pytest.raises(InboxBusy):
            HuggyServer(settings, port=port)
        with socket.create_server(("127.0.0.1", port)) as free:
            assert free.getsockname()[1] == port
