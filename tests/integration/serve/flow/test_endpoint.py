"""The flow endpoint over real HTTP: 200, the same keys and texts only, whatever comes."""

from __future__ import annotations

import http.client
import json
import time
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import quote, urlsplit

import pytest

from huggy_connector.serve.endpoint import Patience
from tests.integration.serve.flow.conftest import LAST_SECRET, QUERIES, SECRET, Start
from tests.integration.serve.senders import LONGEST, connect, post, receive_all
from tests.unit.webhook.corpus import CLOSED, TOKEN, body, envelope

AS_OF = "2026-11-22T09:01:00-03:00"
FOUND = {"status": "ok", "atualizado_em": AS_OF, "nome": "Maria"}
NOT_FOUND = {"status": "nao_encontrado", "atualizado_em": AS_OF, "nome": ""}
INVALID = {"status": "entrada_invalida", "atualizado_em": AS_OF, "nome": ""}
JSON = {"Content-Type": "application/json"}


def test_a_customer_is_found_by_every_input_from_every_place(flow_server: Start) -> None:
    with flow_server() as flow:
        answers = [
            flow.answer("/flow/nome?contact_id=800001"),
            flow.answer("/flow/nome?phone=31987654321"),
            flow.answer("/flow/nome/?phone=%2B55+31+8765-4321"),
            flow.answer("/flow/nome?email=MARIA@cliente.example"),
            flow.answer("/flow/nome", **{"X-Huggy-Contact-Id": "800001"}),
            flow.answer("/flow/nome", b'{"phone": "3187654321"}', **JSON),
            flow.answer("/flow/nome", b'{"contact_id": 800001, "phone": null}'),
            flow.answer("/flow/nome", b"phone=3187654321"),
        ]
        customer = flow.answer("/flow/customer?contact_id=800001")
        old = flow.ask("/flow/nome?contact_id=800001", secret=LAST_SECRET)
    assert answers == [FOUND] * 8
    assert (customer["status"], customer["cliente_nome"], customer["cliente_cidade"]) == ("ok", "Maria", "Recife")
    assert json.loads(old.text) == FOUND
    assert old.headers["cache-control"] == "no-store"


def test_whoever_shows_no_right_secret_is_answered_401_and_told_nothing(flow_server: Start) -> None:
    with flow_server() as flow:
        said = [
            flow.ask("/flow/nome?contact_id=800001", secret=None),
            flow.ask("/flow/nome?contact_id=800001", secret="wrong"),
            flow.ask(f"/flow/nome?contact_id=800001&secret={SECRET}&X-Huggy-Secret={SECRET}", secret=None),
            flow.ask("/flow/nowhere", secret=""),
            flow.ask("/flow/nome", b"x" * 100_000, secret=f"{SECRET} "[1:]),
        ]
    assert [(each.status, each.text, each.headers.get("connection")) for each in said] == [
        (401, '{"error": "X-Huggy-Secret is missing or wrong"}', "close")
    ] * 5


def test_nobody_and_nonsense_have_the_same_keys_as_somebody(flow_server: Start) -> None:
    attacks = ["' OR '1'='1", "1 OR 1=1", "1; DROP TABLE contacts", "800001'--", "%00", "{{SYSTEM.CLIENT_ID}}", "-1"]
    with flow_server() as flow:
        assert flow.answer("/flow/nome?contact_id=1") == NOT_FOUND
        assert flow.answer("/flow/nome?phone=11987654321") == NOT_FOUND
        assert [flow.answer(f"/flow/nome?contact_id={quote(attack)}") for attack in attacks] == [INVALID] * 7
        assert [flow.answer(f"/flow/nome?phone={quote(attack)}") for attack in attacks] == [INVALID] * 7
        bodies = [
            b"{",
            b"[]",
            b'{"contact_id": [1]}',
            b'{"contact_id": {"a": 1}}',
            b'{"contact_id": true}',
            b"\xff\xfe",
            b"{" * 9_999,
        ]
        assert [flow.answer("/flow/nome", body, **JSON) for body in bodies] == [INVALID] * 7
        assert flow.answer("/flow/nome") == INVALID
        assert flow.answer("/flow/nome?contact_id=1&contact_id=2") == INVALID
        assert flow.answer(f"/flow/livre?x={quote(attacks[2])}")["eco"] == attacks[2]
        assert flow.answer("/flow/nome?contact_id=800001") == FOUND


def test_an_unknown_query_is_an_invalid_input_and_no_404(flow_server: Start) -> None:
    with flow_server() as flow:
        answers = [flow.answer(f"/flow/{name}") for name in ("nowhere", "", "nome/more", "..%2Fnome", "a" * 5_000)]
    assert answers == [{"status": "entrada_invalida", "atualizado_em": AS_OF}] * 5


