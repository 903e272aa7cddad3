"""Copies of the live version for readers on other machines: first the file, then the pointer to it.

A place of copies has `huggy.json`, the file that it names, and some of the files that it named before. A reader that
reads the pointer and then the file never meets half a copy. A file that readers have open, or are about to open, stays
for as long as `keep_versions` allows.
"""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC
from hashlib import file_digest
from pathlib import Path

from huggy_connector.errors import HuggyError, Interrupted, WarehouseError
from huggy_connector.storage import FilePermissions, LocalStorage, Storage, open_storage, parse_temporary_name
from huggy_connector.warehouse.file.paths import WarehousePaths
from huggy_connector.warehouse.file.publish import lock_warehouse
from huggy_connector.warehouse.read.status import read_status

POINTER = "huggy.json"
"""The name of the pointer."""


@dataclass(frozen=True, slots=True)
class VersionPointer:
    """The pointer to a copy: the name of the file beside it, its version, size and digest."""

    name: str
    version: int
    bytes: int
    sha256: str
    published_at: str

    def to_json(self) -> str:
        return json.dumps(asdict(self), indent=1) + "\n"


def _open_storage(place: str) -> Storage:
    return open_storage(place, label="place of copies", setting="HUGGY_PUBLISH")


def mirror_version(
    warehouse: str | Path,
    places: Sequence[str],
    *,
    keep_versions: int,
    wait_seconds: float = 60.0,
    note: Callable[[str], None] = lambda _: None,
    open_place: Callable[[str], Storage] = _open_storage,
) -> tuple[str, ...]:
    """Copy the live version to each place, a folder or a URL, that does not have it yet.

    A failure undoes nothing. Return a sentence for each place that failed: the next call makes it good.
    """
    paths, warnings = WarehousePaths.at(warehouse), list[str]()
    if not places or not paths.live.exists():
        return ()
    try:
        with lock_warehouse(paths, wait_seconds=wait_seconds):
            pointer = _describe_version(paths)
            for name in places:
                try:
                    _copy_version(open_place(name), paths, pointer, keep_versions=keep_versions, name=name, note=note)
                except Interrupted:
                    raise
                except HuggyError as error:
                    warnings.append(f"The copy of version {pointer.version} to {name} has failed: {error}")
    except WarehouseError as error:
        warnings.append(f"No copy was made of {paths.live}: {error}")
    return tuple(warnings)


def _describe_version(paths: WarehousePaths) -> VersionPointer:
    """Return the pointer to the live version."""
    now = read_status(paths.live, runs=0)
    with paths.live.open("rb") as file:
        sha256 = file_digest(file, "sha256").hexdigest()
    return VersionPointer(
        f"{paths.live.stem}-{now.version:08d}-{sha256[:8]}.duckdb",
        now.version,
        now.bytes,
        sha256,
        now.published_at.astimezone(UTC).isoformat(),
    )


def _copy_version(
    storage: Storage,
    paths: WarehousePaths,
    pointer: VersionPointer,
    *,
    keep_versions: int,
    name: str,
    note: Callable[[str], None],
) -> None:
    """Copy the live version to one place, and delete copies beyond `keep_versions`."""
    if (old_pointer := _read_pointer(storage)) != pointer.to_json().encode():
        note(f"Copying version {pointer.version} to {name}.")
        with storage.write_file(pointer.name) as path:
            shutil.copyfile(paths.live, path)
            if old_pointer and isinstance(storage, LocalStorage):  # whoever reads the copies may read this one too
                FilePermissions.read(storage.root / json.loads(old_pointer)["name"]).apply_to(path)
        storage.write(POINTER, pointer.to_json().encode())
    copy_name = re.compile(rf"{re.escape(paths.live.stem)}-[0-9]{{8}}-[0-9a-f]{{8}}\.duckdb")
    children = storage.list_names("")
    older = sorted(
        (each for each in children if copy_name.fullmatch(each) and each != pointer.name),
        key=lambda each: (each < pointer.name, each),  # a higher number is of a warehouse that was here before
    )
    halves = [
        each
        for each in children
        if parse_temporary_name(each) == POINTER or copy_name.fullmatch(parse_temporary_name(each))
    ]
    for each in [*older[: max(0, len(older) - keep_versions)], *halves]:
        storage.delete(each)


def _read_pointer(storage: Storage) -> bytes | None:
    """Return the bytes of the pointer of a place, if it is there and its file too, else None."""
    try:
        pointer = storage.read(POINTER)
        return pointer if json.loads(pointer)["name"] in storage.list_names("") else None
    except (FileNotFoundError, ValueError, KeyError, TypeError):
        return None
