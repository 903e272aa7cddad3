"""Which settings, variables and options of an object store are secrets."""

import re

from huggy_connector.settings.places import has_password
from huggy_connector.settings.source_names import name_variable

SECRETS = (
    "access_token",
    "client_secret",
    "refresh_token",
    "hash_key",
    "landing_access",
    "webhook_token",
    "webhook_path",
    "flow_secret",
)
"""Settings without a command line flag, masked in every repr."""


def is_store_secret(option: str) -> bool:
    """Say whether an option of an object store is a secret, by its name."""
    return re.search("key|secret|token|password|sas", option, re.IGNORECASE) is not None


def is_secret_variable(name: str, value: str) -> bool:
    """Say whether nobody else may read this variable: it is a secret, or an address with a password."""
    return bool(value) and (name in map(name_variable, SECRETS) or has_password(value))
