"""How to walk a list that moves. Pure: pages are asked for through a callable."""

from huggy_connector.sweep.children import Children
from huggy_connector.sweep.drive import drive
from huggy_connector.sweep.facts import Facts, FactsOf, facts_of, version_of
from huggy_connector.sweep.incremental import Incremental, Past
from huggy_connector.sweep.one_by_one import OneByOne
from huggy_connector.sweep.streams import Streams
from huggy_connector.sweep.types import Ask, Certificate, Page, Row, Walk
from huggy_connector.sweep.window import Window

__all__ = [
    "Ask",
    "Certificate",
    "Children",
    "Facts",
    "FactsOf",
    "Incremental",
    "OneByOne",
    "Page",
    "Past",
    "Row",
    "Streams",
    "Walk",
    "Window",
    "drive",
    "facts_of",
    "version_of",
]
