"""One spelling for records whose keys Huggy spells in several ways: those of API v3. Pure."""

from collections.abc import Mapping
from typing import Any, Final

MESSAGE_KEYS: Final = {
    "body": "text",
    "send_at": "sendAt",
    "read_at": "readAt",
    "is_internal": "isInternal",
    "is_email": "isEmail",
    "sender_type": "senderType",
    "receiver_type": "receiverType",
}
"""Keys of a message in API v2, in the webhook and in old rows of v3, and the keys of v3 for the same."""


def respell(row: Mapping[str, Any], keys: Mapping[str, str]) -> Mapping[str, Any]:
    """Return the row with `keys` (as received: as wanted) in place, in the order received.

    A key whose wanted one is there too stays as it is, so nothing is lost.
    """
    changes = {key for key in keys if key in row and keys[key] not in row}
    if not changes:
        return row
    return {keys[key] if key in changes else key: value for key, value in row.items()}


def respell_message(item: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return a message of API v2 or of the webhook with the keys of API v3."""
    return respell(item, MESSAGE_KEYS)
