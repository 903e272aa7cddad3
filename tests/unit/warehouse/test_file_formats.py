"""JSON files hold null instead of NaN and Infinity."""

import json
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from huggy_connector.cli.json_values import to_json_value
from huggy_connector.warehouse.read.formats.file_formats import replace_non_finite

VALUES = st.recursive(
    st.floats() | st.sampled_from(['"NaN', "\\", "-Infinity", ":NaN,", "\\u0022"]) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@given(VALUES)
@example({'NaN": ': [float("nan"), '\\" NaN', float("-inf")]})
def test_only_nan_and_infinity_become_null(value: Any) -> None:
    line = json.dumps(value, ensure_ascii=False).encode()
    assert json.loads(replace_non_finite(line), parse_constant=pytest.fail) == to_json_value(value)
