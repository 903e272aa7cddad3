"""Names of columns in a CSV for Excel are no formulas."""

import pytest

from huggy_connector.visible import escape_formula


@pytest.mark.parametrize("sign", ["=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠"])
def test_a_name_that_begins_like_a_formula_gets_an_apostrophe(sign: str) -> None:
    assert (escape_formula(f"{sign}1"), escape_formula(f"a{sign}1")) == (f"'{sign}1", f"a{sign}1")
