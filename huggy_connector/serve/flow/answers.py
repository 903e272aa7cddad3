"""What every answer to a flow has: the same keys every time, and texts only. Pure.

A flow keeps what the last answer said wherever the next one lacks a key. So an answer without data has all columns.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum


class Status(StrEnum):
    """How a question ended."""

    OK = "ok"
    NOT_FOUND = "nao_encontrado"
    INVALID_INPUT = "entrada_invalida"
    UNAVAILABLE = "indisponivel"


@dataclass(frozen=True, slots=True)
class FlowAnswer:
    """An answer. `values` are the columns of a row that was found; `updated_at` says as of when the data is.

    `reason` is for the log: a sentence without values.
    """

    status: Status
    values: Mapping[str, str] | None = None
    updated_at: str = ""
    reason: str = ""

    def to_json(self, columns: Iterable[str]) -> bytes:
        """Return the body, with all of these columns: "" for what is missing."""
        values = self.values or {}
        body = {"status": str(self.status), "atualizado_em": self.updated_at}
        return json.dumps(body | {name: values.get(name, "") for name in columns}, ensure_ascii=False).encode()
