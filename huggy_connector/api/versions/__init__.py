"""What differs between the versions of the API: paths, header, and the spelling of records. Pure.

types     what is known of a version
v3        the version that the catalogue describes
v2        fewer lists, no company in the path, other spellings
gathering how a short list is read of which nobody knows whether it comes in pages
selection which resources a run reads of a version, and which it has to leave out
"""

from huggy_connector.api.versions.gathering import gather_pages
from huggy_connector.api.versions.selection import (
    get_version,
    refuse_unknown_events,
    require_resource,
    select_of_version,
)
from huggy_connector.api.versions.types import ApiVersion
from huggy_connector.api.versions.v2 import V2
from huggy_connector.api.versions.v3 import V3

__all__ = [
    "V2",
    "V3",
    "ApiVersion",
    "gather_pages",
    "get_version",
    "refuse_unknown_events",
    "require_resource",
    "select_of_version",
]
