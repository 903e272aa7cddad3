"""What HUGGY_BUDGET says: the kind of budget, where it is, and its options."""

import hashlib
import math
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self
from urllib.parse import parse_qsl, urlencode

from huggy_connector.budget.window import RateLimit, ReleaseRule
from huggy_connector.errors import ConfigurationError

REDIS_SCHEMES = ("redis", "rediss")


@dataclass(frozen=True, slots=True)
class BudgetSpec:
    """The parsed text. `kind` is file, memory, redis or rediss; `share` is a fixed part of the rate."""

    kind: str
    place: str = field(repr=False)
    """The folder of a budget in a file; empty for HUGGY_STATE."""
    url: str = field(repr=False)
    """The address of Redis, without our own options."""
    share: float | None
    rule: ReleaseRule
    scope: str = ""
    """The name that a person gave to a budget, for credentials that share one: those of API v2 and v3, for example."""

    @classmethod
    def parse(cls, spec: str) -> Self:
        """Return what the text says. Raises ConfigurationError."""
        address, _, query = spec.partition("?")
        kind, _, place = address.partition(":")
        share, rule, scope, others = _parse_options(query)
        is_redis = kind in REDIS_SCHEMES
        if others and not is_redis:
            raise ConfigurationError(
                f"HUGGY_BUDGET has no option {others[0][0]}: there are share=0.5, "
                f"mode={'|'.join(ReleaseRule)} and scope=name."
            )
        if not (is_redis or kind == "file" or (kind == "memory" and not place)):
            raise ConfigurationError(
                "HUGGY_BUDGET is not understood: give file:, file:/some/folder, redis://host:6379/0 or memory:."
            )
        return cls(kind, place, f"{address}?{urlencode(others)}" if others else address, share, rule, scope)

    @property
    def is_redis(self) -> bool:
        """Whether hosts share it."""
        return self.kind in REDIS_SCHEMES

    def limit(self, rate: float, *, longest_pause: float) -> RateLimit:
        """Return the limit of a budget of so many requests a second."""
        # In Redis the share is what a process uses while Redis is away.
        rate = rate if self.share is None or self.is_redis else rate * self.share
        return RateLimit(rate, self.rule, longest_pause)

    def name(self, scope: str) -> str:
        """Return the name of the budget of a scope, or of the one that was given a name. It does not show either."""
        return hashlib.sha256((f"named {self.scope}" if self.scope else scope).encode()).hexdigest()[:16]

    def file(self, scope: str, *, state_folder: Path) -> Path:
        """Return the file of the budget of a scope."""
        return (Path(self.place) if self.place else state_folder) / f"budget-{self.name(scope)}"


def _parse_options(query: str) -> tuple[float | None, ReleaseRule, str, list[tuple[str, str]]]:
    """Return the share, the rule, the name, and all other options."""
    share, rule, scope, others = None, ReleaseRule.LEARNED, "", []
    for key, value in parse_qsl(query, keep_blank_values=True):
        if key == "share":
            share = _parse_share(value)
        elif key == "mode":
            rule = _parse_rule(value)
        elif key == "scope":
            scope = value
        else:
            others.append((key, value))
    return share, rule, scope, others


def _parse_rule(value: str) -> ReleaseRule:
    try:
        return ReleaseRule(value)
    except ValueError:
        raise ConfigurationError(f"HUGGY_BUDGET's mode={value} is none of {', '.join(ReleaseRule)}.") from None


def _parse_share(value: str) -> float:
    try:
        share = float(value)
    except ValueError:
        share = math.nan
    if not 0 < share <= 1:
        raise ConfigurationError(f"HUGGY_BUDGET's share={value} is not a number above 0 and up to 1.")
    return share
