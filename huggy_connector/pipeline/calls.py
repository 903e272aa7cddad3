"""One landing as it is asked for: what it may go on from or give back, and the run that does the rest."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

from huggy_connector.api import Clock, account_of, open_client
from huggy_connector.budget import Lane
from huggy_connector.catalogue import Resource
from huggy_connector.landing import Asked, Landing, Manifest, Policy, make_ready
from huggy_connector.pipeline.run import SHOW_EVENTS, Run
from huggy_connector.progress import Progress
from huggy_connector.settings import Settings
from huggy_connector.sweep import Span


@dataclass(frozen=True, slots=True)
class Call:
    """`once`: what is published already is not landed again."""

    settings: Settings
    resource: Resource
    landing: Landing
    policy: Policy
    asked: Asked
    once: bool
    progress: Progress
    clock: Clock
    lane: Lane = Lane.NORMAL

    @classmethod
    def of(
        cls,
        settings: Settings,
        resource: Resource,
        *,
        by: str,
        mode: str,
        once: bool,
        progress: Progress,
        clock: Clock,
        span: Span | None = None,
        show_events: bool = False,
        lane: Lane = Lane.NORMAL,
    ) -> Call:
        """Asks nobody anything. Raises ConfigurationError for settings that no landing could use."""
        policy = Policy.of(settings)
        asked = Asked(
            by,
            mode,
            None if span is None else (_utc(span.start), _utc(span.end)),
            (SHOW_EVENTS,) if show_events and resource.parent else (),
            {"base_url": settings.base_url, "api_version": settings.api_version, "language": settings.language},
            settings.timezone,
            policy.fingerprint,
        )
        landing = Landing.at(settings.landing, access=settings.landing_options, world_readable=settings.world_readable)
        return cls(settings, resource, landing, policy, asked, once, progress, clock, lane)

    def answered(self, land: Callable[[Run], tuple[Manifest, ...]]) -> tuple[Manifest, ...]:
        """What was published for this very call, if it is one of those that land only once; else what `land` brings."""
        if (published := self._recalled(self.settings.company_id)) is not None:
            return (published,)
        with self._running() as run:
            # Whose the token is may be known only now.
            if (published := self._recalled(run.company_id)) is not None:
                return (published,)
            return land(run)

    def _recalled(self, company_id: int | None) -> Manifest | None:
        """Asks the API nothing."""
        if not self.once:
            return None
        account = account_of(self.settings, now=self.clock.now) if company_id is None else ""
        published = self.landing.recall(self.asked, self.resource.name, company_id=company_id, account=account)
        if published is not None:
            self.progress.note(
                f"{self.resource.name}: this run has already published {published.run_key}; nothing is fetched again."
            )
        return published

    @contextmanager
    def _running(self) -> Iterator[Run]:
        make_ready(self.resource, self.settings.zone)
        settings, progress, clock = self.settings, self.progress, self.clock
        with open_client(settings, lane=self.lane, clock=clock, note=progress.note) as client:
            yield Run(
                settings,
                self.landing,
                self.resource,
                company_id=settings.company_id or client.fetch_profile().company_id,
                asked=self.asked,
                once=self.once,
                client=client,
                policy=self.policy,
                progress=progress,
                clock=clock,
            )


def _utc(instant: datetime) -> str:
    return instant.astimezone(UTC).isoformat()
