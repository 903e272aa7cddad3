"""Why the account refuses a write. Nothing was done then."""

from __future__ import annotations

MISSING, FORBIDDEN, INVALID = 404, 403, 400


class WriteRefused(Exception):
    """A write that the account refuses. `kind` names the sentence; `field` is the one that it is about."""

    def __init__(self, status: int, kind: str, field: str = "") -> None:
        super().__init__(status, kind, field)
        self.status, self.kind, self.field = status, kind, field
