"""All chats with singer-sdk's RESTStream, as its messages on stdout. Runs in singer-sdk's own environment.

It uses what the SDK has: a page number from 0 until a page is empty, a bearer token, its own retries on 429 and 5xx.
The SDK has no budget of requests and cannot read one list with several pages in flight.
"""

import os
from typing import Any

from singer_sdk import RESTStream, Tap  # type: ignore[import-not-found]  # installed in its own environment only
from singer_sdk.authenticators import BearerTokenAuthenticator  # type: ignore[import-not-found]
from singer_sdk.pagination import BasePageNumberPaginator  # type: ignore[import-not-found]


class Chats(RESTStream):  # type: ignore[misc]
    name = "chats"
    path = "/chats"
    primary_keys = ("id",)
    schema = {"type": "object", "additionalProperties": True, "properties": {"id": {"type": "integer"}}}  # noqa: RUF012
    url_base = os.environ["HUGGY_BASE_URL"]

    @property
    def authenticator(self) -> BearerTokenAuthenticator:
        return BearerTokenAuthenticator(token=os.environ["HUGGY_ACCESS_TOKEN"])

    def get_new_paginator(self) -> BasePageNumberPaginator:
        return BasePageNumberPaginator(0)

    def get_url_params(self, context: Any, next_page_token: int) -> dict[str, Any]:
        del context
        return {"page": next_page_token}


class HuggyTap(Tap):  # type: ignore[misc]
    name = "tap-huggy"
    config_jsonschema = {"type": "object", "properties": {}}  # noqa: RUF012

    def discover_streams(self) -> list[Chats]:
        return [Chats(self)]


if __name__ == "__main__":
    HuggyTap.cli([])
