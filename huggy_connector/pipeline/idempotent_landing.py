"""Finds what is published for the same idempotency key and request, and else opens the run that lands it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

from huggy_connector.api import open_client, read_account
from huggy_connector.api.versions import refuse_unknown_events, require_resource
from huggy_connector.budget import Lane
from huggy_connector.catalogue import Resource
from huggy_connector.clock import Clock
from huggy_connector.landing import Landing, LandingRequest, Manifest, warm_up
from huggy_connector.pipeline.run import SHOW_EVENTS, LandingRun
from huggy_connector.privacy import PrivacyPolicy
from huggy_connector.progress import Progress
from huggy_connector.settings import Settings
from huggy_connector.sweep import CreationSpan


@dataclass(frozen=True, slots=True)
class IdempotentLanding:
    """One landing and its request. With `once` a request that is published already is not landed again.

    The lane says whether its requests stand back behind other work.
    """

    settings: Settings
    resource: Resource
    landing: Landing
    policy: PrivacyPolicy
    landing_request: LandingRequest
    once: bool
    progress: Progress
    clock: Clock
    lane: Lane = Lane.NORMAL

    @classmethod
    def from_settings(
        cls,
        settings: Settings,
        progress: Progress,
        clock: Clock,
        resource_name: str,
        *,
        idempotency_key: str,
        mode: str,
        once: bool,
        span: CreationSpan | None = None,
        show_events: bool = False,
        lane: Lane = Lane.NORMAL,
    ) -> IdempotentLanding:
        """Return the landing; send nothing. Raise ConfigurationError for settings that no landing could use."""
        resource = require_resource(settings.api_version, resource_name)
        may_have_events = resource.parent is not None and not resource.is_single
        if may_have_events:
            refuse_unknown_events(settings.api_version, show_events=show_events)
        policy = PrivacyPolicy.from_settings(settings)
        landing_request = LandingRequest(
            idempotency_key,
            mode,
            None if span is None else (_format_utc(span.start), _format_utc(span.end)),
            (SHOW_EVENTS,) if show_events and may_have_events else (),
            {"base_url": settings.base_url, "api_version": settings.api_version, "language": settings.language},
            settings.timezone,
            policy.fingerprint,
        )
        landing = Landing.open(
            settings.landing, access=settings.landing_options, world_readable=settings.world_readable
        )
        lane = Lane.BACKFILL if resource.is_single else lane  # a request a chat, and nothing else needs it
        return cls(settings, resource, landing, policy, landing_request, once, progress, clock, lane)

    def recall_or_land(self, land: Callable[[LandingRun], tuple[Manifest, ...]]) -> tuple[Manifest, ...]:
        """Call `land` and return what it publishes.

        With `once`, return the snapshot that is published for the same request instead, if there is one.
        """
        if (published := self._recall(self.settings.company_id)) is not None:
            return (published,)
        with self._open_run() as run:
            # The company of the token may be known only now.
            if (published := self._recall(run.company_id)) is not None:
                return (published,)
            return land(run)

    def _recall(self, company_id: int | None) -> Manifest | None:
        """Return the published snapshot of the same request, or None. Send nothing."""
        if not self.once:
            return None
        account = read_account(self.settings, now=self.clock.now) if company_id is None else ""
        published = self.landing.find_snapshot(
            self.landing_request, self.resource.name, company_id=company_id, account=account
        )
        if published is not None:
            self.progress.note(
                f"{self.resource.name}: this run has already published {published.run_key}; nothing is fetched again."
            )
        return published

    @contextmanager
    def _open_run(self) -> Iterator[LandingRun]:
        warm_up(self.resource, self.settings.zone)
        settings, progress, clock = self.settings, self.progress, self.clock
        with open_client(settings, lane=self.lane, clock=clock, note=progress.note) as client:
            yield LandingRun(
                settings,
                self.landing,
                self.resource,
                company_id=settings.company_id or client.fetch_profile().company_id,
                landing_request=self.landing_request,
                once=self.once,
                client=client,
                policy=self.policy,
                progress=progress,
                clock=clock,
            )


def _format_utc(instant: datetime) -> str:
    return instant.astimezone(UTC).isoformat()
