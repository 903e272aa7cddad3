"""Names of columns in a CSV for Excel are no formulas."""

import pytest

from huggy_connector.warehouse.read.formats.value_formats import escape_excel_name


@pytest.mark.parametrize("sign", ["=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠"])
def test_a_name_that_begins_like_a_formula_gets_an_apostrophe(sign: str) -> None:
    assert (escape_excel_name(f"{sign}1"), escape_excel_name(f"a{sign}1")) == (f"'{sign}1", f"a{sign}1")
