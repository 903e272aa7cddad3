"""From rows to published snapshots: typed Parquet files that are there when, and only when, their manifest is."""

from huggy_connector.landing.asked import Asked
from huggy_connector.landing.erasure import Erasure
from huggy_connector.landing.forgotten import Forgotten
from huggy_connector.landing.manifest import MODES, File, Manifest
from huggy_connector.landing.objects import ObjectStorage, storage_at
from huggy_connector.landing.packs import Pack, Packs
from huggy_connector.landing.parts import RUN_KEY_COLUMN, Part
from huggy_connector.landing.person import Everyone, Person
from huggy_connector.landing.privacy import KEEP_ALL, Policy, check_key, key_of
from huggy_connector.landing.schema import arrow_schema, convert, make_ready, schema_fingerprint
from huggy_connector.landing.snapshot import Landing
from huggy_connector.landing.state import Counters
from huggy_connector.landing.storage import Folder, Storage
from huggy_connector.landing.unfinished import run_key
from huggy_connector.landing.withheld import Withheld
from huggy_connector.landing.work import Work

__all__ = [
    "KEEP_ALL",
    "MODES",
    "RUN_KEY_COLUMN",
    "Asked",
    "Counters",
    "Erasure",
    "Everyone",
    "File",
    "Folder",
    "Forgotten",
    "Landing",
    "Manifest",
    "ObjectStorage",
    "Pack",
    "Packs",
    "Part",
    "Person",
    "Policy",
    "Storage",
    "Withheld",
    "Work",
    "arrow_schema",
    "check_key",
    "convert",
    "key_of",
    "make_ready",
    "run_key",
    "schema_fingerprint",
    "storage_at",
]
