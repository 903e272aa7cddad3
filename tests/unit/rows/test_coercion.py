"""Single values: what each becomes, and the reject if it does not fit."""

from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from huggy_connector.catalogue import Column, Field, ListOf, Resource, Scalar, Struct, Text, Type
from huggy_connector.landing import convert
from huggy_connector.rows.coercion import is_instant, keep_fitting

SAO_PAULO = ZoneInfo("America/Sao_Paulo")
NOW = datetime(2026, 11, 22, 7, tzinfo=UTC)
NO_TEXT = Text("", "")


def read(kind: Type, given: Any) -> tuple[Any, list[dict[str, str]] | None]:
    """Return the value of a column `v` of that type, and the rejects."""
    row = _converted(kind, {"id": 1, "v": given})
    return row["v"], row["rejects"]


def read_local(text: str) -> tuple[str, str]:
    """Return a time as an instant and as a local reading."""
    row = _converted(Scalar.INSTANT, {"id": 1, "v": text})
    assert row["rejects"] is None
    return row["v"].astimezone(UTC).isoformat(" ")[:-6], row["v_local"].isoformat(" ")


def _converted(kind: Type, given: dict[str, Any]) -> dict[str, Any]:
    resource = Resource(
        "things",
        "things",
        NO_TEXT,
        (Column("id", Scalar.BIGINT, ("id",), NO_TEXT), Column("v", kind, ("v",), NO_TEXT)),
    )
    (row,) = convert(resource, [given], fetched_at=NOW, zone=SAO_PAULO).to_pylist()
    return dict(row)


def rejected(reason: str, column: str = "v") -> tuple[None, list[dict[str, str]]]:
    return None, [{"column": column, "reason": reason}]


@pytest.mark.parametrize(
    ("kind", "given", "value"),
    [
        (Scalar.BIGINT, 700001, 700001),
        (Scalar.BIGINT, "700001", 700001),
        (Scalar.BIGINT, " 7 ", 7),
        (Scalar.BIGINT, 7.0, 7),
        (Scalar.BIGINT, 2**63 - 1, 2**63 - 1),
        (Scalar.BIGINT, 0, 0),
        (Scalar.INTEGER, "-3", -3),
        (Scalar.BOOLEAN, True, True),
        (Scalar.BOOLEAN, 0, False),
        (Scalar.BOOLEAN, "1", True),
        (Scalar.BOOLEAN, "False", False),
        (Scalar.BOOLEAN, False, False),
        (Scalar.VARCHAR, "São João", "São João"),
        (Scalar.VARCHAR, "", ""),
        (Scalar.VARCHAR, 5500900000001, "5500900000001"),
        (Scalar.VARCHAR, False, "false"),
        (Scalar.VARCHAR, 1.5, "1.5"),
        (Scalar.VARCHAR, "a\0b", "a\0b"),
        (Scalar.VARCHAR, "cut \ud83d", "cut \ufffd"),
        (Scalar.VARCHAR, "x" * 10_000_000, "x" * 10_000_000),
        (Scalar.JSON, {"b": 1, "a": [None, "ã"]}, '{"a":[null,"ã"],"b":1}'),
        (Scalar.JSON, 31, "31"),
        (Scalar.JSON, {"select": 1, 'quo"te': 2}, '{"quo\\"te":2,"select":1}'),
        (Scalar.JSON, {f"key {i}": i for i in range(2)}, '{"key 0":0,"key 1":1}'),
        (Scalar.DATE, "1990-02-28", date(1990, 2, 28)),
        (Scalar.DATE, "1990/02/28", date(1990, 2, 28)),
        (Scalar.DATE, "1990-02-28 23:59:59", date(1990, 2, 28)),
        (ListOf(Scalar.BIGINT), [1, "2", None, ""], [1, 2, None, None]),
        (ListOf(Scalar.BIGINT), [], []),
        (ListOf(Scalar.JSON), [{"a": 1}], ['{"a":1}']),
        (ListOf(Scalar.INSTANT), ["2025-03-10 14:22:07"], [datetime(2025, 3, 10, 17, 22, 7, tzinfo=UTC)]),
        (Struct((Field("n", Scalar.BIGINT, "N"),)), {"N": "5", "other": 1}, {"n": 5}),
        (Struct((Field("n", Scalar.BIGINT, "N"),)), {"x": 1}, {"n": None}),
    ],
)
def test_a_value_of_the_type_is_kept(kind: Type, given: Any, value: Any) -> None:
    assert read(kind, given) == (value, None)


@pytest.mark.parametrize("nothing", [None, "", False, [], {}])
@pytest.mark.parametrize(
    "kind",
    [
        Scalar.BIGINT,
        Scalar.INTEGER,
        Scalar.INSTANT,
        Scalar.DATE,
        Scalar.JSON,
        Struct((Field("n", Scalar.BIGINT, "N"),)),
    ],
)
def test_each_empty_value_is_null_where_an_id_a_time_or_an_object_is_due(kind: Type, nothing: Any) -> None:
    assert read(kind, nothing) == (None, None)


