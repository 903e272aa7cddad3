"""Rows become published snapshots here: typed Parquet files that exist if, and only if, their manifest exists."""

from huggy_connector.landing.erasure.data_subject import DataSubject, SuppressedSubjects
from huggy_connector.landing.erasure.erasure import Erasure
from huggy_connector.landing.erasure.suppressed_landing import SuppressedLanding
from huggy_connector.landing.landing import Landing
from huggy_connector.landing.landing_request import LandingRequest
from huggy_connector.landing.manifest import Manifest, ManifestFile
from huggy_connector.landing.pack_manifest import Pack
from huggy_connector.landing.packs import Packs
from huggy_connector.landing.parts import RUN_KEY_COLUMN, SnapshotPart
from huggy_connector.landing.run_key import make_run_key
from huggy_connector.landing.schema import arrow_schema, convert, schema_fingerprint, warm_up
from huggy_connector.landing.work.checkpoint import WorkCounters
from huggy_connector.landing.work.writer import SnapshotWriter

__all__ = [
    "RUN_KEY_COLUMN",
    "DataSubject",
    "Erasure",
    "Landing",
    "LandingRequest",
    "Manifest",
    "ManifestFile",
    "Pack",
    "Packs",
    "SnapshotPart",
    "SnapshotWriter",
    "SuppressedLanding",
    "SuppressedSubjects",
    "WorkCounters",
    "arrow_schema",
    "convert",
    "make_run_key",
    "schema_fingerprint",
    "warm_up",
]
