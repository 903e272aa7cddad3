"""The request of a landing: all that must be equal before work is resumed or a snapshot is returned again."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from hashlib import blake2b
from typing import Annotated

from pydantic import Field


@dataclass(frozen=True, slots=True)
class LandingRequest:
    """What a run asks of the landing, under which idempotency key.

    The resource and the company are not part of it: the snapshot's folder names them. `idempotency_key` is the command,
    or the DAG, run and task. It is the same for each attempt of a task, and at every index of a mapped task. `mode` is
    the caller's word (`due`, `recent`), `window` the instants asked for (UTC), and `options` what else changes which
    rows come. `source` is where the rows come from: address, version and language of the API. `timezone` and `privacy`
    (the fingerprint of the rules) say how they are written.
    """

    idempotency_key: Annotated[str, Field(alias="by")]
    """In JSON it is `by`."""
    mode: str
    window: tuple[str, str] | None = None
    options: tuple[str, ...] = ()
    source: Mapping[str, str] = field(default_factory=dict)
    timezone: str = ""
    privacy: str = ""

    @property
    def key(self) -> str:
        """The hash at the end of run keys and of the names of work folders.

        Time zone and privacy rules are not part of it. So if they change, the old work is found and given up at once.
        """
        fields = {name: value for name, value in asdict(self).items() if name not in {"timezone", "privacy"}}
        fields["by"] = fields.pop("idempotency_key")  # keys that exist must stay the same
        return blake2b(json.dumps(fields, sort_keys=True).encode(), digest_size=4).hexdigest()

    def is_same_as(self, other: LandingRequest) -> bool:
        """Return whether both ask for the same rows, whatever their time zone and privacy rules.

        The key alone is short and therefore no proof.
        """
        return replace(self, timezone=other.timezone, privacy=other.privacy) == other
