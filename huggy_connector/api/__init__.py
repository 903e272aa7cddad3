"""The API. `protocol` is pure, `http` sends requests, `sender` keeps to the budget, `client` repeats what reads, and
`writes` sends what changes something, once.
"""

from huggy_connector.api.auth.credentials import choose_credentials
from huggy_connector.api.client import Client, FetchedPage
from huggy_connector.api.open_client import (
    ActionsClient,
    log_in,
    open_actions_client,
    open_client,
    read_account,
    read_budget,
)
from huggy_connector.api.protocol import Profile
from huggy_connector.api.run_clock import CLOCK_TOLERANCE

__all__ = [
    "CLOCK_TOLERANCE",
    "ActionsClient",
    "Client",
    "FetchedPage",
    "Profile",
    "choose_credentials",
    "log_in",
    "open_actions_client",
    "open_client",
    "read_account",
    "read_budget",
]
