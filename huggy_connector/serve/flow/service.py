"""The flow endpoint with all its parts, as the settings say."""

from __future__ import annotations

import secrets as chance
from collections.abc import Callable
from pathlib import Path
from typing import Self

from huggy_connector.clock import Clock
from huggy_connector.privacy import hash_key_of
from huggy_connector.rows.phones import normalize_phone
from huggy_connector.serve.flow.endpoint import FlowEndpoint
from huggy_connector.serve.flow.health import FlowHealth, FlowTally
from huggy_connector.serve.flow.rate_limit import RateLimit
from huggy_connector.serve.flow.request_log import RequestLog
from huggy_connector.serve.flow.secrets import FlowSecrets
from huggy_connector.settings import Settings
from huggy_connector.warehouse.flow.queries import FlowQueries, read_flow_queries


class FlowService:
    """Answers flows from `start` to `close`."""

    def __init__(self, queries: FlowQueries, endpoint: FlowEndpoint, health: FlowHealth, log: RequestLog) -> None:
        self.queries = queries
        self.endpoint = endpoint
        self.health = health
        self._log = log

    @classmethod
    def from_settings(
        cls, settings: Settings, *, clock: Clock, note: Callable[[str], None], body_seconds: float
    ) -> Self | None:
        """Return the service, or None where no secret is set.

        A query that cannot be used is noted, and answers `indisponivel`. Raises ConfigurationError for wrong settings.
        """
        secrets = FlowSecrets.from_settings(settings)
        if secrets is None:
            return None
        found, faults = read_flow_queries(None if settings.flow_queries is None else Path(settings.flow_queries))
        hash_key = hash_key_of(settings)
        queries = FlowQueries(settings.warehouse, found, settings.company_id, settings.zone, hash_key, note)
        for fault in faults:
            queries.tell(fault)
        tally, log = FlowTally(), RequestLog(note)
        endpoint = FlowEndpoint(
            queries,
            secrets,
            RateLimit(settings.flow_requests_per_minute),
            tally,
            log_key=hash_key or chance.token_bytes(32),
            log=log.add,
            body_seconds=body_seconds,
            monotonic=clock.monotonic,
        )
        return cls(queries, endpoint, FlowHealth(queries, tally), log)

    def start(self) -> None:
        normalize_phone("+1 415 555 2671")  # its library reads its tables at the first number
        self._log.start()
        self.queries.start()

    def close(self) -> None:
        self.endpoint.close()
        self.queries.close()
        self._log.close()
