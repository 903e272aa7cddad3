"""What one landing will read, and why."""

from dataclasses import dataclass

from huggy_connector.model import Mode
from huggy_connector.sweep import CreationSpan, Cursor


@dataclass(frozen=True, slots=True)
class LandingJob:
    """What one landing will read, and why.

    `pages` is the length of the list last time. `ids` are those of the records that are read one by one, or of the
    parents whose lists are read. `covers` are the run keys of the snapshots that name them. `cursor` is what an
    incremental run starts from. `events` are the run keys of the snapshots of events that this job covers.
    """

    mode: Mode
    why: str
    span: CreationSpan | None = None
    pages: int | None = None
    ids: tuple[int, ...] = ()
    covers: tuple[str, ...] = ()
    cursor: Cursor | None = None
    events: tuple[str, ...] = ()
