"""What a sweep knows of a row."""

from zoneinfo import ZoneInfo

import pytest

from huggy_connector.catalogue import RESOURCES
from huggy_connector.sweep import facts_of


@pytest.mark.parametrize("row", [{"id": 1, "name": "cut \\ud83d"}, {"id": 1, "\\udc00": [{"x": "\\ud800"}]}])
def test_half_a_surrogate_pair_is_content_like_any_other(row: dict[str, object]) -> None:
    facts = facts_of(RESOURCES["contacts"], zone=ZoneInfo("UTC"))
    assert facts(row).id == 1
    assert facts(row).version == facts(dict(row)).version != facts({"id": 1, "name": "cut ?"}).version
