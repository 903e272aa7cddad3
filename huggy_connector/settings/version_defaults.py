"""The defaults that follow the version of the API, and the address that belongs to another version."""

from collections.abc import Mapping
from typing import Final
from urllib.parse import urlsplit

from huggy_connector.settings.texts import quote_value

_DEFAULTS: Final[Mapping[str, Mapping[str, str]]] = {
    "v2": {"base_url": "https://api.huggy.app/v2", "language": "pt-br"},
}
"""What API v2 has instead of the defaults of the fields. Its language differs from account to account unless it is
asked for.
"""


def defaults_of_version(version: str) -> Mapping[str, str]:
    """Return the settings of a version whose default is another one than that of the field."""
    return _DEFAULTS.get(version, {})


def find_foreign_address(base_url: str, version: str) -> str:
    """Return the sentence about a base URL that ends in the name of another version; empty if it does not."""
    last = urlsplit(base_url).path.rstrip("/").rpartition("/")[2]
    if last not in {"v2", "v3"} - {version}:
        return ""
    return (
        f"HUGGY_BASE_URL{quote_value(base_url)}: it is the address of API {last}, and HUGGY_API_VERSION is {version}: "
        "set both for the same version, or leave the address out."
    )
