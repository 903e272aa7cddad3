"""Whole rows: their columns, the envelope, and that no row raises, gets lost, or changes the types."""

import json
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from huggy_connector.catalogue import RESOURCES, Resource, get_resource
from huggy_connector.landing import arrow_schema, convert, schema_fingerprint

SAO_PAULO = ZoneInfo("America/Sao_Paulo")
NOW = datetime(2026, 11, 22, 7, tzinfo=UTC)
CHATS = get_resource("chats")
CONTACTS = get_resource("contacts")
EVENTS = get_resource("events")

CHAT: dict[str, Any] = {
    "id": 700001,
    "agentId": 9001,
    "contactId": None,
    "departmentId": False,
    "tabulationId": 12,
    "chatTabulation": {"id": "12", "name": "Venda"},
    "lastMessage": {"text": "Obrigado!", "sendAt": "2025-03-10 14:22:07"},
    "chatDepartment": 31,
    "unread": "2",
    "chatCustomer": {"id": "800001", "name": "Cliente Um", "custom_fields": []},
    "workflowID": None,
    "situation": "finishing",
    "createdAt": "2025-03-10 13:58:41",
    "updatedAt": "2025-03-10 14:25:00",
    "closedAt": "",
    "enabledSession": 0,
    "channel": "widget",
    "channels": [{"uuid": "u-1", "id": "555", "name": "Vendas", "type": "widget"}],
    "agents": [],
    "zeta": {"new": True},
    "alpha": None,
}


def converted(resource: Resource, *rows: Any) -> list[dict[str, Any]]:
    return list(convert(resource, rows, fetched_at=NOW, zone=SAO_PAULO).to_pylist())


def hash_of(resource: Resource, row: Any) -> str:
    return str(converted(resource, row)[0]["row_hash"])


def test_a_chat_is_converted_to_this_row() -> None:
    (row,) = converted(CHATS, CHAT)

    assert len(row.pop("row_hash")) == 32
    assert row == {
        "id": 700001,
        "situation": "finishing",
        "channel": "widget",
        "contact_id": 800001,
        "agent_id": 9001,
        "second_agent_id": None,
        "site_customer_id": None,
        "messenger_id": None,
        "department_id": None,
        "tabulation_id": 12,
        "tabulation_name": "Venda",
        "workflow_id": None,
        "workflow_step_id": None,
        "queue_number": None,
        "unread": 2,
        "enabled_session": False,
        "created_at": datetime(2025, 3, 10, 16, 58, 41, tzinfo=UTC),
        "created_at_local": datetime(2025, 3, 10, 13, 58, 41),  # noqa: DTZ001
        "attended_at": None,
        "attended_at_local": None,
        "closed_at": None,
        "closed_at_local": None,
        "updated_at": datetime(2025, 3, 10, 17, 25, tzinfo=UTC),
        "updated_at_local": datetime(2025, 3, 10, 14, 25),  # noqa: DTZ001
        "last_message_at": datetime(2025, 3, 10, 17, 22, 7, tzinfo=UTC),
        "last_message_at_local": datetime(2025, 3, 10, 14, 22, 7),  # noqa: DTZ001
        "last_message": '{"sendAt":"2025-03-10 14:22:07","text":"Obrigado!"}',
        "department": "31",
        "customer": '{"custom_fields":[],"id":"800001","name":"Cliente Um"}',
        "channels": [{"uuid": "u-1", "id": 555, "name": "Vendas", "type": "widget"}],
        "agents": [],
        "extra": '{"zeta":{"new":true},"alpha":null}',
        "raw": json.dumps(CHAT, ensure_ascii=False, separators=(",", ":")),
        "fetched_at": NOW,
        "rejects": None,
    }


@pytest.mark.parametrize("resource", RESOURCES.values(), ids=lambda each: each.name)
def test_the_envelope_follows_the_typed_columns(resource: Resource) -> None:
    names = arrow_schema(resource).names

    assert names[-5:] == ["extra", "raw", "fetched_at", "row_hash", "rejects"]
    assert len(set(names)) == len(names)
    assert names[0] == resource.key


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ({"id": None}, "missing"),
        ({"name": "x"}, "missing"),
        ({"id": ""}, "missing"),
        ({"id": "abc"}, "not a whole number"),
        ({"id": 2**63}, "out of range"),
        ("text", "the row is not an object"),
        ([1, 2], "the row is not an object"),
        (None, "the row is not an object"),
    ],
)
def test_a_row_without_a_usable_id_is_kept_with_a_null_id_and_a_reject(given: Any, reason: str) -> None:
    (row,) = converted(CONTACTS, given)

    assert (row["id"], row["rejects"]) == (None, [{"column": "id", "reason": reason}])
    assert json.loads(row["raw"]) == given


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ({"event": "x"}, "missing"),
        ({"event_id": None}, "missing"),
        ({"event_id": {}}, "an object or a list where text is due"),
        ("text", "the row is not an object"),
    ],
)
def test_a_row_whose_key_is_another_column_is_kept_with_a_reject_of_that_one(given: Any, reason: str) -> None:
    (row,) = converted(EVENTS, given)

    assert (row["event_id"], row["rejects"]) == (None, [{"column": "event_id", "reason": reason}])


