"""Checks the places of landing and warehouse before anything is fetched. Nothing is made there."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from huggy_connector.errors import ConfigurationError, WarehouseUnusable
from huggy_connector.landing import Landing
from huggy_connector.settings import Settings, is_url
from huggy_connector.storage import LocalStorage, probe_folder, resolve_links
from huggy_connector.warehouse import check_load


def check_landing_place(settings: Settings) -> None:
    """Raise HuggyError if nothing can be landed in `settings.landing`: of an object store, if it cannot be listed."""
    if is_url(settings.landing):
        Landing.open(settings.landing, access=settings.landing_options).companies()
    else:
        LocalStorage(settings.landing).check_writable()


def check_warehouse_place(settings: Settings) -> None:
    """Raise HuggyError if no warehouse can be built at `settings.warehouse`: its name, its disk, what is there now."""
    check_load(settings.warehouse)
    folder = resolve_links(Path(settings.warehouse)).parent
    try:
        probe_folder(folder)
    except OSError as error:
        raise WarehouseUnusable(
            f"The warehouse's folder {folder} cannot be written to ({error.strerror}): give another path."
        ) from None


def require_manifests(landing: Landing, addresses: Iterable[str], *, place: str) -> None:
    """Raise ConfigurationError where the landing lacks one of these manifests. `place` is what the setting says."""
    for address in addresses:
        if not landing.has_snapshot(address):
            raise ConfigurationError(
                f"The landing {place} lacks {address}, which another worker has landed: give all workers the same "
                "folder, as an absolute path, or a landing in an object store."
            )
