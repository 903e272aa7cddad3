"""Huggy's chats and contacts in a DuckDB warehouse, within the rate limit, without losing a row.

The names of `__all__` are public: docs/public-api.md says what that promises. Each is imported when it is first used.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from huggy_connector.deprecation import HuggyDeprecationWarning
    from huggy_connector.errors import (
        AnswerTooLarge,
        ApiError,
        CheckFailed,
        ClockWrong,
        CompanyStopped,
        ConfigurationError,
        ExtraMissing,
        Forbidden,
        HuggyError,
        Interrupted,
        LandingBusy,
        LandingError,
        LandingUnwritable,
        MangledAnswer,
        NotFound,
        Overlong,
        RateLimited,
        Refused,
        ServerFailed,
        SnapshotDamaged,
        StoreAway,
        SweepError,
        Unauthorized,
        UnexpectedShape,
        Unreachable,
        Untrusted,
        WarehouseBusy,
        WarehouseError,
        WarehouseUnusable,
    )
    from huggy_connector.landing import Manifest
    from huggy_connector.model import Certificate, Mode
    from huggy_connector.pipeline import AccountCheck, CostEstimate, Pipeline, SyncReport, parse_span
    from huggy_connector.settings import Settings
    from huggy_connector.warehouse import LoadReport, QueryResult, connect, export, query
else:
    from huggy_connector.lazy_exports import export_lazily

    __getattr__, __dir__ = export_lazily(
        __name__,
        {
            "deprecation": ["HuggyDeprecationWarning"],
            "errors": [
                "AnswerTooLarge",
                "ApiError",
                "CheckFailed",
                "ClockWrong",
                "CompanyStopped",
                "ConfigurationError",
                "ExtraMissing",
                "Forbidden",
                "HuggyError",
                "Interrupted",
                "LandingBusy",
                "LandingError",
                "LandingUnwritable",
                "MangledAnswer",
                "NotFound",
                "Overlong",
                "RateLimited",
                "Refused",
                "ServerFailed",
                "SnapshotDamaged",
                "StoreAway",
                "SweepError",
                "Unauthorized",
                "UnexpectedShape",
                "Unreachable",
                "Untrusted",
                "WarehouseBusy",
                "WarehouseError",
                "WarehouseUnusable",
            ],
            "landing": ["Manifest"],
            "model": ["Certificate", "Mode"],
            "pipeline": ["AccountCheck", "CostEstimate", "Pipeline", "SyncReport", "parse_span"],
            "settings": ["Settings"],
            "warehouse": ["LoadReport", "QueryResult", "connect", "export", "query"],
        },
    )

__version__ = "0.2.0"

__all__ = [
    "AccountCheck",
    "AnswerTooLarge",
    "ApiError",
    "Certificate",
    "CheckFailed",
    "ClockWrong",
    "CompanyStopped",
    "ConfigurationError",
    "CostEstimate",
    "ExtraMissing",
    "Forbidden",
    "HuggyDeprecationWarning",
    "HuggyError",
    "Interrupted",
    "LandingBusy",
    "LandingError",
    "LandingUnwritable",
    "LoadReport",
    "MangledAnswer",
    "Manifest",
    "Mode",
    "NotFound",
    "Overlong",
    "Pipeline",
    "QueryResult",
    "RateLimited",
    "Refused",
    "ServerFailed",
    "Settings",
    "SnapshotDamaged",
    "StoreAway",
    "SweepError",
    "SyncReport",
    "Unauthorized",
    "UnexpectedShape",
    "Unreachable",
    "Untrusted",
    "WarehouseBusy",
    "WarehouseError",
    "WarehouseUnusable",
    "__version__",
    "connect",
    "export",
    "parse_span",
    "query",
]
