"""Copies of the live version for those who read on other machines: the file first, what points to it last.

A place of copies holds `huggy.json` and, beside it, the file that it names and some of those it named before. Whoever
reads the pointer and then that file never meets half a copy, and a file that they have open or are about to open stays
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
from huggy_connector.landing import Folder, Storage, storage_at
from huggy_connector.storage import Access, half_of
from huggy_connector.warehouse.place import Place
from huggy_connector.warehouse.publish import holding
from huggy_connector.warehouse.status import status

POINTER = "huggy.json"


@dataclass(frozen=True, slots=True)
class Pointer:
    """What a reader needs to know: which file beside it, and what it has to be."""

    name: str
    version: int
    bytes: int
    sha256: str
    published_at: str

    def to_json(self) -> str:
        return json.dumps(asdict(self), indent=1) + "\n"


def _open(place: str) -> Storage:
    return storage_at(place, called="place of copies", setting="HUGGY_PUBLISH")


def mirror(
    warehouse: str | Path,
    places: Sequence[str],
    *,
    keep_versions: int,
    wait_seconds: float = 60.0,
    note: Callable[[str], None] = lambda _: None,
    open_place: Callable[[str], Storage] = _open,
) -> tuple[str, ...]:
    """Brings the live version to each place, a folder or a URL, that does not hold it yet.

    What goes wrong undoes nothing: it is told, a sentence a place, and made good by the next call.
    """
    place, told = Place.at(warehouse), list[str]()
    if not places or not place.live.exists():
        return ()
    try:
        with holding(place, wait_seconds=wait_seconds):
            pointer = _described(place)
            for name in places:
                try:
                    _bring(open_place(name), place, pointer, keep_versions=keep_versions, name=name, note=note)
                except Interrupted:
                    raise
                except HuggyError as error:
                    told.append(f"The copy of version {pointer.version} to {name} has failed: {error}")
    except WarehouseError as error:
        told.append(f"No copy was made of {place.live}: {error}")
    return tuple(told)


def _described(place: Place) -> Pointer:
    now = status(place.live, runs=0)
    with place.live.open("rb") as file:
        sha256 = file_digest(file, "sha256").hexdigest()
    return Pointer(
        f"{place.live.stem}-{now.version:08d}-{sha256[:8]}.duckdb",
        now.version,
        now.bytes,
        sha256,
        now.published_at.astimezone(UTC).isoformat(),
    )


def _bring(
    storage: Storage, place: Place, pointer: Pointer, *, keep_versions: int, name: str, note: Callable[[str], None]
) -> None:
    if (held := _held(storage)) != pointer.to_json().encode():
        note(f"Copying version {pointer.version} to {name}.")
        with storage.writing(pointer.name) as path:
            shutil.copyfile(place.live, path)
            if held and isinstance(storage, Folder):  # whoever reads the copies may read this one too
                Access.of(storage.root / json.loads(held)["name"]).give_to(path)
        storage.write(POINTER, pointer.to_json().encode())
    ours = re.compile(rf"{re.escape(place.live.stem)}-[0-9]{{8}}-[0-9a-f]{{8}}\.duckdb")
    children = storage.children("")
    older = sorted(
        (each for each in children if ours.fullmatch(each) and each != pointer.name),
        key=lambda each: (each < pointer.name, each),  # a higher number is of a warehouse that was here before
    )
    halves = [each for each in children if half_of(each) == POINTER or ours.fullmatch(half_of(each))]
    for each in [*older[: max(0, len(older) - keep_versions)], *halves]:
        storage.delete(each)


def _held(storage: Storage) -> bytes | None:
    """The pointer, where it is there and what it names is too."""
    try:
        told = storage.read(POINTER)
        return told if json.loads(told)["name"] in storage.children("") else None
    except (FileNotFoundError, ValueError, KeyError, TypeError):
        return None