@pytest.mark.parametrize("empty", [[], {}, None, "", False])
def test_empty_custom_fields_are_null_and_have_the_same_hash(empty: Any) -> None:
    (row,) = converted(CONTACTS, {"id": 1, "custom_fields": empty})

    assert row["custom_fields"] is None
    assert row["row_hash"] == hash_of(CONTACTS, {"id": 1})


def test_custom_fields_with_500_keys_are_complete() -> None:
    fields = {f"select {number} \"'": None for number in range(500)}

    (row,) = converted(CONTACTS, {"id": 1, "custom_fields": fields})

    assert (json.loads(row["custom_fields"]), row["rejects"]) == (fields, None)


def test_only_a_change_of_a_tracked_column_changes_the_hash() -> None:
    base = hash_of(CHATS, CHAT)

    assert hash_of(CHATS, {**CHAT, "situation": "in_chat"}) != base
    assert hash_of(CHATS, {**CHAT, "unread": 9, "lastMessage": None, "queueNumber": 4, "zeta": 2}) == base
    assert hash_of(CHATS, {**CHAT, "id": "700001", "agentId": "9001"}) == base
    assert hash_of(CHATS, dict(reversed(CHAT.items()))) == base


def test_the_hash_ignores_the_order_of_keys_in_a_document() -> None:
    one, other = {"id": 1, "custom_fields": {"a": 1, "b": 2}}, {"id": 1, "custom_fields": {"b": 2, "a": 1}}

    assert hash_of(CONTACTS, one) == hash_of(CONTACTS, other)


PROGRAM = """
import json, sys
from datetime import UTC, datetime
from zoneinfo import ZoneInfo
from huggy_connector.catalogue import get_resource
from huggy_connector.landing import convert, schema_fingerprint

chats, now = get_resource("chats"), datetime(2026, 11, 22, 7, tzinfo=UTC)
batch = convert(chats, [json.load(sys.stdin)], fetched_at=now, zone=ZoneInfo("America/Sao_Paulo"))
print(schema_fingerprint(chats), json.dumps(batch.to_pylist(), default=str))
"""


@pytest.mark.slow
def test_a_row_is_the_same_in_a_process_with_another_hash_seed() -> None:
    outputs = {
        subprocess.run(
            [sys.executable, "-c", PROGRAM],
            input=json.dumps(CHAT),
            env={"PYTHONHASHSEED": seed, "PYTHONPATH": ":".join(sys.path)},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "4242")
    }

    assert len(outputs) == 1


def test_the_schema_fingerprint_changes_with_the_meaning_of_the_columns() -> None:
    column = CHATS.columns[1]
    others = [
        replace(CHATS, columns=CHATS.columns[:-1]),
        replace(CHATS, columns=(CHATS.columns[0], replace(column, tracked=False), *CHATS.columns[2:])),
        replace(CHATS, columns=(CHATS.columns[0], replace(column, paths=("state",)), *CHATS.columns[2:])),
        replace(CHATS, ignored=frozenset({"zeta"})),
    ]

    assert len({schema_fingerprint(each) for each in [CHATS, *others]}) == 5
    assert schema_fingerprint(replace(CHATS, columns=tuple(CHATS.columns))) == schema_fingerprint(CHATS)


def test_what_utf8_or_json_cannot_hold_is_replaced_and_no_row_is_lost() -> None:
    rows = converted(
        CONTACTS,
        {"id": 1, "name": "cut \ud83d", "odd \udc00": float("nan"), "more": [float("-inf"), {"\ud800": "\0"}]},
        {"id": 2, "name": "fine"},
    )

    assert [(row["id"], row["name"], row["raw"]) for row in rows] == [
        (1, "cut \ufffd", '{"id":1,"name":"cut \ufffd","odd \ufffd":null,"more":[null,{"\ufffd":"\\u0000"}]}'),
        (2, "fine", '{"id":2,"name":"fine"}'),
    ]


