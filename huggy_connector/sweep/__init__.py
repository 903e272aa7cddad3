"""How to walk a list that moves. Pure: pages are asked for through a callable."""

from huggy_connector.sweep.drive import drive
from huggy_connector.sweep.one_by_one import OneByOne
from huggy_connector.sweep.types import Ask, Certificate, Page, Row, Walk

__all__ = ["Ask", "Certificate", "OneByOne", "Page", "Row", "Walk", "drive"]
