"""The profiles of tables: what they count, what they never tell, and when they are counted again."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from unittest.mock import ANY

import duckdb
import pytest

from huggy_connector.catalogue import RESOURCES, get_resource
from huggy_connector.errors import ConfigurationError
from huggy_connector.warehouse import find_table
from huggy_connector.warehouse.load import audit
from huggy_connector.warehouse.load.profiles import may_tell_values, refresh_profiles
from huggy_connector.warehouse.read.profiles import ColumnProfile, read_profiles
from huggy_connector.warehouse.schema.tables import table_of
from tests.integration.warehouse.conftest import NOON, Desk

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

RARE = 4
Chat = Callable[..., dict[str, Any]]
FIGURES = "nulls, null_share, distinct_values, min_value, max_value, common_values"


@pytest.fixture
def filled(tables: DuckDBPyConnection) -> DuckDBPyConnection:
    """100 chats and 100 contacts of a company, whose snapshots are known."""
    tables.execute("SET TimeZone = 'Asia/Tokyo'")
    tables.execute(
        "INSERT INTO chats (company_id, id, contact_id, situation, unread, created_at, created_at_local, customer,"
        f" fetched_at) SELECT 1, range, 1, CASE WHEN range < 90 THEN 'auto' WHEN range < 90 + {RARE} THEN 'rare'"
        " END, range % 3, TIMESTAMPTZ '2026-11-01 10:00:00+00' + to_days(range::INT),"
        " TIMESTAMP '2026-11-01 07:00:00' + to_days(range::INT), '{\"name\": \"Zuleica\"}', now() FROM range(100)"
    )
    tables.execute(
        "INSERT INTO contacts (company_id, id, name, email, birth_date, zip_code, state, fetched_at) SELECT 1,"
        " 5511900000 + range, 'Zuleica', 'z@example.com', DATE '1990-05-05', '01310-100',"
        " CASE WHEN range < 50 THEN 'z@example.com' ELSE 'SP' END, now() FROM range(100)"
    )
    tables.execute(
        "INSERT INTO meta.snapshots (company_id, resource, run_key, mode, started_at) VALUES (1, 'chats', 'a', 'full',"
        " now()), (1, 'contacts', 'a', 'full', now())"
    )
    profile(tables)
    return tables


def profile(tables: DuckDBPyConnection, *, hours: float = 0) -> None:
    now, resources = NOON + timedelta(hours=hours), list(RESOURCES.values())
    audit.refresh_freshness(tables, resources, now=now)
    refresh_profiles(tables, resources, now=now)


def read(tables: DuckDBPyConnection, table: str, column: str) -> tuple[Any, ...]:
    (row,) = tables.execute(
        f"SELECT {FIGURES} FROM meta.profiles WHERE resource = ? AND column_name = ? AND company_id = 1",
        [table, column],
    ).fetchall()
    return tuple(row)


EXPECTED = {
    "situation": (6, 0.06, 2, None, None, [{"value": "auto", "rows": 90}]),
    "unread": (0, 0.0, 3, "0", "2", [{"value": str(number), "rows": 34 - (number > 0)} for number in range(3)]),
    "created_at": (0, 0.0, ANY, "2026-11-01 10:00:00+00", "2027-02-08 10:00:00+00", None),
    "created_at_local": (0, 0.0, ANY, "2026-11-01 07:00:00", "2027-02-08 07:00:00", None),
    "closed_at": (100, 1.0, 0, None, None, None),
    "contact_id": (0, 0.0, 1, None, None, None),
    "customer": (0, 0.0, None, None, None, None),
}


def test_a_profile_has_nulls_range_and_common_values_in_one_row_a_column(filled: DuckDBPyConnection) -> None:
    told = {column: read(filled, "chats", column) for column in EXPECTED}
    assert {
        column: (*figures, common and json.loads(common)) for column, (*figures, common) in told.items()
    } == EXPECTED
    assert filled.execute("FROM meta.profiles WHERE distinct_values > rows - nulls").fetchall() == []
    found = filled.execute("SELECT resource, column_name, rows FROM meta.profiles").fetchall()
    expected = {
        (name, column.name, 100)
        for name in ("chats", "contacts")
        for column in table_of(RESOURCES[name]).columns
        if column.name != "company_id"
    }
    assert (len(found), {*found}) == (len(expected), expected)


def test_nothing_of_a_person_is_in_a_profile_also_where_it_stands_in_a_column_that_is_none(
    filled: DuckDBPyConnection,
) -> None:
    told = repr(filled.execute("SELECT * FROM meta.profiles").fetchall())
    assert [each for each in ("Zuleica", "z@example.com", "1990", "01310", "5511900000") if each in told] == []
    assert json.loads(read(filled, "contacts", "state")[5]) == [
        {"value": "SP", "rows": 50},
        {"value": "z***@example.com", "rows": 50},
    ]


def test_no_column_with_personal_data_and_no_id_may_tell_values() -> None:
    telling = {
        name: [each.name for each in table_of(resource).columns if may_tell_values(resource, each)]
        for name, resource in RESOURCES.items()
        if name in {"agents", "chats", "contacts"}
    }
    assert telling["chats"][:3] == ["situation", "channel", "tabulation_name"]
    personal = {"name", "email", "mobile", "phone", "address", "zip_code", "photo", "birth_date", "custom_fields", "id"}
    assert personal & {*telling["agents"], *telling["contacts"]} == set()
    assert get_resource("contacts").column("zip_code").personal is None  # the default rules name it


def test_a_table_is_profiled_again_once_it_has_changed_and_its_profile_is_old_or_in_the_future(
    filled: DuckDBPyConnection,
) -> None:
    def profiled_after(hours: float) -> float:
        profile(filled, hours=hours)
        (at,) = filled.execute("SELECT max(profiled_at) FROM meta.profiles WHERE resource = 'chats'").fetchall()
        return float((at[0] - NOON) / timedelta(hours=1))

    filled.execute("UPDATE chats SET fetched_at = TIMESTAMPTZ '2026-11-22 11:00:00+00'")
    assert profiled_after(21) == 0  # nothing has changed
    filled.execute("INSERT INTO chats (company_id, id) VALUES (1, 1000)")
    assert profiled_after(19) == 0  # the profile is young
    assert profiled_after(21) == 21
    filled.execute("UPDATE chats SET fetched_at = TIMESTAMPTZ '2026-11-24 00:00:00+00' WHERE id = 1")
    assert profiled_after(42) == 42
    assert profiled_after(-1) == -1  # the clock was wrong


def test_a_load_profiles_what_it_loads_of_each_company_on_its_own(desk: Desk, chat: Chat) -> None:
    desk.land([chat(number) for number in range(6)])
    desk.land([chat(1, situation="auto")], company_id=7)
    desk.load()
    assert desk.read(
        "SELECT company_id, rows, common_values FROM meta.profiles WHERE column_name = 'situation' ORDER BY ALL"
    ) == [(7, 1, "[]"), (4242, 6, '[{"value": "finishing", "rows": 6}]')]
    file = desk.warehouse
    (small, large) = read_profiles(file, find_table("chats"))
    assert (small.company_id, large.company_id, large.rows) == (7, 4242, 6)
    assert [each.column for each in large.columns] == [each.name for each in find_table("chats").columns[1:]]
    assert large.columns[1] == ColumnProfile("situation", 0, 0.0, 1, None, None, (("finishing", 6),))
    with pytest.raises(ConfigurationError, match=r"^messages has no profile yet: .* `huggy query \"SUMMARIZE messages"):
        read_profiles(file, find_table("messages"))
    with pytest.raises(ConfigurationError, match=r"^Only tables of the API have a profile .*SUMMARIZE marts.open_now"):
        read_profiles(file, find_table("marts.open_now"))


def test_a_file_of_a_former_release_has_no_profile_yet(desk: Desk, chat: Chat) -> None:
    desk.land([chat(1)])
    desk.load()
    with duckdb.connect(str(desk.warehouse)) as connection:
        connection.execute("DROP TABLE meta.profiles")
    with pytest.raises(ConfigurationError, match=r"^chats has no profile yet"):
        read_profiles(desk.warehouse, find_table("chats"))
