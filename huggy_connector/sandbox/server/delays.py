"""How long requests and answers take. Pure: the random numbers are passed in."""

from __future__ import annotations

from dataclasses import dataclass, fields
from random import Random
from typing import Self

from huggy_connector.sandbox.options import Options


@dataclass(frozen=True, slots=True, kw_only=True)
class Delays:
    """Milliseconds, as in `Options`. They may be changed while the sandbox runs."""

    latency_ms: float = 0.0
    latency_spread_ms: float = 0.0
    latency_sigma_ms: float = 0.0
    way_spread_ms: float = 0.0

    @classmethod
    def of(cls, options: Options) -> Self:
        """Return the delays at the start."""
        return cls(**{field.name: getattr(options, field.name) for field in fields(cls)})

    def draw_way(self, rng: Random) -> float:
        """Return the seconds that a request is on its way before it arrives."""
        return rng.random() * self.way_spread_ms / 1000

    def draw_answer(self, rng: Random) -> float:
        """Return the seconds from the arrival to the answer."""
        latency = self.latency_ms + rng.random() * self.latency_spread_ms
        return max(0.0, latency + rng.gauss(0.0, self.latency_sigma_ms)) / 1000