@pytest.mark.parametrize(
    ("kind", "given", "reason"),
    [
        (Scalar.BIGINT, 2**63, "out of range"),
        (Scalar.BIGINT, "-9223372036854775809", "out of range"),
        (Scalar.BIGINT, "9" * 3000, "out of range"),
        (Scalar.BIGINT, "12a", "not a whole number"),
        (Scalar.BIGINT, "١٢", "not a whole number"),
        (Scalar.BIGINT, "1_000", "not a whole number"),
        (Scalar.BIGINT, 1.5, "not a whole number"),
        (Scalar.BIGINT, True, "not a whole number"),
        (Scalar.BIGINT, {"id": 1}, "not a whole number"),
        (Scalar.INTEGER, 2**31, "out of range"),
        (Scalar.BOOLEAN, 2, "not true or false"),
        (Scalar.BOOLEAN, "sim", "not true or false"),
        (Scalar.BOOLEAN, [], "not true or false"),
        (Scalar.VARCHAR, {}, "an object or a list where text is due"),
        (Scalar.VARCHAR, ["a"], "an object or a list where text is due"),
        (Scalar.DATE, "10/03/1990", "not a time"),
        (Scalar.DATE, "1990-02-30", "no such time"),
        (Scalar.INSTANT, "0000-00-00 00:00:00", "no such time"),
        (Scalar.INSTANT, "2025-02-30 10:00:00", "no such time"),
        (Scalar.INSTANT, "2025-02-28 24:00:01", "no such time"),
        (Scalar.INSTANT, "9999-12-31 23:59:59", "year outside 1900-2261"),
        (Scalar.INSTANT, "1899-12-31 23:59:59", "year outside 1900-2261"),
        (Scalar.INSTANT, "yesterday", "not a time"),
        (Scalar.INSTANT, 1741615327, "not a time"),
        (Struct((Field("n", Scalar.BIGINT, "N"),)), [1], "not an object"),
        (ListOf(Scalar.BIGINT), "1,2", "not a list"),
        (ListOf(Scalar.BIGINT), {"0": 1}, "not a list"),
    ],
)
def test_a_value_that_does_not_fit_is_null_with_a_reject(kind: Type, given: Any, reason: str) -> None:
    assert read(kind, given) == rejected(reason)


def test_a_reject_inside_a_list_names_the_field_and_keeps_the_rest() -> None:
    kind = ListOf(Struct((Field("id", Scalar.BIGINT, "id"), Field("name", Scalar.VARCHAR, "name"))))
    given = [{"id": "x", "name": "Ana"}, 5, {"id": 2, "name": ["B"]}]

    assert read(kind, given) == (
        [{"id": None, "name": "Ana"}, None, {"id": 2, "name": None}],
        [
            {"column": "v.id", "reason": "not a whole number"},
            {"column": "v", "reason": "not an object"},
            {"column": "v.name", "reason": "an object or a list where text is due"},
        ],
    )


@pytest.mark.parametrize(
    ("text", "instant", "local"),
    [
        ("2025-03-10 14:22:07", "2025-03-10 17:22:07", "2025-03-10 14:22:07"),
        (" 2025-03-10 14:22:07 ", "2025-03-10 17:22:07", "2025-03-10 14:22:07"),
        ("2025/03/10 14:22:07", "2025-03-10 17:22:07", "2025-03-10 14:22:07"),
        ("2025-03-10T14:22:07", "2025-03-10 17:22:07", "2025-03-10 14:22:07"),
        ("2025-03-10 14:22", "2025-03-10 17:22:00", "2025-03-10 14:22:00"),
        ("2025-03-10 14:22:07.5", "2025-03-10 17:22:07.500000", "2025-03-10 14:22:07.500000"),
        ("2025-03-10T14:22:07.123456789Z", "2025-03-10 14:22:07.123456", "2025-03-10 11:22:07.123456"),
        ("2025-03-10 14:22:07-03:00", "2025-03-10 17:22:07", "2025-03-10 14:22:07"),
        ("2025-03-10T14:22:07+0530", "2025-03-10 08:52:07", "2025-03-10 05:52:07"),
        ("2025-03-10", "2025-03-10 03:00:00", "2025-03-10 00:00:00"),
        ("2261-12-31 23:59:59", "2262-01-01 02:59:59", "2261-12-31 23:59:59"),
        ("2018-01-15 12:00:00", "2018-01-15 14:00:00", "2018-01-15 12:00:00"),
    ],
)
def test_a_time_without_an_offset_is_the_accounts_local_time(text: str, instant: str, local: str) -> None:
    assert read_local(text) == (instant, local)


def test_a_time_that_the_clock_skipped_is_moved_by_the_gap() -> None:
    assert read_local("2018-11-04 00:30:00") == ("2018-11-04 03:30:00", "2018-11-04 01:30:00")


def test_a_time_that_the_clock_showed_twice_is_the_first_instant() -> None:
    assert read_local("2018-02-17 23:30:00") == ("2018-02-18 01:30:00", "2018-02-17 23:30:00")


@pytest.mark.parametrize(
    "text",
    ["2025-03-10 14:22:07", "2025/03/10", " 2025-03-10T14:22:07-03:00 ", "2025-02-30 10:00:00", "1899-12-31", "", "7"],
)
def test_a_text_is_an_instant_if_it_fits_one(text: str) -> None:
    assert is_instant(text) is (keep_fitting(Scalar.INSTANT, text) is not None)
