"""What the default budget promises of refusals: they are few, and a second sees few requests too many."""

from collections.abc import Mapping
from typing import Any


def are_few(stats: Mapping[str, Any]) -> bool:
    """Whether so few requests were refused as a busy machine explains; `?mode=strict` promises that none is."""
    return bool(stats["refused_429"] <= 3 + stats["requests"] // 1000 and stats["most_in_any_second"] <= 20 + 3)
