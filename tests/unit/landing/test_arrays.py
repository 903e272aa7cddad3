from __future__ import annotations

import os
import subprocess
import sys
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from huggy_connector.catalogue import RESOURCES
from huggy_connector.landing import arrow_schema
from huggy_connector.landing.arrays import build_array

ROOT = Path(__file__).resolve().parents[3]
LIST_CODE = """
import sys
import pyarrow as pa
from huggy_connector.landing.arrays import build_array
build_array([1, None], pa.int64())
print("pandas" in sys.modules)
"""


def values_of(kind: pa.DataType) -> st.SearchStrategy[Any]:
    """Values of a type, None among them."""
    if pa.types.is_struct(kind):
        some: st.SearchStrategy[Any] = st.fixed_dictionaries(
            {}, optional={field.name: values_of(field.type) for field in kind}
        )
    elif pa.types.is_list(kind):
        some = st.lists(values_of(kind.value_type), max_size=3)
    elif pa.types.is_string(kind):
        some = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
    elif pa.types.is_boolean(kind):
        some = st.booleans()
    elif pa.types.is_date(kind):
        some = st.dates() | st.integers(-(2**31), 2**31 - 1)
    elif pa.types.is_timestamp(kind):
        some = st.datetimes(timezones=st.just(UTC) if kind.tz else st.none()) | st.integers(-(2**62), 2**62)
    else:
        some = st.integers(-(2 ** (kind.bit_width - 1)), 2 ** (kind.bit_width - 1) - 1)
    return st.none() | some


KINDS = sorted({field.type for each in RESOURCES.values() for field in arrow_schema(each)}, key=str)
COLUMNS = st.sampled_from(KINDS).flatmap(lambda kind: st.tuples(st.just(kind), st.lists(values_of(kind), max_size=20)))


@given(COLUMNS)
@example((pa.string(), []))
@example((pa.string(), [None]))
@example((pa.bool_(), [True] * 8 + [None, False, True]))
@example((pa.timestamp("us", tz="UTC"), [datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)]))
@example((pa.date32(), [date.min, date.max]))
@example((pa.list_(pa.struct([("a", pa.string())])), [[{"a": "é"}, None, {}], [], None, [{"a": None}]]))
def test_an_array_is_what_pyarrow_makes_of_the_values(column: tuple[pa.DataType, list[Any]]) -> None:
    kind, values = column
    built = build_array(values, kind)
    built.validate(full=True)
    assert built.equals(pa.array(values, kind))
    assert built.null_count == pa.array(values, kind).null_count


@pytest.mark.parametrize("kind", [pa.float64(), pa.timestamp("ns"), pa.large_string()])
def test_another_type_is_refused(kind: pa.DataType) -> None:
    with pytest.raises(TypeError, match="is no type of a landing"):
        build_array([None], kind)


@pytest.mark.parametrize(("kind", "value"), [(pa.int32(), 2**31), (pa.int64(), 2**63), (pa.string(), "\ud800")])
def test_a_value_that_does_not_fit_is_an_error(kind: pa.DataType, value: Any) -> None:
    with pytest.raises((OverflowError, UnicodeEncodeError)):
        build_array([value], kind)


@pytest.mark.slow
def test_no_array_imports_pandas() -> None:
    environ = {**os.environ, "PYTHONPATH": str(ROOT)}
    ran = subprocess.run([sys.executable, "-c", LIST_CODE], env=environ, capture_output=True, text=True, check=True)
    assert ran.stdout == "False\n"
