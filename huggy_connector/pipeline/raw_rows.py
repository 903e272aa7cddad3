"""Rows of a list as the API gives them, without a landing."""

from collections.abc import Iterator

from huggy_connector.api import Client
from huggy_connector.catalogue import Resource
from huggy_connector.errors import ConfigurationError
from huggy_connector.model import Row
from huggy_connector.sweep import PageAnswer, PageRequest, SequentialWalk, drive


def read_rows(client: Client, resource: Resource) -> Iterator[Row]:
    """Yield every row of a list, page by page. A row that moves meanwhile may come twice.

    Raise ConfigurationError for a substream, such as the messages of a chat.
    """
    if resource.parent is not None:
        raise ConfigurationError(f"{resource.name} are those of one record of {resource.parent}: land them instead.")

    def fetch(request: PageRequest) -> PageAnswer:
        fetched = client.fetch_page(resource, request.page)
        return PageAnswer(request=request, rows=fetched.rows, fetched_at=fetched.at)

    for page in drive(SequentialWalk(paged=resource.paged), fetch):
        yield from page.rows
