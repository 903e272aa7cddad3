"""Records what a person decides about snapshots: which are not loaded, and which are believed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import product

from huggy_connector.catalogue import RESOURCES
from huggy_connector.errors import ConfigurationError, SnapshotDamaged
from huggy_connector.landing import Landing
from huggy_connector.settings import Settings
from huggy_connector.warehouse import SnapshotDecisions, decide_snapshots


@dataclass(frozen=True, slots=True)
class Decision:
    """Run keys of the snapshots that a person blocks, unblocks or accepts."""

    block: tuple[str, ...] = ()
    unblock: tuple[str, ...] = ()
    accept: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.block or self.unblock or self.accept)


def record_decision(settings: Settings, decision: Decision) -> SnapshotDecisions:
    """Keep decisions about snapshots for the loads to come. Raise ConfigurationError for an unknown run key."""
    if both := {*decision.block} & {*decision.unblock, *decision.accept}:
        raise ConfigurationError(f"{min(both)} can be blocked or let in, not both: choose one.")
    landing, damages = _landing(settings), list[SnapshotDamaged]()
    run_keys = dict[str, str]()
    for company_id, resource in product(landing.companies(), RESOURCES):
        try:
            run_keys |= {each.address: each.run_key for each in landing.snapshots(company_id, resource)}
        except SnapshotDamaged as damage:
            damages.append(damage)
    return decide_snapshots(
        settings.warehouse,
        block=_find_addresses(decision.block, run_keys, damages),
        unblock=_find_addresses(decision.unblock, run_keys, damages),
        accept=_find_addresses(decision.accept, run_keys, damages),
    )


def _find_addresses(wanted: Iterable[str], run_keys: dict[str, str], damages: list[SnapshotDamaged]) -> list[str]:
    """Return the addresses of the wanted run keys. `run_keys` has the run key of each address in the landing."""
    addresses = []
    for run_key in wanted:
        matches = [address for address, key in run_keys.items() if key == run_key]
        if not matches and damages:
            raise damages[0]  # the snapshot may be one of those that cannot be listed
        if not matches:
            raise ConfigurationError(f"The landing has no snapshot {run_key!r}: `huggy status` lists the last ones.")
        addresses += matches
    return addresses


def _landing(settings: Settings) -> Landing:
    return Landing.open(settings.landing, access=settings.landing_options, world_readable=settings.world_readable)
