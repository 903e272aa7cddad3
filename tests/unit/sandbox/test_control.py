"""The endpoints with which a test reads and steers a sandbox."""

from __future__ import annotations

import json
from typing import Any

import pytest

from huggy_connector.sandbox.server.delays import Delays
from huggy_connector.sandbox.server.faults import Answer
from tests.unit.sandbox.conftest import ServerWithClock, read_json


def post(server_with_clock: ServerWithClock, commands: Any) -> Answer:
    body = commands if isinstance(commands, bytes) else json.dumps(commands).encode()
    return server_with_clock.control.answer("POST", "/sandbox/control", {}, body)


@pytest.mark.parametrize(
    "wishes",
    [
        {"explode": 1},
        {"add": -1},
        {"add": True},
        {"add": "1"},
        {"add": None},
        {"resource": "agents"},
        {"rates": {"storms": 1}},
        {"rates": {"arrivals": -1}},
        {"rates": [1]},
        {"remove": [1]},
        {"remove": ["all"]},
        {"resource": "contacts", "close": 1},
        {"faults": {"501": 0.5}},
        {"faults": {"500": "often"}},
        {"faults": {"500": 0.6, "502": 0.6}},
        {"next_faults": 500},
        {"next_faults": ["501"]},
        {"write_faults": {"null": 0.5}},
        {"write_faults": {"500": "often"}},
        {"next_write_faults": "500"},
        {"next_write_faults": ["501"]},
        {"limit": -1},
        {"latency_ms": "slow"},
        {"empty": "agents"},
        {"clock_minutes": "soon"},
        [],
        "text",
        None,
        b"{",
        b"\xff",
    ],
)
def test_a_control_that_makes_no_sense_is_refused_with_a_reason_and_changes_no_row(wishes: Any) -> None:
    server_with_clock = ServerWithClock()
    before = server_with_clock.control.truth()
    answer = post(server_with_clock, wishes)
    assert (answer.status, list(read_json(answer))) == (400, ["reason"])
    assert server_with_clock.control.truth() == before


@pytest.mark.parametrize(
    ("wishes", "sentence"),
    [
        ({"boom": 1, "explode": 1}, "control knows no boom, explode."),
        ({"add": -1}, "add is -1, it must be a number and not negative."),
        ({"resource": "agents"}, "the sandbox keeps no 'agents'; it keeps chats, contacts."),
        ({"rates": {"storms": 1}}, "rates knows no storms; it knows arrivals, changes, jumps, departures."),
        ({"remove": [1]}, "remove names chats that are not there."),
        ({"resource": "contacts", "close": 1}, "only chats close."),
        ([], "control wants a JSON object."),
    ],
)
def test_the_reason_says_what_was_wrong(wishes: Any, sentence: str) -> None:
    assert read_json(post(ServerWithClock(), wishes)) == {"reason": sentence}


def test_a_command_that_nobody_knows_keeps_the_others_from_running() -> None:
    server_with_clock = ServerWithClock()
    assert post(server_with_clock, {"add": 2, "limit": 5, "explode": 1}).status == 400
    assert (server_with_clock.control.truth()["count"], server_with_clock.server.window.limit) == (60, 20)


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/sandbox/stats", 200),
        ("GET", "/sandbox/stats/", 200),
        ("GET", "/sandbox/wait", 200),
        ("GET", "/sandbox/truth", 200),
        ("GET", "/sandbox/writes", 200),
        ("POST", "/sandbox/mark", 200),
        ("POST", "/sandbox/control", 200),
        ("POST", "/sandbox/stats", 404),
        ("GET", "/sandbox/control", 404),
        ("GET", "/sandbox/", 404),
        ("GET", "/sandbox/stats/more", 404),
    ],
)
def test_there_are_six_endpoints_and_no_other(method: str, path: str, status: int) -> None:
    assert ServerWithClock().control.answer(method, path, {}, b"").status == status


