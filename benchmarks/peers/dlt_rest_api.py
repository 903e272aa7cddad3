"""All chats with dlt's rest_api source, into JSON lines in the folder `landing`. Runs in dlt's own environment.

It is written as a user of dlt would write it: pages from 0 until one is empty, a bearer token, dlt's own retries on 429
and 5xx. Its files have the rows as they came (no child tables), like those of the others. dlt has no budget of requests
and cannot read one list with several pages in flight.
"""

import os
from pathlib import Path

import dlt  # type: ignore[import-not-found]  # installed in its own environment only
from dlt.sources.rest_api import rest_api_source  # type: ignore[import-not-found]

ALWAYS_NULL = ("chatDepartment", "chatTabulation")
"""dlt warns of columns without any value, unless it has their type."""


def main() -> None:
    here = Path.cwd()
    source = rest_api_source(
        {
            "client": {
                "base_url": os.environ["HUGGY_BASE_URL"],
                "auth": {"type": "bearer", "token": os.environ["HUGGY_ACCESS_TOKEN"]},
                "paginator": {
                    "type": "page_number",
                    "page_param": "page",
                    "base_page": 0,
                    "total_path": None,
                    "stop_after_empty_page": True,
                },
            },
            "resources": [
                {
                    "name": "chats",
                    "primary_key": "id",
                    "columns": {name: {"data_type": "text"} for name in ALWAYS_NULL},
                    "max_table_nesting": 0,
                    "endpoint": {"path": "chats"},
                }
            ],
        }
    )
    pipeline = dlt.pipeline(
        "huggy",
        destination=dlt.destinations.filesystem((here / "landing").as_uri()),
        dataset_name="huggy",
        pipelines_dir=str(here / "work"),
    )
    pipeline.run(source, loader_file_format="jsonl").raise_on_failed_jobs()


if __name__ == "__main__":
    main()
