"""The values of an answer, whatever they are, in every form that it is handed on in. Nothing is lost, and all agree."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import duckdb
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from huggy_connector.cli.json_values import to_json_value
from huggy_connector.cli.output import print_table
from huggy_connector.errors import ConfigurationError
from huggy_connector.visible import escape_controls
from huggy_connector.warehouse import export, query
from huggy_connector.warehouse.read.formats.value_formats import JSON, TABLE
from huggy_connector.warehouse.schema import sql
from tests.sizes import FULL

ZONE = ZoneInfo("America/Sao_Paulo")


@pytest.fixture(scope="module")
def warehouse(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("forms") / "huggy.duckdb"
    duckdb.connect(str(file)).close()
    return file


@pytest.fixture(scope="module")
def ask(warehouse: Path) -> Callable[[str], dict[str, Any]]:
    """The only row of `--json`."""

    def asked(question: str) -> dict[str, Any]:
        answer = query(warehouse, question, zone=ZONE, value_format=JSON)
        (row,) = answer.rows
        return dict(zip(answer.columns, row, strict=True))

    return asked


@pytest.fixture(scope="module")
def written(warehouse: Path) -> Callable[..., Path]:
    """A file of an answer."""

    def write(question: str, ending: str, *, excel: bool = False) -> Path:
        file = warehouse.with_name(f"answer{ending}")
        export(warehouse, question, file, zone=ZONE, excel=excel)
        return file

    return write


def strict(document: str) -> Any:
    return json.loads(document, parse_constant=lambda word: pytest.fail(f"{word} is no JSON"))


VALUES = [
    # what is asked for, in --json, in a .csv and, where it is not the same as in --json, in a .json file
    ("'nan'::DOUBLE", None, "nan"),
    ("'-inf'::FLOAT", None, "-inf"),
    ("[1.5::DOUBLE, 'inf', NULL]", [1.5, None, None], "[1.5, inf, NULL]"),
    ("{'a': ['nan'::FLOAT]}", {"a": [None]}, "{'a': [nan]}"),
    ("MAP {'x': 'inf'::DOUBLE}", {"x": None}, "{x=inf}"),
    ("1.10::DECIMAL(10,2)", 1.1, "1.10"),
    ("170141183460469231731687303715884105727::HUGEINT", 2**127 - 1, str(2**127 - 1)),
    ("9007199254740993", 9007199254740993, "9007199254740993"),
    ("DATE '2026-11-01'", "2026-11-01", "2026-11-01"),
    ("TIME '10:00:00.5'", "10:00:00.5", "10:00:00.5"),
    ("TIMESTAMP '2026-11-01 10:00:00'", "2026-11-01T10:00:00", "2026-11-01 10:00:00", "2026-11-01 10:00:00"),
    (
        "TIMESTAMPTZ '2026-11-01 13:00:00.25+00'",
        "2026-11-01T10:00:00.250000-03:00",
        "2026-11-01 10:00:00.25-03",
        "2026-11-01 10:00:00.25-03",
    ),
    (
        "{'at': [TIMESTAMP '2026-11-01 10:00:00']}",
        {"at": ["2026-11-01T10:00:00"]},
        "{'at': ['2026-11-01 10:00:00']}",
        {"at": ["2026-11-01 10:00:00"]},
    ),
    (
        "union_value(at := TIMESTAMP '2026-11-01 10:00:00')",
        {"at": "2026-11-01T10:00:00"},
        "2026-11-01 10:00:00",
        {"at": "2026-11-01 10:00:00"},
    ),
    ("TIMESTAMP 'infinity'", "infinity", "infinity"),
    ("DATE '20000-01-01'", "20000-01-01", "20000-01-01"),
    ("INTERVAL '1 month 2 days 3 hours'", "1 month 2 days 03:00:00", "1 month 2 days 03:00:00"),
    ("'\\xAA\\x00a'::BLOB", "\\xAA\\x00a", "\\xAA\\x00a"),
    ("'10101'::BIT", "10101", "10101"),
    ("'7d1c1f0a-3b3e-4c58-9a3d-2f6b8f3f5c11'::UUID", *("7d1c1f0a-3b3e-4c58-9a3d-2f6b8f3f5c11",) * 2),
    ("union_value(number := 2)", {"number": 2}, "2"),
    ("MAP {[1]: 2}", {"[1]": 2}, "{[1]=2}"),
    ("""'{"a": [1, NaN]}'::JSON""", {"a": [1, None]}, '{"a": [1, NaN]}'),
    ("'x'::ENUM ('x', 'y')", "x", "x"),
    ("chr(27) || 'a' || chr(0)", "\x1ba\0", "\x1ba\0"),
]


@pytest.mark.parametrize(("value", "in_json", "in_csv", "in_a_file"), [(*each, each[1])[:4] for each in VALUES])
def test_a_value_is_the_same_in_json_in_csv_and_in_a_json_file(
    ask: Callable[[str], dict[str, Any]],
    written: Callable[..., Path],
    value: str,
    in_json: object,
    in_csv: str,
    in_a_file: object,
) -> None:
    question = f"SELECT {value} AS v"
    assert ask(question) == {"v": in_json}
    assert strict(written(question, ".json").read_text()) == [{"v": in_a_file}]
    assert strict(written(question, ".jsonl").read_text()) == {"v": in_a_file}
    with written(question, ".csv").open(newline="") as file:
        assert list(csv.reader(file)) == [["v"], [in_csv]]


def test_digits_that_a_double_cannot_hold_are_a_text_and_no_number_is_null(
    ask: Callable[[str], dict[str, Any]],
) -> None:
    assert ask(
        "SELECT 12345678901234567890.125::DECIMAL(38,3) AS a, '[1e999]'::JSON AS b, repeat('9', 5000)::JSON c"
    ) == {
        "a": "12345678901234567890.125",
        "b": [None],
        "c": "9" * 5000,
    }


def test_names_that_occur_twice_are_unique_in_every_form(
    ask: Callable[[str], dict[str, Any]], written: Callable[..., Path], warehouse: Path
) -> None:
    question, told = "SELECT 1 AS id, 2 AS id, 3 AS id_1, 4 AS ID", {"id": 1, "id_1": 2, "id_1_1": 3, "ID_2": 4}
    assert ask(question) == strict(written(question, ".json").read_text())[0] == told
    with written(question, ".csv").open(newline="") as file:
        assert list(csv.reader(file)) == [[*told], ["1", "2", "3", "4"]]
    assert duckdb.read_parquet(str(written(question, ".parquet"))).columns == [*told]
    assert query(warehouse, question).columns == query(warehouse, question, value_format=TABLE).columns == (*told,)


def test_integers_of_128_bits_stay_exact_in_parquet(written: Callable[..., Path]) -> None:
    question = "SELECT sum(9007199254740993) AS h, [{'HUGEINT': 1::UHUGEINT}] AS n, 'HUGEINT'::ENUM ('HUGEINT') AS e"
    file = duckdb.read_parquet(str(written(question, ".parquet")))
    assert list(map(str, file.types)) == ["DECIMAL(38,0)", "STRUCT(HUGEINT DECIMAL(38,0))[]", "VARCHAR"]
    assert file.fetchall() == [(9007199254740993, [{"HUGEINT": 1}], "HUGEINT")]


def test_what_no_parquet_file_holds_exactly_is_refused(written: Callable[..., Path]) -> None:
    with pytest.raises(ConfigurationError, match=r"^The query met a value that does not fit: use TRY_CAST"):
        written("SELECT 170141183460469231731687303715884105727::HUGEINT AS h", ".parquet")


def test_the_csv_for_excel_holds_no_formula_and_what_excel_in_brazil_reads(written: Callable[..., Path]) -> None:
    signs = ("=1+1", "+55 11", "-1", "@x", "\t=1", "\r=1", "\n=1", "＝1", "a=1", "", "a;b")
    rows = ", ".join(f"({sql.text(sign)})" for sign in signs)
    texts = written(f'SELECT t AS "=name" FROM (VALUES {rows}) AS told(t)', ".csv", excel=True).read_bytes()
    assert texts.startswith(b"\xef\xbb\xbf'=name\n")
    told = list(csv.reader(texts.decode("utf-8-sig").split("\n"), delimiter=";"))
    assert told[1:6] == [["'=1+1"], ["'+55 11"], ["'-1"], ["'@x"], ["'\t=1"]]
    question = (
        "SELECT 1.5 AS a, -2.25::DOUBLE AS b, 'nan'::DOUBLE AS c, -3 AS d, DATE '2026-11-01' AS e, true AS f,"
        " NULL AS g, TIMESTAMPTZ '2026-11-01 13:00:00.25+00' AS h, ['=1'] AS i, INTERVAL '-1 day' AS j,"
        " '=1'::ENUM ('=1') AS k, 'São Paulo' AS l, '{\"a\": 1}'::JSON AS m"
    )
    assert written(question, ".csv", excel=True).read_text(encoding="utf-8-sig").split("\n")[1] == (
        '1,5;-2,25;;-3;2026-11-01;true;;2026-11-01 10:00:00;[\'=1\'];\'-1 day;\'=1;São Paulo;"{""a"": 1}"'
    )


def test_a_csv_that_is_not_for_excel_is_as_the_data_is(written: Callable[..., Path]) -> None:
    assert written("SELECT '=1+1' AS \"=a\", '-x' AS b, 1.5 AS c", ".csv").read_bytes() == b"=a,b,c\n=1+1,-x,1.5\n"


@pytest.mark.parametrize("ending", [".json", ".jsonl", ".parquet"])
def test_only_a_csv_and_a_workbook_are_for_excel(written: Callable[..., Path], ending: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        written("SELECT 1", ending, excel=True)
    assert str(caught.value) == f"'answer{ending}' is no file for Excel: end it in .csv or .xlsx."


@dataclass(frozen=True)
class Value:
    """One value: how SQL writes it, and what it is in JSON."""

    written: str
    told: Any


@dataclass(frozen=True)
class Kind:
    """A type, and its values that are not NULL."""

    name: str
    values: st.SearchStrategy[Value]


TEXTS = st.text(alphabet=st.characters(codec="utf-8", exclude_characters="\0"), max_size=8) | st.sampled_from(
    ["NaN", '"', "\\", "=1", "\x1b]0;x\x07", "\u202e", "2026-11-01 10:00:00", "null", "{'a': 1}", "SKU:1234:A", "[b]"]
)
TIMES = st.datetimes(datetime(1930, 1, 1), datetime(2200, 1, 1))  # noqa: DTZ001


def _text(value: str) -> Value:
    return Value(sql.text(value), value)


def _number(value: float) -> Value:
    return Value(f"'{value!r}'::DOUBLE", to_json_value(value))


def _instant(value: datetime) -> Value:
    here = value.replace(tzinfo=UTC).astimezone(ZONE)
    return Value(f"TIMESTAMPTZ '{value.isoformat()}+00'", here.isoformat())


SCALARS = [
    Kind("VARCHAR", TEXTS.map(_text)),
    Kind("DOUBLE", st.floats().map(_number)),
    Kind("BIGINT", st.integers(-(2**63) + 1, 2**63 - 1).map(lambda n: Value(f"{n}::BIGINT", n))),
    Kind("HUGEINT", st.integers(-(10**38) + 1, 10**38 - 1).map(lambda n: Value(f"{n}::HUGEINT", n))),
    Kind("DECIMAL(15,3)", st.integers(-(10**14), 10**14).map(lambda n: Value(f"{n}::DECIMAL(38,0) / 1000", n / 1000))),
    Kind("BOOLEAN", st.booleans().map(lambda b: Value(str(b), b))),
    Kind("DATE", st.dates().map(lambda d: Value(f"DATE '{d}'", str(d)))),
    Kind("TIMESTAMP", TIMES.map(lambda t: Value(f"TIMESTAMP '{t}'", t.isoformat()))),
    Kind("TIMESTAMPTZ", TIMES.filter(lambda t: t.year > 1970).map(_instant)),
    Kind("UUID", st.uuids().map(lambda u: Value(f"'{u}'::UUID", str(u)))),
    Kind("BLOB", st.binary(max_size=4).map(lambda b: Value(f"from_hex('{b.hex()}')", _blob(b)))),
    Kind("INTERVAL", st.integers(0, 999).map(lambda n: Value(f"INTERVAL {n} MONTH", _months(n)))),
]


def _blob(value: bytes) -> str:
    return "".join(chr(b) if 32 <= b < 127 and b not in b"\\'\"" else f"\\x{b:02X}" for b in value)


def _months(number: int) -> str:
    years, months = divmod(number, 12)
    told = [f"{n} {word}{'' if n == 1 else 's'}" for n, word in ((years, "year"), (months, "month")) if n]
    return " ".join(told) or "00:00:00"


def _or_null(kind: Kind) -> st.SearchStrategy[Value]:
    return kind.values | st.just(Value(f"NULL::{kind.name}", None))


def _list(item: Kind) -> Kind:
    return Kind(
        f"{item.name}[]",
        st.lists(_or_null(item), max_size=3).map(
            lambda each: Value(f"[{', '.join(v.written for v in each)}]::{item.name}[]", [v.told for v in each])
        ),
    )


def _map(item: Kind) -> Kind:
    return Kind(
        f"MAP(VARCHAR, {item.name})",
        st.dictionaries(TEXTS, _or_null(item), max_size=3).map(
            lambda each: Value(
                f"MAP {{{', '.join(f'{sql.text(k)}: {v.written}' for k, v in each.items())}}}"
                f"::MAP(VARCHAR, {item.name})",
                {k: v.told for k, v in each.items()},
            )
        ),
    )


def _struct(items: list[Kind]) -> Kind:
    named = [(name, item) for name, item in zip(("a", "x y", 'q"'), items, strict=False)]
    return Kind(
        f"STRUCT({', '.join(f'{sql.name(name)} {item.name}' for name, item in named)})",
        st.tuples(*(_or_null(item) for _, item in named)).map(
            lambda each: _packed({name: value for (name, _), value in zip(named, each, strict=True)})
        ),
    )


def _packed(values: dict[str, Value]) -> Value:
    written = ", ".join(f"{sql.name(name)} := {value.written}" for name, value in values.items())
    return Value(f"struct_pack({written})", {name: value.told for name, value in values.items()})


KINDS = st.recursive(
    st.sampled_from(SCALARS),
    lambda inner: inner.map(_list) | inner.map(_map) | st.lists(inner, min_size=1, max_size=3).map(_struct),
    max_leaves=4,
)
COLUMNS = st.lists(
    st.tuples(st.sampled_from(["id", "ID", "id_1", "=x", "a;b", 'q"', "\u202en\n", "answer"]), KINDS.flatmap(_or_null)),
    min_size=1,
    max_size=4,
)


@pytest.mark.proof
@settings(
    max_examples=150 if FULL else 20,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(COLUMNS)
@example([("id", Value("[]::DOUBLE[]", [])), ("id", Value("MAP {'NaN': 'nan'::DOUBLE}", {"NaN": None}))])
def test_any_answer_is_valid_and_read_back_equal_in_every_form(
    warehouse: Path,
    written: Callable[..., Path],
    capsys: pytest.CaptureFixture[str],
    columns: list[tuple[str, Value]],
) -> None:
    question = "SELECT " + ", ".join(f"{value.written} AS {sql.name(name)}" for name, value in columns)
    answer = query(warehouse, question, zone=ZONE, value_format=JSON)
    names = answer.columns
    assert len({name.lower() for name in names}) == len(columns)
    assert answer.rows == (tuple(value.told for _, value in columns),)

    in_file = strict(written(question, ".json").read_text())
    assert [*in_file[0]] == [*names]
    again = duckdb.connect()
    again.execute(f"SET TimeZone = '{ZONE.key}'")

    casts = ", ".join(f"CAST({value.written} AS VARCHAR)" for _, value in columns)
    texts = again.execute(f"SELECT {casts}").fetchall()[0]
    with written(question, ".csv").open(newline="", encoding="utf-8") as file:
        # A line of one NULL is an empty line.
        assert [line or [""] for line in csv.reader(file)] == [[*names], ["" if t is None else t for t in texts]]
    with written(question, ".csv", excel=True).open(newline="", encoding="utf-8-sig") as file:
        head, cells = csv.reader(file, delimiter=";")
    assert [cell for cell in (*head, *cells) if re.match(r"[=+@\t\r\n]|-(?![\d,]+(e[+-]?\d+)?$)", cell)] == []

    parquet = again.execute(f"SELECT * FROM read_parquet({sql.text(str(written(question, '.parquet')))})").fetchall()
    plainly = again.execute(question).fetchall()
    assert repr(_times(parquet)) == repr(_times(plainly))

    print_table(names, query(warehouse, question, zone=ZONE, value_format=TABLE).rows)
    assert [line for line in capsys.readouterr().out.split("\n") if escape_controls(line) != line] == []


def _times(value: Any) -> Any:
    """Numbers of one kind, as Parquet knows no integer of 128 bits; and what is equal, equal."""
    match value:
        case list() | tuple():
            return [_times(each) for each in value]
        case dict():
            return {key: _times(each) for key, each in value.items()}
        case timedelta() | float() | str() | None | bool():
            return value
        case _:
            return str(value)