def test_the_counts_are_of_what_arrived_by_path_status_and_page() -> None:
    server_with_clock = ServerWithClock(limit=3, refusal="bare")
    paths = ("/v3/chats?page=2", "/v3/chats/1", "/v3/chats/2", "/v3/chats?page=2")
    for number, path in enumerate(paths):
        server_with_clock.get(path, at=number / 10)
    server_with_clock.now = 9.0
    query = {"arrivals": "1", "pages": "1"}
    stats = read_json(server_with_clock.control.answer("GET", "/sandbox/stats", query, b""))
    counts = {"requests": 4, "accepted": 3, "refused_429": 1, "most_in_any_second": 4, "most_accepted_in_any_second": 3}
    assert {name: stats[name] for name in counts} == counts
    assert (stats["first_arrival"], stats["last_arrival"], stats["elapsed"]) == (0.0, 0.3, 9.0)
    assert (stats["by_path"], stats["by_status"]) == (
        {"/v3/chats": 2, "/v3/chats/{id}": 2},
        {"200": 1, "404": 2, "429": 1},
    )
    assert (stats["arrivals"], stats["arrivals_accepted"]) == ([0.0, 0.1, 0.2, 0.3], [True, True, True, False])
    assert stats["by_page"] == {"chats:2": 1}


@pytest.mark.parametrize("query", [{}, {"arrivals": "0", "pages": "0"}, {"arrivals": "true", "pages": ""}])
def test_arrivals_and_pages_are_told_only_when_asked_for(query: dict[str, str]) -> None:
    answer = ServerWithClock().control.answer("GET", "/sandbox/stats", query, b"")
    assert {"arrivals", "arrivals_accepted", "by_page"}.isdisjoint(read_json(answer))


def test_counting_begins_anew() -> None:
    server_with_clock = ServerWithClock()
    control = server_with_clock.control
    fresh = control.stats(arrivals=True, pages=True)
    control.control({"next_faults": ["500"]})
    server_with_clock.get("/v3/chats", at=0.0)
    assert control.stats(arrivals=True, pages=True) != fresh
    control.control({"reset_stats": False})
    assert control.stats()["requests"] == 1
    control.control({"reset_stats": True})
    assert control.stats(arrivals=True, pages=True) == fresh


def test_rows_are_moved_and_named() -> None:
    control = ServerWithClock(quirks=False).control
    done = control.control({"add": 2, "change": 1, "close": 1, "jump": 1, "remove": 1})
    assert {name: len(rows) for name, rows in done.items()} == {
        "added": 2,
        "removed": 1,
        "changed": 1,
        "closed": 1,
        "jumped": 1,
    }
    truth = control.truth()
    assert (truth["arrived"], truth["departed"], truth["count"]) == (done["added"], done["removed"], 61)
    assert truth["ids"][0] == done["jumped"][0]
    assert set(truth["changed"]) == {*done["changed"], *done["closed"], *done["jumped"]}


def test_rows_of_contacts_are_moved_and_the_named_ones_removed() -> None:
    control = ServerWithClock().control
    ids = control.truth("contacts")["ids"]
    assert control.control({"resource": "contacts", "remove": [ids[3], str(ids[5])]}) == {"removed": [ids[3], ids[5]]}
    assert control.truth("contacts")["ids"] == [number for number in ids if number not in (ids[3], ids[5])]
    assert control.truth("chats")["count"] == 60


def test_one_that_is_not_there_keeps_the_others_from_being_removed() -> None:
    server_with_clock = ServerWithClock()
    ids = server_with_clock.control.truth()["ids"]
    assert post(server_with_clock, {"remove": [ids[0], 1]}).status == 400
    assert server_with_clock.control.truth()["ids"] == ids


def test_no_more_chats_are_closed_than_are_open() -> None:
    control = ServerWithClock(open_chats=5).control
    assert len(control.control({"close": 50})["closed"]) == 5
    assert control.control({"close": 1}) == {"closed": []}


def test_no_more_rows_leave_than_there_are() -> None:
    control = ServerWithClock().control
    assert len(control.control({"remove": 100})["removed"]) == 60
    assert control.truth()["ids"] == []
    assert control.control({"jump": 1, "change": 1, "remove": 1}) == {"removed": [], "changed": [], "jumped": []}


def test_a_mark_makes_what_follows_the_truth() -> None:
    control = ServerWithClock().control
    control.control({"add": 3, "remove": 1})
    added = control.control({"mark": True, "add": 1})["added"]
    truth = control.truth()
    assert (truth["arrived"], truth["departed"], len(truth["throughout"])) == (added, [], 62)


