"""What a landing is asked for: all that has to be equal before work is gone on with, or a snapshot is given back."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from hashlib import blake2b


@dataclass(frozen=True, slots=True)
class Asked:
    """Who asks, and for what. Resource and company are told by where the snapshot lies.

    `by` is the command, or DAG, run and task: the same for each try, and for whichever place it has in a mapped list.
    `mode` is in the words of who asks (`due`, `recent`), `window` the instants asked for (UTC), `options` what else
    changes which rows come. `source` is where they come from: address, version and language of the API. `timezone` and
    `privacy` (the rules, as a fingerprint) are how they are written down.
    """

    by: str
    mode: str
    window: tuple[str, str] | None = None
    options: tuple[str, ...] = ()
    source: Mapping[str, str] = field(default_factory=dict)
    timezone: str = ""
    privacy: str = ""

    @property
    def key(self) -> str:
        """What run keys and work folders end with. How rows are written down is not in it: where that has changed,
        what was left is found, and given up at once.
        """
        told = {name: value for name, value in asdict(self).items() if name not in {"timezone", "privacy"}}
        return blake2b(json.dumps(told, sort_keys=True).encode(), digest_size=4).hexdigest()

    def is_same_as(self, other: Asked) -> bool:
        """Whether the same is asked for, however it is written down. The key alone, being short, is no proof."""
        return replace(self, timezone=other.timezone, privacy=other.privacy) == other
