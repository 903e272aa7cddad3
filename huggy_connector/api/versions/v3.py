"""API v3: the catalogue describes it. Source: developers.huggy.io, API v3."""

from huggy_connector.api.versions.types import ApiVersion

V3 = ApiVersion("v3")
