"""The content of a pack's pack.json, and where a packed snapshot is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Literal

from pydantic import TypeAdapter

from huggy_connector.landing.manifest import Count, FileName, Instant, Manifest, ManifestFile


@dataclass(frozen=True, slots=True)
class PackedSnapshot:
    """A snapshot in a pack, and where in the pack's files its rows are."""

    manifest: Manifest
    file: FileName
    first: Count
    rows: Count


@dataclass(frozen=True, slots=True)
class Pack:
    """The content of pack.json."""

    made_at: Instant
    files: tuple[ManifestFile, ...]
    snapshots: tuple[PackedSnapshot, ...]
    format_version: Literal[1] = 1

    def to_json(self) -> bytes:
        return _adapter().dump_json(self, by_alias=True)

    @classmethod
    def from_json(cls, text: bytes) -> Pack:
        """Read a pack.json. Raises pydantic's ValidationError for any other text."""
        return _adapter().validate_json(text)


@dataclass(frozen=True, slots=True)
class PackLocation:
    """Where a packed snapshot is: the newest pack that holds it."""

    folder: str
    file: ManifestFile
    packed: PackedSnapshot
    made_at: datetime

    @property
    def name(self) -> str:
        """The path of the file, below the landing's root."""
        return f"{self.folder}/{self.file.name}"


@cache
def _adapter() -> TypeAdapter[Pack]:
    return TypeAdapter(Pack)
