"""JSON without the numbers that are none, names that are no formulas."""

import json
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from huggy_connector.cli.plain import plain
from huggy_connector.warehouse.formats import nulls_for_no_numbers
from huggy_connector.warehouse.forms import name_in_excel

VALUES = st.recursive(
    st.floats() | st.sampled_from(['"NaN', "\\", "-Infinity", ":NaN,", "\\u0022"]) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@given(VALUES)
@example({'NaN": ': [float("nan"), '\\" NaN', float("-inf")]})
def test_only_numbers_that_are_none_become_null(value: Any) -> None:
    written = json.dumps(value, ensure_ascii=False).encode()
    assert json.loads(nulls_for_no_numbers(written), parse_constant=pytest.fail) == plain(value)


@pytest.mark.parametrize("sign", ["=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠"])
def test_a_name_that_begins_as_a_formula_has_an_apostrophe_before_it(sign: str) -> None:
    assert (name_in_excel(f"{sign}1"), name_in_excel(f"a{sign}1")) == (f"'{sign}1", f"a{sign}1")
