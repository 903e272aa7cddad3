"""The v3 endpoints: what each path, page and filter is answered with."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from huggy_connector.sandbox.data.account import Account
from huggy_connector.sandbox.server.api import Api, ApiCall, page_name, split_path, to_path_template
from huggy_connector.sandbox.server.faults import Answer
from tests.unit.sandbox.conftest import create_account, list_chats, read_json

Get = Callable[..., Answer]


def create_get(account: Account) -> Get:
    """Return a function that asks for an address below /v3."""
    api = Api(account)

    def get(address: str, *, language: str = "", fault: str = "", method: str = "GET") -> Answer:
        parts = urlsplit(f"/v3/{address}")
        return api.answer(
            ApiCall(
                method, split_path(parts.path), dict(parse_qsl(parts.query, keep_blank_values=True)), language, fault
            )
        )

    return get


def ids(answer: Answer) -> list[int]:
    assert answer.status == 200
    return [int(row["id"]) for row in read_json(answer)]


@pytest.fixture(scope="module")
def account() -> Account:
    return create_account()


@pytest.fixture
def get(account: Account) -> Get:
    return create_get(account)


@pytest.mark.parametrize(
    ("address", "language", "status", "reason"),
    [
        ("companies/1/chats", "pt-br", 403, "Desculpe, você não tem permissão"),
        ("companies/1/chats", "es", 403, "Lo sentimos, no tienes permiso"),
        ("companies/04242/chats", "en", 403, "Sorry, you do not have permission"),
        ("companies/1/nothing", "en", 403, "Sorry, you do not have permission"),
        ("companies", "en", 403, "Sorry, you do not have permission"),
        ("companies/4242", "en", 404, "Not found"),
        ("companies/4242/companies/4242/chats", "en", 404, "Not found"),
        ("", "en", 404, "Not found"),
        ("tabulations", "", 404, "Not found"),
        ("departments", "", 404, "Not found"),
        ("chats/1", "pt-br", 404, "Não encontrado"),
        ("chats/*", "en", 404, "Not found"),
        ("chats/1/messages", "en", 404, "Not found"),
        ("chats/1/messages/2", "en", 404, "Not found"),
        ("contacts/1/messages", "en", 404, "Not found"),
        ("agents/1", "en", 404, "Not found"),
        ("agents/09001", "en", 404, "Not found"),
        ("chats?page=one", "en", 400, "Invalid page"),
        ("chats?page=-1", "en", 400, "Invalid page"),
        ("chats?page=1.5", "en", 400, "Invalid page"),
        ("contacts?page=1e3", "en", 400, "Invalid page"),
        ("agents?page=%201", "en", 400, "Invalid page"),
        (f"chats?page={'9' * 5000}", "en", 400, "Invalid page"),
    ],
)
def test_a_refusal_has_a_reason_in_the_language_asked_for(
    get: Get, address: str, language: str, status: int, reason: str
) -> None:
    answer = get(address, language=language)
    assert (answer.status, read_json(answer)) == (status, {"reason": reason})


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "HEAD"])
@pytest.mark.parametrize("address", ["contacts", "chats/700001", "nothing"])
def test_writing_is_not_offered(get: Get, method: str, address: str) -> None:
    assert get(address, method=method).status == 405
    assert get(f"companies/1/{address}", method=method).status == 403


@pytest.mark.parametrize(
    "address", ["chats", "contacts", "agents", "agents/profile", "agents/9001", "departments/parents"]
)
def test_the_company_in_the_path_and_a_trailing_slash_change_nothing(get: Get, address: str) -> None:
    answers = [
        get(path) for path in (address, f"{address}/", f"companies/4242/{address}", f"companies/4242/{address}/")
    ]
    assert (len({answer.body for answer in answers}), {answer.status for answer in answers}) == (1, {200})


@pytest.mark.parametrize("resource", ["chats", "contacts"])
@pytest.mark.parametrize(
    ("address", "begin", "end"),
    [("?page=", 0, 20), ("?page=0", 0, 20), ("?page=1", 20, 40), ("?page=00", 0, 20), (f"?page={10**17}", 0, 0)],
)
def test_a_page_has_twenty_rows_of_the_list_and_none_past_its_end(
    account: Account, get: Get, resource: str, address: str, begin: int, end: int
) -> None:
    listing, id_of = account.resource_lists[resource].listing, account.resource_lists[resource].source.id_of
    assert ids(get(f"{resource}{address}")) == [id_of(row) for row in listing.rows(0, 40)[begin:end]]


def test_the_owner_the_agents_and_the_departments_are_told(account: Account, get: Get) -> None:
    owner = read_json(get("agents/profile"))
    assert set(owner) == {"id", "name", "email", "photo", "companyID"}
    assert owner["companyID"] == 4242
    pages = [ids(get(f"agents?page={page}")) for page in (0, 1, 2)]
    assert (pages[0] + pages[1], pages[2]) == (list(range(9025, 9000, -1)), [])
    assert len(pages[0]) == 20
    assert ids(get("agents?allPages=true")) == pages[0] + pages[1]
    assert ids(get("agents?allPages=1")) == pages[0]
    assert len(ids(get("chats?allPages=true"))) == 20
    assert read_json(get("agents/9001"))["name"] == owner["name"]
    assert read_json(get("departments/parents"))[0] == {"id": 31, "name": "Comercial"}
    assert len(read_json(get("departments/parents"))) == len(account.desk.departments)


@pytest.mark.parametrize("resource", ["chats", "contacts", "agents"])
def test_a_detail_is_the_row_of_the_list(get: Get, resource: str) -> None:
    row = read_json(get(resource))[3]
    assert read_json(get(f"{resource}/{row['id']}")) == row


@pytest.mark.parametrize("field", [("agent", "agentId"), ("customer", "contactId"), ("channel", "channel")])
def test_a_filter_by_a_field_finds_the_chats_that_have_it(field: tuple[str, str]) -> None:
    get = create_get(create_account(quirks=False))
    parameter, key = field
    value = next(chat[key] for chat in read_json(get("chats")) if chat[key] is not None)
    found = read_json(get(f"chats?{parameter}={value}"))
    assert {chat[key] for chat in found} == {value}
    assert ids(get(f"chats?{parameter}={value}&page=1")) != [chat["id"] for chat in found]


def test_unknown_parameters_and_empty_filters_change_nothing(get: Get) -> None:
    everything = get("chats").body
    for query in ("created_at_from=2099-01-01&created_at_to=2099-02-01", "situation=&agent=", "limit=5", "sort=id"):
        assert get(f"chats?{query}").body == everything
    assert get("contacts?phone=&email=").body == get("contacts").body


def test_a_filter_that_nothing_passes_finds_nothing(get: Get) -> None:
    assert [ids(get(f"chats?{query}")) for query in ("situation=nonsense", "agent=1", "situation=auto&agent=9001")] == [
        [],
        [],
        [],
    ]


def test_the_situation_filter_can_be_ignored() -> None:
    get = create_get(create_account(ignore_situation=True))
    assert get("chats?situation=auto").body == get("chats").body
    assert {chat["channel"] for chat in read_json(get("chats?situation=auto&channel=email"))} == {"email"}


def test_a_contact_is_found_by_phone_in_digits_and_by_email(get: Get) -> None:
    people: list[dict[str, Any]] = [contact for page in range(8) for contact in read_json(get(f"contacts?page={page}"))]
    contact = next(each for each in people if each["mobile"] and each["email"])
    phone, email = contact["mobile"], contact["email"]
    queries = (f"phone={phone}", f"email={email}", f"phone={phone}&email={email}")
    assert [read_json(get(f"contacts?{query}")) for query in queries] == [[contact]] * 3
    wrong = (f"phone=%2B{phone}", f"phone=+{phone}", f"phone={phone}&email=x@y", f"phone={phone}&page=1", "email=x@y")
    assert [read_json(get(f"contacts?{query}")) for query in wrong] == [[]] * 5


def test_messages_are_refused_while_the_bot_has_the_chat_and_paged_otherwise() -> None:
    account = create_account(open_chats=40)
    get = create_get(account)
    auto = ids(get("chats?situation=auto"))[0]
    for query in ("", "?page=1", "?page=one", "?showEvents=true"):
        assert get(f"chats/{auto}/messages{query}").status == 403
    for situation in ("wait_for_chat", "in_chat", "finishing"):
        number = ids(get(f"chats?situation={situation}"))[0]
        row = account.chats.row_of(number)
        assert row is not None
        for events, query in ((False, "page="), (True, "showEvents=true&page="), (False, "showEvents=1&page=")):
            said = [message["id"] for message in account.chats.messages(row, events=events)]
            pages = [ids(get(f"chats/{number}/messages?{query}{page}")) for page in range(9)]
            assert [each for page in pages for each in page] == said == sorted(said, reverse=True)
            assert pages == [said[20 * page :][:20] for page in range(9)]
        assert get(f"chats/{number}/messages?page=x").status == 400


def test_a_list_that_looks_empty_still_has_its_details() -> None:
    account = create_account(emptied="chats")
    get = create_get(account)
    assert [get(address).body for address in ("chats", "chats?page=3", "chats?situation=finishing")] == [b"[]"] * 3
    assert get("chats?page=x").status == 400
    assert get(f"chats/{account.chats.id_of(7)}").status == 200
    assert len(ids(get("contacts"))) == 20


@pytest.mark.parametrize("filtered", ["", "&situation=finishing"])
@pytest.mark.parametrize(
    ("fault", "begin", "end"), [("short", 20, 39), ("long", 20, 41), ("endless", 0, 20), ("", 20, 40)]
)
def test_a_fault_makes_a_page_short_or_long_or_the_first_again(
    get: Get, filtered: str, fault: str, begin: int, end: int
) -> None:
    rows = [number for page in range(3) for number in ids(get(f"chats?page={page}{filtered}"))]
    assert ids(get(f"chats?page=1{filtered}", fault=fault)) == rows[begin:end]


def test_a_fault_puts_null_in_the_place_of_one_record(get: Get) -> None:
    rows, broken = read_json(get("chats")), read_json(get("chats", fault="null"))
    assert [row for row in broken if row is None] == [None]
    assert [a for a, b in zip(rows, broken, strict=True) if b is not None] == [row for row in broken if row is not None]
    assert get("chats?page=999", fault="null").body == b"[]"


@pytest.mark.parametrize(
    ("path", "parts", "template"),
    [
        ("/v3/chats", ("chats",), "/v3/chats"),
        ("/v3/chats/", ("chats",), "/v3/chats"),
        ("/v3/chats/700001/messages", ("chats", "700001", "messages"), "/v3/chats/{id}/messages"),
        ("/v3/companies/4242/chats", ("companies", "4242", "chats"), "/v3/companies/{id}/chats"),
        ("/v3/agents/profile", ("agents", "profile"), "/v3/agents/profile"),
        ("/v3", ("",), "/v3"),
        ("/v3/", ("",), "/v3"),
        ("/", ("",), "/"),
    ],
)
def test_a_path_has_parts_and_a_template_by_which_it_is_counted(
    path: str, parts: tuple[str, ...], template: str
) -> None:
    assert (split_path(path), to_path_template(path)) == (parts, template)


@pytest.mark.parametrize(
    ("path", "query", "name"),
    [
        ("/v3/chats", {}, "chats:0"),
        ("/v3/chats", {"page": "7"}, "chats:7"),
        ("/v3/companies/4242/contacts/", {"page": "7"}, "contacts:7"),
        ("/v3/agents", {}, "agents:0"),
        ("/v3/agents/profile", {}, ""),
        ("/v3/chats/700001/messages", {"page": "1"}, ""),
        ("/v3/departments", {}, ""),
        ("/oauth/access_token", {}, ""),
    ],
)
def test_only_the_page_of_a_list_has_a_name(path: str, query: dict[str, str], name: str) -> None:
    assert page_name(ApiCall("GET", split_path(path), query, "")) == name


def test_the_agents_of_a_chat_and_its_rating_are_listed_beside_it() -> None:
    account = create_account(open_chats=0)
    api, ratings = Api(account), list[Any]()
    for chat in list_chats(account)[:60]:
        agents = read_json(api.answer(ApiCall("GET", ("chats", str(chat["id"]), "agents"), {}, "en")))
        assert agents == chat["agents"]
        ratings.append(read_json(api.answer(ApiCall("GET", ("chats", str(chat["id"]), "feedback"), {}, "en"))))
    assert {tuple(rating) for rating in ratings} == {(), ("chatID", "rate", "comment", "created_at")}
    missing = [api.answer(ApiCall("GET", ("chats", "1", name), {}, "en")).status for name in ("agents", "feedback")]
    assert missing == [404, 404]
