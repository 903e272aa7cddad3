"""Ways to read a list that moves. No I/O: the pages come through a function that the caller gives."""

from huggy_connector.sweep.cursor import Cursor
from huggy_connector.sweep.driver import drive
from huggy_connector.sweep.full import FullWalk
from huggy_connector.sweep.incremental import IncrementalWalk
from huggy_connector.sweep.lookup import IdLookup
from huggy_connector.sweep.moving.end_search import EndSearch
from huggy_connector.sweep.moving.plan import CreationSpan
from huggy_connector.sweep.moving.streams import StreamSweep
from huggy_connector.sweep.row_facts import FactsReader, RowFacts, compute_row_version, make_facts_reader
from huggy_connector.sweep.sequential import SequentialWalk
from huggy_connector.sweep.substreams import GIVE_UP_AFTER, SubstreamWalk
from huggy_connector.sweep.types import PageAnswer, PageRequest, Walk
from huggy_connector.sweep.window import WindowWalk

__all__ = [
    "GIVE_UP_AFTER",
    "CreationSpan",
    "Cursor",
    "EndSearch",
    "FactsReader",
    "FullWalk",
    "IdLookup",
    "IncrementalWalk",
    "PageAnswer",
    "PageRequest",
    "RowFacts",
    "SequentialWalk",
    "StreamSweep",
    "SubstreamWalk",
    "Walk",
    "WindowWalk",
    "compute_row_version",
    "drive",
    "make_facts_reader",
]
