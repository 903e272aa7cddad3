"""What differs between the versions of the API: paths, header, and the spelling of records. Pure.

types     what is known of a version
v3        the version that the catalogue describes
v2        fewer lists, no company in the path, other spellings
selection which resources a run reads of a version, and which it has to leave out
"""

from huggy_connector.api.versions.selection import get_version, require_resource, select_of_version
from huggy_connector.api.versions.types import ApiVersion
from huggy_connector.api.versions.v2 import V2
from huggy_connector.api.versions.v3 import V3

__all__ = ["V2", "V3", "ApiVersion", "get_version", "require_resource", "select_of_version"]
