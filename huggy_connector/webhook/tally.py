"""Counts of what a receiver did since its start: numbers and fixed words, and nothing of what was received."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field


@dataclass(slots=True)
class Tally:
    """Changed in one thread only, that of the server's loop; read in any."""

    answers: Counter[int] = field(default_factory=Counter)
    """Requests by status."""
    refusals: Counter[str] = field(default_factory=Counter)
    """Refused bodies and items by reason."""
    events: int = 0
    """Items that are durable."""
    withheld: int = 0
    """Items left out because a person was forgotten."""
    last_accepted: float | None = None
    """When the last item was accepted, by a clock that never goes back."""
