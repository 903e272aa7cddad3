"""Writes to Huggy: how they are built, sent once, and what their answers mean. The retries of reads are not reachable.

types         a write and its outcome
v3, v2        how each version of the API spells each action; they share no path
request_body  what both ask of fields and bodies
outcome       what an answer, or none, means; complaint: what a refusal says
writer        sends a write once
"""

from collections.abc import Mapping
from typing import Any

from huggy_connector.api.writes import v2, v3
from huggy_connector.api.writes.types import Outcome, OutcomeKind, WriteMethod, WriteRequest
from huggy_connector.api.writes.writer import Writer
from huggy_connector.catalogue.actions.types import Action, Target


def build_write(
    action: Action,
    target_id: int | None,
    fields: Mapping[str, Any],
    *,
    api_version: str,
    company_id: int | None,
    target: Target | None = None,
) -> WriteRequest:
    """Return the request of an action in a version of the API. Raises ConfigurationError. See `v3.build_write`."""
    build = v2.build_write if api_version == "v2" else v3.build_write
    return build(action, target_id, fields, company_id=company_id, target=target)


__all__ = ["Outcome", "OutcomeKind", "WriteMethod", "WriteRequest", "Writer", "build_write"]
