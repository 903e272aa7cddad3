"""Files and storages: files that appear in one step, private files, and the folder or object store of a landing."""

from huggy_connector.storage.atomic_write import (
    create_beside,
    move_into_place,
    parse_temporary_name,
    read_default_permissions,
    remove_leftovers,
    replace_file,
    sync_to_disk,
)
from huggy_connector.storage.folder_probe import probe_folder
from huggy_connector.storage.liveness import LivenessLock, is_same_file
from huggy_connector.storage.object_store import ObjectStorage, open_storage
from huggy_connector.storage.permissions import FilePermissions
from huggy_connector.storage.private_files import (
    check_private_file,
    make_private_folder,
    open_private_file,
    write_private_file,
)
from huggy_connector.storage.protocol import LocalStorage, Storage
from huggy_connector.storage.temporary_folder import TemporaryFolder
from huggy_connector.storage.trust import UnsafePath, check_path, open_shared_file, resolve_links

__all__ = [
    "FilePermissions",
    "LivenessLock",
    "LocalStorage",
    "ObjectStorage",
    "Storage",
    "TemporaryFolder",
    "UnsafePath",
    "check_path",
    "check_private_file",
    "create_beside",
    "is_same_file",
    "make_private_folder",
    "move_into_place",
    "open_private_file",
    "open_shared_file",
    "open_storage",
    "parse_temporary_name",
    "probe_folder",
    "read_default_permissions",
    "remove_leftovers",
    "replace_file",
    "resolve_links",
    "sync_to_disk",
    "write_private_file",
]
