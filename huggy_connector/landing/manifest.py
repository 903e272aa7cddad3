"""The manifest: what a snapshot is. It is written last, and a snapshot without a manifest does not exist."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC
from functools import cache
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import AfterValidator, AwareDatetime, BeforeValidator, TypeAdapter, ValidationError
from pydantic import Field as Valid
from pydantic_core import from_json

from huggy_connector.errors import LandingError
from huggy_connector.landing.landing_request import LandingRequest
from huggy_connector.landing.run_key import RUN_KEY_PATTERN
from huggy_connector.model import Certificate, Mode
from huggy_connector.privacy import DetectionCounts

FORMAT_VERSION: Literal[1] = 1
"""It is raised if an older release could misread what this one writes."""
FIRST_VERSION = "v3"

Count: TypeAlias = Annotated[int, Valid(ge=0)]
Instant: TypeAlias = Annotated[AwareDatetime, AfterValidator(lambda time: time.astimezone(UTC))]
RunKey: TypeAlias = Annotated[str, Valid(pattern=f"^{RUN_KEY_PATTERN}$")]
FileName: TypeAlias = Annotated[str, Valid(pattern=r"^part-[0-9A-Za-z-]+\.parquet$")]
IdsName: TypeAlias = Annotated[str, Valid(pattern=r"^ids-[0-9A-Za-z-]+\.roaring$")]
TableName: TypeAlias = Annotated[str, Valid(pattern=r"^[a-z][a-z0-9_]*$")]


@dataclass(frozen=True, slots=True)
class ManifestFile:
    """A Parquet file beside the manifest."""

    name: FileName
    rows: Count
    bytes: Count
    sha256: Annotated[str, Valid(pattern="^[0-9a-f]{64}$")]


@dataclass(frozen=True, slots=True)
class IdSet:
    """The file beside the manifest that holds the ids of all rows: a 64-bit roaring bitmap in its portable format."""

    name: IdsName
    ids: Count
    bytes: Count
    sha256: Annotated[str, Valid(pattern="^[0-9a-f]{64}$")]


def _complete_certificate(value: Any) -> Any:
    """Return a certificate as it is read. One that is not exact and states no bound has none."""
    is_unbounded = isinstance(value, dict) and not value.get("exact") and "missing_at_most" not in value
    return {**value, "missing_at_most": None} if is_unbounded else value


@dataclass(frozen=True, slots=True)
class Manifest:
    """A published snapshot. It never changes.

    `rows` counts all rows, `unique_ids` the different ids among them, and `keyless` the rows without a usable id. The
    other rows came twice because the list moved. `pages`, `requests` and `retries` count over all attempts since the
    first start, as far as they were made durable. `state` is what the next run needs. `privacy` is the fingerprint of
    the policy under which the rows were written, and `timezone` the zone in which their times were read. `ids` exists
    if the sweep is sure of every id of the list.

    `asked` is the request. It is None for a snapshot of an old release, which did not keep it. `account` is a digest of
    the token's owner if no company was named, else it is empty. `personal` counts the values that were recognised as
    personal by themselves: see `privacy`.
    """

    resource: TableName
    company_id: Count
    run_key: RunKey
    mode: Mode
    window: Mapping[str, str] | None
    started_at: Instant
    finished_at: Instant
    rows: Count
    unique_ids: Count
    keyless: Count
    pages: Count
    requests: Count
    retries: Count
    certificate: Annotated[Certificate, BeforeValidator(_complete_certificate)]
    schema_fingerprint: str
    files: tuple[ManifestFile, ...]
    privacy: str = ""
    personal: DetectionCounts = field(default_factory=dict)
    timezone: str = ""
    asked: LandingRequest | None = None
    account: str = ""
    state: Mapping[str, Any] = field(default_factory=dict)
    versions: Mapping[str, str] = field(default_factory=dict)
    ids: IdSet | None = None
    format_version: Literal[1] = FORMAT_VERSION

    @property
    def api_version(self) -> str:
        """The version of the API whose rows these are. An old release kept no request, and its snapshots are of v3."""
        return FIRST_VERSION if self.asked is None else self.asked.source.get("api_version", FIRST_VERSION)

    @property
    def rules(self) -> str:
        """The fingerprint of the privacy rules of the rows, without that of the suppression list."""
        return self.privacy[:16]

    @property
    def folder(self) -> str:
        """The folder of the files, below the landing's root."""
        return f"{self.company_id}/{self.resource}/{self.run_key}"

    @property
    def address(self) -> str:
        """The path of the manifest, below the landing's root. This is what XCom carries."""
        return f"{self.folder}/manifest.json"

    @property
    def file_names(self) -> tuple[str, ...]:
        """The names of all files that belong in the folder."""
        return ("manifest.json", *(file.name for file in self.files), *([] if self.ids is None else [self.ids.name]))

    def to_json(self) -> bytes:
        return _adapter().dump_json(self, indent=1, by_alias=True)

    @classmethod
    def from_json(cls, text: bytes) -> Manifest:
        """Read a manifest. Raises LandingError for text that is no manifest, or one of a newer release."""
        try:
            version = from_json(text).get("format_version")
        except (ValueError, AttributeError):
            raise LandingError("It is no JSON object.") from None
        if version != FORMAT_VERSION:
            raise LandingError(f"It has the format version {version!r}: upgrade huggy-connector to read it.")
        try:
            return _adapter().validate_json(text)
        except ValidationError as error:
            first = error.errors(include_url=False, include_input=False, include_context=False)[0]
            where = ".".join(map(str, first["loc"]))
            raise LandingError(f"Its field {where} is wrong ({first['msg']}).") from None


@cache
def _adapter() -> TypeAdapter[Manifest]:
    return TypeAdapter(Manifest)
