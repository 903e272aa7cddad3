"""The suppression list: whose rows are left out, what stays of their chats, and who can read the list."""

import json
from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from huggy_connector.catalogue import get_resource
from huggy_connector.errors import ConfigurationError
from huggy_connector.landing import convert
from huggy_connector.privacy import SuppressionList
from huggy_connector.privacy.suppression_list import find_contact_ids, parse_id

KEY = b"a key of more than sixteen bytes"
CHATS, CONTACTS, MESSAGES = map(get_resource, ("chats", "contacts", "messages"))
MARIA: dict[str, Any] = {"id": "800001", "name": "Maria", "email": "maria@cliente.example"}
AGENT: dict[str, Any] = {"id": 9001, "name": "Ana"}


class MemoryStorage:
    """A storage in memory."""

    parallel_reads = 1

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}

    def list_names(self, folder: str) -> Sequence[str]:
        return sorted(name.removeprefix(f"{folder}/") for name in self.files if name.startswith(f"{folder}/"))

    def read(self, name: str) -> bytes:
        return self.files[name]

    def write(self, name: str, data: bytes) -> None:
        self.files[name] = data

    def create(self, name: str, data: bytes) -> bool:
        return self.files.setdefault(name, data) is data

    def exchange(self, name: str, old: bytes, new: bytes) -> bool:
        raise NotImplementedError(name)

    def write_file(self, name: str) -> AbstractContextManager[Path]:
        raise NotImplementedError(name)

    def fetch(self, name: str) -> Path:
        raise NotImplementedError(name)

    def fetch_all(self, names: Iterable[str]) -> Iterator[Path]:
        raise NotImplementedError(names)

    def delete(self, name: str) -> None:
        self.files.pop(name, None)

    def check_writable(self) -> None:
        raise NotImplementedError


def make_list(*, chats: Sequence[int] = (700001,)) -> SuppressionList:
    return SuppressionList(42, KEY).add(MemoryStorage(), 800001, chats)


def test_rows_of_a_suppressed_contact_are_left_out_however_the_id_is_written() -> None:
    rows: list[dict[str, Any]] = [{"id": 800001}, {"id": "800001"}, {"id": 800001.0}, {"id": 800002}, {"id": None}]
    batch = convert(
        CONTACTS,
        rows,
        fetched_at=datetime(2026, 11, 22, tzinfo=UTC),
        zone=ZoneInfo("UTC"),
        suppression_list=make_list(),
    )
    assert batch.column("id").to_pylist() == [800002, None]


@pytest.mark.parametrize(
    "row",
    [
        {"id": 5, "contactId": 800001, "chatCustomer": None},
        {"id": 5, "contactId": None, "chatCustomer": MARIA},
        {"id": 5, "lastMessage": {"senderType": "widget", "sender": MARIA}},
        {"id": 700001, "contactId": None},
        {"id": 5, "new": {"deep": [{"customer": MARIA}]}},
        {"id": 5, "chatCustomer": json.dumps(MARIA)},
        {"id": 5, "chatCustomer": "800001"},
        {"id": 5, "new": json.dumps([{"contact-id": 800001}])},
        {"id": 5, "new": [json.dumps({"customer": MARIA})]},
    ],
)
def test_a_chat_of_a_suppressed_contact_stays_without_personal_data(row: dict[str, Any]) -> None:
    fields = {
        "situation": "finishing",
        "createdAt": "2025-03-10 13:58:41",
        "agents": [AGENT],
        "protocol": "of Maria",
        "lastMessage": {"text": "Sou a Maria", "sendAt": "2025-03-10 14:22:07"} | row.get("lastMessage", {}),
    }
    assert make_list().filter_rows(CHATS, [fields | row | {"lastMessage": fields["lastMessage"]}]) == [
        {
            "id": row["id"],
            "situation": "finishing",
            "createdAt": "2025-03-10 13:58:41",
            "lastMessage": {"sendAt": "2025-03-10 14:22:07"},
            "agents": [AGENT],
        }
    ]


@pytest.mark.parametrize(
    "row",
    [
        {"id": 700002, "contactId": 800002, "chatCustomer": MARIA | {"id": 800002}, "new": "800001"},
        {"id": 800001, "contactId": None},
        {"id": 700002, "lastMessage": {"senderType": "agent", "sender": AGENT | {"id": 800001}}},
    ],
)
def test_a_chat_of_another_contact_is_unchanged(row: dict[str, Any]) -> None:
    (allowed,) = make_list().filter_rows(CHATS, [row])
    assert allowed is row


def test_messages_of_suppressed_chats_stay_without_text_file_and_names() -> None:
    message = {"id": 1, "type": "text", "sendAt": "2025-03-10 14:22:07", "text": "oi", "file": {"url": "x"}}
    rows = [
        message | {"chat": {"id": 5, "customer": MARIA}, "sender": MARIA, "receiver": AGENT},
        message | {"chat": {"id": 700001}, "sender": AGENT},
    ]
    stripped = {"id": 1, "type": "text", "sendAt": "2025-03-10 14:22:07"}
    assert make_list().filter_rows(MESSAGES, rows) == [
        stripped | {"chat": {"id": 5}, "receiver": {"id": 9001}},
        stripped | {"chat": {"id": 700001}, "sender": {"id": 9001}},
    ]


def test_the_list_holds_no_id_and_can_be_read_only_with_its_key() -> None:
    storage = MemoryStorage()
    assert SuppressionList.read(storage, 42, key=b"").marks == frozenset()
    SuppressionList(42, KEY).add(storage, 800001, [700001])

    suppression_list = SuppressionList.read(storage, 42, key=KEY)

    assert (suppression_list.has_contact(800001), suppression_list.has_chat(700001)) == (True, True)
    assert (
        suppression_list.has_contact(700001),
        suppression_list.has_contact(None),
        suppression_list.has_contact(800002),
    ) == (False, False, False)
    assert not any("800001" in name or "700001" in name for name in storage.files)
    assert SuppressionList.read(storage, 43, key=b"").marks == frozenset()
    for key, sentence in ((b"", "needs HUGGY_HASH_KEY"), (b"another key, that is long", "another HUGGY_HASH_KEY")):
        with pytest.raises(ConfigurationError, match=sentence):
            SuppressionList.read(storage, 42, key=key)


def test_the_fingerprint_of_the_list_changes_with_each_person() -> None:
    fingerprints = {SuppressionList(42, KEY).fingerprint, make_list(chats=()).fingerprint, make_list().fingerprint}
    assert ("" in fingerprints, len(fingerprints)) == (True, 3)


keys = st.sampled_from(["sender", "customer", "contactId", "new", "id", "senderType"])
trees = st.recursive(
    st.sampled_from([1, "2", None, True, "agent", 1e400, "x"]),
    lambda kids: st.lists(kids, max_size=3) | st.dictionaries(keys, kids, max_size=4),
)


@example({"sender": [], "senderType": []})
@given(st.dictionaries(keys, trees, max_size=5))
def test_contact_ids_are_found_in_any_row_without_an_error(row: dict[str, Any]) -> None:
    assert set(find_contact_ids(row)) <= {1, 2}
    assert parse_id(row.get("id")) in {None, 1, 2}