def test_a_value_nested_too_deep_is_left_out_and_its_row_is_kept() -> None:
    deep: Any = []
    for _ in range(100_000):
        deep = [deep]

    (row,) = converted(CONTACTS, {"id": 1, "deep": deep, "custom_fields": deep, "name": "Ana"})

    assert (row["id"], row["name"], row["raw"]) == (1, "Ana", '{"id":1,"name":"Ana"}')
    assert row["rejects"] == [{"column": "raw", "reason": "nested too deep"}]


def test_no_rows_give_an_empty_batch_with_the_same_columns() -> None:
    batch = convert(CHATS, [], fetched_at=NOW, zone=SAO_PAULO)

    assert (batch.num_rows, batch.schema) == (0, arrow_schema(CHATS))


_TEXTS = st.text() | st.sampled_from(
    ["", "1", "0000-00-00 00:00:00", "2018-11-04 00:30:00", "9999-12-31", "\0", "\ud800"]
)
_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | _TEXTS | st.dates().map(str) | st.datetimes().map(str),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_TEXTS, inner, max_size=3),
    max_leaves=6,
)


def _row(resource: Resource) -> st.SearchStrategy[dict[str, Any]]:
    keys = sorted({path.split(".")[0] for column in resource.columns for path in column.paths})
    inner = sorted({path.split(".")[1] for column in resource.columns for path in column.paths if "." in path})
    nested = st.dictionaries(st.sampled_from([*inner, "id", "name"]), _JSON, max_size=3)
    return st.dictionaries(st.sampled_from(keys) | _TEXTS, _JSON | nested | st.lists(nested, max_size=2))


@pytest.mark.parametrize("resource", [CHATS, CONTACTS], ids=lambda each: each.name)
@settings(max_examples=150)
@given(data=st.data())
def test_no_row_is_lost_and_no_type_changes_whatever_a_row_holds(resource: Resource, data: st.DataObject) -> None:
    rows: list[Any] = data.draw(st.lists(_row(resource) | _JSON, max_size=4))

    batch = convert(resource, rows, fetched_at=NOW, zone=SAO_PAULO)
    batch.validate(full=True)

    assert batch.schema == arrow_schema(resource)
    assert batch.num_rows == len(rows)
    for given_row, row in zip(rows, batch.to_pylist(), strict=True):
        assert _agree(json.loads(row["raw"]), given_row)
        if row["id"] is None:
            assert "id" in {reject["column"] for reject in row["rejects"]}
        for name in row:
            if name.endswith("_local") and row[name] is not None:
                instant = row[name.removesuffix("_local")]
                assert instant.astimezone(SAO_PAULO).replace(tzinfo=None) == row[name]


def _agree(written: Any, given_value: Any) -> bool:
    """Return whether `raw` has the value as given, except for what JSON and UTF-8 cannot express."""
    match given_value:
        case str():
            return bool(written == given_value.encode("utf-16", "surrogatepass").decode("utf-16", "replace"))
        case float():
            return bool(written == given_value) or written is None
        case list():
            return len(written) == len(given_value) and all(map(_agree, written, given_value))
        case dict():
            return written.keys() >= {key for key in given_value if key.isascii()} and all(
                _agree(written[key], value) for key, value in given_value.items() if key.isascii()
            )
        case _:
            return bool(written == given_value)


@settings(max_examples=200)
@given(first=_JSON, second=_JSON)
@example(first="1", second=1)
@example(first=[], second={})
def test_two_rows_have_the_same_hash_only_if_their_tracked_columns_are_equal(first: Any, second: Any) -> None:
    one, other = converted(CONTACTS, {"id": 1, "status": first}, {"id": 1, "status": second})

    assert (one["row_hash"] == other["row_hash"]) == (one["status"] == other["status"])


@pytest.mark.parametrize("number", [float("inf"), float("-inf"), float("nan")])
def test_a_number_that_json_cannot_express_is_null_with_a_reject(number: float) -> None:
    rejects = [
        converted(get_resource("chats"), {"id": 1, key: value})[0]["rejects"]
        for key, value in (("agentId", number), ("score", number), ("lastMessage", {"id": [number]}), ("agentId", 3))
    ]
    reason = "not a finite number"
    assert rejects == [
        [{"column": "agent_id", "reason": reason}],
        [{"column": "extra", "reason": reason}],
        [{"column": "last_message", "reason": reason}],
        None,
    ]
