"""What GET /health and GET /metrics tell of the flow endpoint: counts and fixed words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric

from huggy_connector.serve.flow.answers import Status
from huggy_connector.warehouse.flow.queries import FlowQueries

PREFIX = "huggy_flow"


@dataclass(slots=True)
class FlowTally:
    """Counts since the start. Changed in the thread of the server's loop only; read in any."""

    answers: Counter[tuple[str, Status]] = field(default_factory=Counter)
    """Answers by query ("" for an unknown one) and status."""
    seconds: float = 0.0
    """What the answers took, all together."""
    rate_limited: int = 0
    timed_out: int = 0
    wrong_secrets: int = 0


class FlowHealth:
    """The state of the endpoint. Its methods may be called in any thread."""

    def __init__(self, queries: FlowQueries, tally: FlowTally) -> None:
        self._queries = queries
        self._tally = tally

    @property
    def is_failing(self) -> bool:
        """Whether no version of the warehouse is open, so that every answer is `indisponivel`."""
        return self._queries.version is None

    def describe(self) -> Mapping[str, Any]:
        """Return the state as a JSON object; `status` is ok or failing."""
        version, answers = self._queries.version, Counter[str]()
        for (_, status), count in self._tally.answers.copy().items():
            answers[str(status)] += count
        return {
            "status": "failing" if version is None else "ok",
            "version": None if version is None else version.number,
            "updated_at": None if version is None else version.updated_at or None,
            "answers": dict(sorted(answers.items())),
            "rate_limited": self._tally.rate_limited,
            "timed_out": self._tally.timed_out,
            "wrong_secrets": self._tally.wrong_secrets,
        }

    def collect(self) -> Iterator[Metric]:
        tally, version = self._tally, self._queries.version
        answers = CounterMetricFamily(f"{PREFIX}_answers", "Answers by query and status.", labels=["query", "status"])
        for (query, status), count in tally.answers.copy().items():
            answers.add_metric([query, str(status)], count)
        yield answers
        for name, meaning, value in (
            ("seconds", "What the answers took, all together.", tally.seconds),
            ("rate_limited", "Answers indisponivel because one person was asked for too often.", tally.rate_limited),
            ("timed_out", "Answers indisponivel because the query took too long.", tally.timed_out),
            ("wrong_secrets", "Requests answered 401.", tally.wrong_secrets),
        ):
            yield CounterMetricFamily(f"{PREFIX}_{name}", meaning, value=value)
        gauge = GaugeMetricFamily(f"{PREFIX}_version", "The version of the warehouse that answers.")
        if version is not None:
            gauge.add_metric([], version.number)
        yield gauge
