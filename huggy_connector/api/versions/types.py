"""What is known of a version of the API."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from huggy_connector.api import protocol
from huggy_connector.api.http_messages import Request
from huggy_connector.catalogue import Resource
from huggy_connector.errors import ConfigurationError
from huggy_connector.model import Row

V3_HEADER: Final = "Authorization"
"""The header of a token, where a version leaves no choice."""


def keep_spelling(resource: str, row: Row) -> Row:
    """Return the record as it is."""
    del resource
    return row


@dataclass(frozen=True, slots=True)
class ApiVersion:
    """One version of the API.

    `resources` are those that it has, as it has them: with its paths, and with the filters that it is known to honour.
    None: all of the catalogue, as they are there. `to_v3_spelling` returns a record of a resource with the keys of v3.
    """

    name: str
    resources: Mapping[str, Resource] | None = None
    to_v3_spelling: Callable[[str, Row], Row] = keep_spelling
    has_profile: bool = True
    """Whether a token can ask whose it is. Where not, the company's number must be given."""
    names_company: bool = True
    """Whether a path may begin with the company. Where not, a token belongs to one company."""
    embeds_contacts: bool = True
    """Whether a chat brings its contact. Where not, the contacts of changed chats are read by their ids."""
    has_events: bool = True
    """Whether internal events can be asked for among the messages."""

    gathered: frozenset[str] = frozenset()
    """Lists of which nobody knows whether they come in pages. They are short: all pages are read, and given as one."""

    def has(self, resource: Resource) -> bool:
        """Say whether the version has this list."""
        return self.resources is None or resource.name in self.resources

    def adapt(self, resource: Resource) -> Resource:
        """Return the resource as this version has it. Raises ConfigurationError if it lacks it: no request is sent."""
        if self.resources is None:
            return resource
        if resource.name not in self.resources:
            raise ConfigurationError(
                f"API {self.name} has no list of {resource.name}, it has {', '.join(self.resources)}: leave it out, or "
                "move to v3 (docs/api-v2.md)."
            )
        return self.resources[resource.name]

    def list_request(
        self,
        resource: Resource,
        page: int,
        *,
        company_id: int | None,
        parent: int | None = None,
        filters: tuple[tuple[str, str], ...] = (),
    ) -> Request:
        """Return the request for a page of a list, or of the list of one `parent`. Raises as `adapt`."""
        return protocol.build_list_request(
            self.adapt(resource).path.format(id=parent),
            company_id=company_id if self.names_company else None,
            page=page if resource.paged or resource.name in self.gathered else None,
            filters=filters,
        )

    def row_request(self, resource: Resource, row_id: int, *, company_id: int | None) -> Request:
        """Return the request for one record by its id. Raises as `adapt`."""
        company_id = company_id if self.names_company else None
        return protocol.build_row_request(self.adapt(resource).path, row_id, company_id=company_id)

    def respell(self, resource: Resource, rows: Sequence[Row]) -> Sequence[Row]:
        """Return the records with the keys of v3. An element that is no record stays empty."""
        if self.to_v3_spelling is keep_spelling:
            return rows
        return [row and self.to_v3_spelling(resource.name, row) for row in rows]
