"""Files on a disk that others use too: put in place in one step, and private where they hold what is ours alone."""

from huggy_connector.storage.access import Access
from huggy_connector.storage.neighbours import Unsafe, check_way, followed, open_shared
from huggy_connector.storage.private import check_private_file, open_private, private_folder
from huggy_connector.storage.replace import (
    access_of_new,
    half_of,
    new_beside,
    put_in_place,
    replacing,
    sweep_beside,
    sync,
)
from huggy_connector.storage.temporary import OwnFolder

__all__ = [
    "Access",
    "OwnFolder",
    "Unsafe",
    "access_of_new",
    "check_private_file",
    "check_way",
    "followed",
    "half_of",
    "new_beside",
    "open_private",
    "open_shared",
    "private_folder",
    "put_in_place",
    "replacing",
    "sweep_beside",
    "sync",
]
