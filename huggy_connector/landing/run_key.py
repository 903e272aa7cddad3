"""The run key, which names a snapshot: when its landing first started, its mode, and the hash of its request."""

import re
from datetime import UTC, datetime

from huggy_connector.landing.landing_request import LandingRequest
from huggy_connector.model import Mode

RUN_KEY_PATTERN = r"[0-9]{8}T[0-9]{6}Z-[a-z]+-[0-9a-f]{8}"


def make_run_key(started_at: datetime, mode: Mode, request: LandingRequest) -> str:
    """Return a run key such as `20261122T070000Z-full-1a2b3c4d`: the first start, the mode, and the request's hash."""
    return f"{started_at.astimezone(UTC):%Y%m%dT%H%M%SZ}-{work_folder_name(mode, request)}"


def work_folder_name(mode: Mode, request: LandingRequest) -> str:
    """Return the name of a request's work folder. The run keys of the same request end with it too."""
    return f"{mode}-{request.key}"


def is_run_key(name: str) -> bool:
    """Say whether a name has the form of a run key."""
    return re.fullmatch(RUN_KEY_PATTERN, name) is not None