def test_another_method_is_an_invalid_input(flow_server: Start) -> None:
    with flow_server() as flow:
        address = urlsplit(flow.server.url)
        answers = []
        for method in ("PUT", "PATCH", "DELETE"):
            connection = http.client.HTTPConnection(address.hostname or "", address.port, timeout=LONGEST)
            connection.request(method, "/flow/nome?contact_id=800001", headers={"X-Huggy-Secret": SECRET})
            answers.append(json.loads(connection.getresponse().read()))
            connection.close()
    assert answers == [INVALID] * 3


def test_a_body_that_is_too_large_or_too_slow_is_an_invalid_input(flow_server: Start) -> None:
    with flow_server(patience=Patience(head=LONGEST, body=0.5, disk=LONGEST, stop=LONGEST)) as flow:
        large = flow.answer("/flow/nome", b'{"contact_id": "' + b"1" * 100_000 + b'"}', **JSON)
        with connect(flow.server.url) as slow:
            slow.sendall(
                b"POST /flow/nome HTTP/1.1\r\nHost: h\r\nX-Huggy-Secret: %s\r\nContent-Length: 10\r\n\r\n{"
                % SECRET.encode()
            )
            received = receive_all(slow)
    assert large == INVALID
    assert (received.startswith(b"HTTP/1.1 200"), json.loads(received.partition(b"\r\n\r\n")[2])) == (True, INVALID)


@pytest.mark.parametrize("name", ["muitas", "quebrada", "falha"])
def test_a_query_that_cannot_be_answered_is_unavailable_with_its_keys(flow_server: Start, name: str) -> None:
    columns = QUERIES[name].split("Columns: ")[1].split("\n")[0].split(", ")
    with flow_server() as flow:
        answer = flow.answer(f"/flow/{name}")
    assert answer == {"status": "indisponivel", "atualizado_em": AS_OF, **dict.fromkeys(columns, "")}


def test_a_slow_query_is_stopped_after_two_seconds_and_holds_up_no_other_and_no_event(flow_server: Start) -> None:
    with flow_server(webhook_token=TOKEN) as flow, ThreadPoolExecutor(4) as pool:
        slow = [pool.submit(flow.answer, "/flow/lenta") for _ in range(4)]
        time.sleep(0.2)
        began = time.monotonic()
        quick = flow.answer("/flow/nome?contact_id=800001")
        assert post(flow.server.url, body(envelope(closedChat=[CLOSED]))) == (200, "")
        seconds = time.monotonic() - began
        answers = [each.result() for each in slow]
        tally = flow.server.flow.health.describe()
    assert (quick, answers) == (FOUND, [{"status": "indisponivel", "atualizado_em": AS_OF, "a": ""}] * 4)
    assert (seconds < 2, tally["timed_out"]) == (True, 4)


def test_one_person_is_asked_for_so_often_a_minute_however_the_phone_is_written(flow_server: Start) -> None:
    with flow_server(flow_requests_per_minute=3) as flow:
        asked = ["31987654321", "5531987654321", "(31) 8765-4321", "3187654321", "11987654321"]
        statuses = [flow.answer(f"/flow/nome?phone={quote(phone)}")["status"] for phone in asked]
        health = flow.server.flow.health.describe()
    assert statuses == ["ok", "ok", "ok", "indisponivel", "nao_encontrado"]
    assert health["rate_limited"] == 1


def test_the_log_has_a_line_a_request_and_nothing_of_what_was_asked(flow_server: Start) -> None:
    with flow_server() as flow:
        flow.answer("/flow/nome?phone=31987654321")
        flow.answer("/flow/nome?phone=5531987654321")
        flow.answer("/flow/livre?x=segredo")
        flow.answer("/flow/nome?phone=maria")
        flow.ask("/flow/nome", secret="wrong-secret")
    lines = [note for note in flow.notes if note.startswith("Flow")]
    assert [line.partition(" in ")[0].partition(" (")[0] for line in lines] == [
        "Flow nome: ok",
        "Flow nome: ok",
        "Flow livre: ok",
        "Flow nome: entrada_invalida",
        "Flow: 401, X-Huggy-Secret is missing or wrong.",
    ]
    marks = [line.partition("input ")[2] for line in lines[:4]]
    assert (len({*marks}), marks[0], len(marks[0])) == (3, marks[1], len("0123456789ab."))
    personal = ("87654321", "segredo", "maria", "Maria", "wrong-secret", SECRET)
    assert [word for word in personal if word in "".join(flow.notes)] == []
