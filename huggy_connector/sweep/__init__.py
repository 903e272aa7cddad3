"""How to walk a list that moves. Pure: pages are asked for through a callable."""

from huggy_connector.sweep.by_id import ById
from huggy_connector.sweep.children import Children
from huggy_connector.sweep.drive import drive
from huggy_connector.sweep.ends import EndSearch
from huggy_connector.sweep.facts import Facts, FactsOf, facts_of, version_of
from huggy_connector.sweep.full import Full
from huggy_connector.sweep.incremental import Incremental
from huggy_connector.sweep.one_by_one import OneByOne
from huggy_connector.sweep.past import Past
from huggy_connector.sweep.plan import Span
from huggy_connector.sweep.streams import Streams
from huggy_connector.sweep.types import Ask, Certificate, Page, Row, Scope, Walk
from huggy_connector.sweep.window import Window

__all__ = [
    "Ask",
    "ById",
    "Certificate",
    "Children",
    "EndSearch",
    "Facts",
    "FactsOf",
    "Full",
    "Incremental",
    "OneByOne",
    "Page",
    "Past",
    "Row",
    "Scope",
    "Span",
    "Streams",
    "Walk",
    "Window",
    "drive",
    "facts_of",
    "version_of",
]
