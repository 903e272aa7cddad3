"""A manifest for tests, of which a test names only the fields that it is about."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from huggy_connector.landing import Manifest
from huggy_connector.model import Certificate, Mode

STARTED_AT = datetime(2026, 11, 22, 7, tzinfo=UTC)


def make_manifest(**fields: Any) -> Manifest:
    """Return the manifest of a full sweep of chats that found nothing, with these fields instead."""
    return Manifest(
        **{
            "resource": "chats",
            "company_id": 42,
            "run_key": "20261122T070000Z-full-1a2b3c4d",
            "mode": Mode.FULL,
            "window": None,
            "started_at": STARTED_AT,
            "finished_at": STARTED_AT,
            "rows": 0,
            "unique_ids": 0,
            "keyless": 0,
            "pages": 1,
            "requests": 1,
            "retries": 0,
            "certificate": Certificate(exact=True),
            "schema_fingerprint": "0123456789abcdef",
            "files": (),
            **fields,
        }
    )
