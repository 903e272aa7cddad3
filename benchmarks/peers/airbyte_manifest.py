"""All chats with airbyte-cdk's declarative manifest, as its messages on stdout. Runs in airbyte-cdk's own environment.

It uses the components of the manifest: PageIncrement from 0 until a page is empty, a bearer token, retries on 429
(after Retry-After) and on 5xx, 8 workers, and a budget of 20 requests a second in a moving window. Its workers share
the slices of a stream; a list that has only page numbers is one slice.
"""

import json
import os
from pathlib import Path

from airbyte_cdk.entrypoint import launch  # type: ignore[import-not-found]  # installed in its own environment only
from airbyte_cdk.models import ConfiguredAirbyteCatalogSerializer  # type: ignore[import-not-found]
from airbyte_cdk.sources.declarative.concurrent_declarative_source import (  # type: ignore[import-not-found]
    ConcurrentDeclarativeSource,
)

SCHEMA = {"type": "object", "additionalProperties": True, "properties": {"id": {"type": "integer"}}}
CHATS = {
    "type": "DeclarativeStream",
    "name": "chats",
    "primary_key": ["id"],
    "schema_loader": {"type": "InlineSchemaLoader", "schema": SCHEMA},
    "retriever": {
        "type": "SimpleRetriever",
        "requester": {
            "type": "HttpRequester",
            "url_base": "{{ config['base_url'] }}",
            "path": "/chats",
            "http_method": "GET",
            "authenticator": {"type": "BearerAuthenticator", "api_token": "{{ config['token'] }}"},
            "error_handler": {
                "type": "DefaultErrorHandler",
                "backoff_strategies": [
                    {"type": "WaitTimeFromHeader", "header": "Retry-After"},
                    {"type": "ExponentialBackoffStrategy", "factor": 1},
                ],
            },
        },
        "paginator": {
            "type": "DefaultPaginator",
            "page_token_option": {"type": "RequestOption", "inject_into": "request_parameter", "field_name": "page"},
            "pagination_strategy": {"type": "PageIncrement", "start_from_page": 0, "inject_on_first_request": True},
        },
        "record_selector": {"type": "RecordSelector", "extractor": {"type": "DpathExtractor", "field_path": []}},
    },
}
MANIFEST = {
    "type": "DeclarativeSource",
    "version": "7.39.1",
    "spec": {"type": "Spec", "connection_specification": {"type": "object", "properties": {}}},
    "check": {"type": "CheckStream", "stream_names": ["chats"]},
    "streams": [CHATS],
    "concurrency_level": {"type": "ConcurrencyLevel", "default_concurrency": 8},
    "api_budget": {
        "type": "HTTPAPIBudget",
        "policies": [
            {
                "type": "MovingWindowCallRatePolicy",
                "rates": [{"limit": 20, "interval": "PT1S"}],
                "matchers": [{"type": "HttpRequestRegexMatcher", "url_path_pattern": "/chats"}],
            }
        ],
    },
}
CATALOG = {
    "streams": [
        {
            "stream": {"name": "chats", "json_schema": SCHEMA, "supported_sync_modes": ["full_refresh"]},
            "sync_mode": "full_refresh",
            "destination_sync_mode": "append",
        }
    ]
}


def main() -> None:
    config = {"base_url": os.environ["HUGGY_BASE_URL"], "token": os.environ["HUGGY_ACCESS_TOKEN"]}
    Path("config.json").write_text(json.dumps(config))
    Path("catalog.json").write_text(json.dumps(CATALOG))
    source = ConcurrentDeclarativeSource(
        catalog=ConfiguredAirbyteCatalogSerializer.load(CATALOG), config=config, state=[], source_config=MANIFEST
    )
    launch(source, ["read", "--config", "config.json", "--catalog", "catalog.json"])


if __name__ == "__main__":
    main()
