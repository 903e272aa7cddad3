"""The facts of a row."""

from zoneinfo import ZoneInfo

import pytest

from huggy_connector.catalogue import RESOURCES
from huggy_connector.sweep import make_facts_reader


@pytest.mark.parametrize("row", [{"id": 1, "name": "cut \\ud83d"}, {"id": 1, "\\udc00": [{"x": "\\ud800"}]}])
def test_half_a_surrogate_pair_counts_as_content(row: dict[str, object]) -> None:
    facts = make_facts_reader(RESOURCES["contacts"], zone=ZoneInfo("UTC"))
    assert facts(row).id == 1
    assert facts(row).version == facts(dict(row)).version != facts({"id": 1, "name": "cut ?"}).version
