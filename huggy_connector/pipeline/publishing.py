"""New versions of the warehouse, and where each of them goes: to the copies of HUGGY_PUBLISH, and into the report."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from functools import partial

from huggy_connector.clock import Clock
from huggy_connector.landing import Landing, Manifest
from huggy_connector.pipeline.campaigns.action_log import ActionLogReader
from huggy_connector.privacy import PrivacyPolicy, hash_key_of
from huggy_connector.progress import Progress
from huggy_connector.report import update_report
from huggy_connector.settings import Settings
from huggy_connector.warehouse import (
    LoadReport,
    RollbackReport,
    confirm_rollback,
    load_and_then,
    load_snapshots,
    mirror_version,
    read_calendar,
    roll_back,
)


@dataclass(frozen=True, slots=True)
class SyncReport:
    """What one sync or backfill did."""

    snapshots: tuple[Manifest, ...]
    load: LoadReport


@dataclass(frozen=True, slots=True)
class WarehousePublisher:
    """Makes new versions of one warehouse, each with its copies and its report."""

    settings: Settings
    progress: Progress
    clock: Clock

    def load(self, *, concerns: Collection[int] | None, wait_seconds: float) -> LoadReport:
        """Load what the warehouse lacks: see `Pipeline.load`."""
        landing = self._landing()
        actions = ActionLogReader(self.settings, landing, self.clock)
        if concerns is None and self.settings.company_id is not None:
            concerns = (self.settings.company_id,)
        load = partial(self._loader(landing, actions), wait_seconds=wait_seconds, concerns=concerns)

        def warnings() -> tuple[str, ...]:
            is_empty = not landing.companies()
            empty = f"The landing {self.settings.landing} holds no snapshot yet: is it the right one?"
            return (*([empty] if is_empty else []), *actions.warnings, *self._publish_elsewhere())

        return load_and_then(load, warnings)

    def rebuild(self) -> LoadReport:
        """Make the warehouse anew: see `Pipeline.rebuild`."""
        landing = self._landing()
        actions = ActionLogReader(self.settings, landing, self.clock)
        load = partial(self._loader(landing, actions), rebuild=True)
        return load_and_then(load, lambda: (*actions.warnings, *self._publish_elsewhere()))

    def rollback(self, *, to: int | None, announce: Callable[[RollbackReport], None]) -> RollbackReport:
        """Publish a kept version again: see `Pipeline.rollback`."""
        settings = self.settings
        report = roll_back(
            settings.warehouse,
            to=to,
            keep_versions=settings.keep_versions,
            now=self.clock.now,
            note=self.progress.note,
        )
        report = replace(report, warnings=(*report.warnings, *self._publish_elsewhere()))
        announce(report)
        confirm_rollback(settings.warehouse)
        return report

    def _landing(self) -> Landing:
        return Landing.open_existing(self.settings.landing, access=self.settings.landing_options)

    def _loader(self, landing: Landing, actions: ActionLogReader) -> partial[LoadReport]:
        """Return the load with all that the settings say."""
        settings = self.settings
        return partial(
            load_snapshots,
            landing,
            settings.warehouse,
            keep_versions=settings.keep_versions,
            memory_limit=settings.memory_limit,
            calendar=read_calendar(settings.calendar),
            now=self.clock.now,
            note=self.progress.note,
            zone=settings.zone,
            policy=PrivacyPolicy.from_settings(settings),
            stop_on=settings.stop_on,
            sweep_days=settings.reconcile_days,
            world_readable=settings.world_readable,
            hash_key=hash_key_of(settings),
            read_actions=actions.read,
        )

    def _publish_elsewhere(self) -> tuple[str, ...]:
        """Bring the new version to its copies and into the report. Return a warning for each that failed."""
        settings = self.settings
        copies = mirror_version(
            settings.warehouse, settings.publish, keep_versions=settings.keep_versions, note=self.progress.note
        )
        return (*copies, *update_report(settings, now=self.clock.now()))
