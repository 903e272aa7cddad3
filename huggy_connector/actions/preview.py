"""Shows what would be sent: real bodies, with personal data masked as the privacy policy masks it. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

from huggy_connector.actions.types import PlannedRow
from huggy_connector.api.writes.types import WriteRequest
from huggy_connector.catalogue.actions.types import Action
from huggy_connector.privacy import mask_personal_data, mask_value

LONGEST_TEXT: Final = 300
"""Characters of a text that are shown: a file in base64 would fill the screen."""
TEXT: Final = "text"
"""The kind of personal data of a free text: it is shown, without what in it is personal by itself."""


@dataclass(frozen=True, slots=True)
class Preview:
    """A request as a person may see it. `target` is the normalised one."""

    target: str
    method: str
    path: str
    body: Mapping[str, Any] = field(repr=False)


def preview(row: PlannedRow, build: Callable[[PlannedRow], WriteRequest]) -> Preview:
    """Return the request of a row with its personal fields masked. Raises what `build` raises."""
    request = build(replace(row, fields=mask_fields(row.action, row.fields)))
    body = {name: _shorten(value) for name, value in request.body.items()}
    return Preview(row.key.target, request.method.value, mask_personal_data(request.path)[0], body)


def mask_fields(action: Action, fields: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields with what is personal masked. In all others, what shows by itself to be personal is."""
    kinds = {field.name: field.personal for field in action.fields}
    return {name: _mask(value, kinds.get(name)) for name, value in fields.items()}


def _mask(value: Any, kind: str | None) -> Any:
    match value:
        case Mapping():
            return {name: _mask(each, kind) for name, each in value.items()}
        case list():
            return [_mask(each, kind) for each in value]
        case str() if kind in {None, TEXT}:
            return mask_personal_data(value, accept_bare_digits=kind is not None)[0]
        case str():
            return mask_value(value) if value.strip() else value
        case _:
            return value


def _shorten(value: Any) -> Any:
    match value:
        case Mapping():
            return {name: _shorten(each) for name, each in value.items()}
        case list():
            return [_shorten(each) for each in value]
        case str() if len(value) > LONGEST_TEXT:
            return f"{value[:LONGEST_TEXT]}... ({len(value):,} characters)"
        case _:
            return value