def test_the_truth_has_messages_agents_and_the_rows_asked_for() -> None:
    server_with_clock = ServerWithClock()
    control, account = server_with_clock.control, server_with_clock.server.account
    asked = [str(account.chats.id_of(row)) for row in (4, 2)]
    said = [message for row in (4, 2) for message in account.chats.messages(row, events=True)]
    ids = [message["id"] for message in said]
    messages = control.truth("messages", ids=[asked[0], "1", asked[1]], rows=True)
    assert messages == {"resource": "messages", "count": len(said), "ids": ids, "rows": said}
    assert control.truth("messages") == {"resource": "messages", "count": 0, "ids": []}
    assert control.truth("agents")["ids"] == list(range(9025, 9000, -1))
    query = {"rows": "1", "id": ",".join(asked), "resource": "chats"}
    told = read_json(server_with_clock.control.answer("GET", "/sandbox/truth", query, b""))
    assert ([str(row["id"]) for row in told["rows"]], told["count"]) == (asked, 60)
    assert control.answer("GET", "/sandbox/truth", {"resource": "departments"}, b"").status == 400


def test_rates_hold_from_now_on_for_the_list_that_is_named() -> None:
    server_with_clock = ServerWithClock()
    control = server_with_clock.control
    server_with_clock.now = 100.0
    control.control({"resource": "contacts", "rates": {"arrivals": 10}})
    assert control.truth("contacts")["arrived"] == []
    server_with_clock.now = 110.0
    assert 60 < len(control.truth("contacts")["arrived"]) < 140
    assert control.truth("chats")["arrived"] == []


def test_the_server_follows_its_commands() -> None:
    server_with_clock = ServerWithClock()
    server = server_with_clock.server
    commands = {
        "limit": 2,
        "latency_ms": 5,
        "latency_spread_ms": 7,
        "way_spread_ms": 9,
        "faults": {"502": 1},
        "next_faults": ["500", "504"],
    }
    assert server_with_clock.control.control(commands | {"fail_page": "chats:1"}) == {}
    assert server.window.limit == 2
    assert server.delays == Delays(latency_ms=5.0, latency_spread_ms=7.0, way_spread_ms=9.0)
    statuses = [server_with_clock.get("/v3/chats", at=float(second)) for second in (1, 2, 3)]
    assert (statuses, server.faults.fail_page) == ([500, 504, 502], "chats:1")
    assert [server_with_clock.get("/v3/chats", at=9.0) for _ in range(3)][2] == 429


@pytest.mark.parametrize("command", ["revoke_tokens", "expire_tokens"])
def test_tokens_end_only_when_the_command_is_true(command: str) -> None:
    server_with_clock = ServerWithClock()
    server_with_clock.control.control({command: False, "revoke_refresh": False})
    assert server_with_clock.get("/v3/chats", at=0.0) == 200
    assert server_with_clock.server.tokens.refresh_tokens
    server_with_clock.control.control({command: True, "revoke_refresh": True})
    assert server_with_clock.get("/v3/chats", at=1.0) == 401
    assert server_with_clock.server.tokens.refresh_tokens == {}


def test_the_clock_and_the_emptied_lists_follow_too() -> None:
    server_with_clock = ServerWithClock()
    control, account = server_with_clock.control, server_with_clock.server.account
    before = account.local_time(0.0)
    control.control({"clock_minutes": -1.5, "empty": "chats"})
    assert (account.local_time(0.0) - before, account.resource_lists["chats"].is_emptied) == (-90, True)
    control.control({"empty": None})
    assert not account.resource_lists["chats"].is_emptied


def test_faults_of_writes_and_whether_a_token_may_write_are_set_while_it_runs() -> None:
    server_with_clock = ServerWithClock()
    commands = {"write_faults": {"500": 0.5}, "next_write_faults": ["reset"], "read_only": True}
    assert post(server_with_clock, commands).status == 200
    writes = server_with_clock.server.writes
    assert (writes.faults.shares, writes.is_read_only, writes.faults.choose(1).name) == ({"500": 0.5}, True, "reset")
    assert read_json(server_with_clock.control.answer("GET", "/sandbox/writes", {}, b"")) == []
    assert server_with_clock.control.stats()["write_faults"] == {"reset": 1}
