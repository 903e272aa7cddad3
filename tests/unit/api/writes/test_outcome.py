"""The table of what may be sent again: each answer, and each failure, and what is known after it."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from huggy_connector import errors
from huggy_connector.api.http_messages import Response
from huggy_connector.api.writes import build_write
from huggy_connector.api.writes.outcome import read_answer, read_failure
from huggy_connector.api.writes.types import Outcome, OutcomeKind, WriteRequest
from huggy_connector.catalogue import IDS
from huggy_connector.catalogue.actions import ACTIONS, get_action
from huggy_connector.catalogue.actions.types import Target

NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)
DONE, REFUSED, NOT_SENT, STOPPED, UNKNOWN = OutcomeKind
TEXT: dict[str, Any] = {"text": "Bom dia"}
FIELDS: dict[str, dict[str, Any]] = {
    "send_message": TEXT,
    "send_template": {"template_id": 77, "category": "utility", "params": ["Um"]},
    "run_flow": {"flow_id": 3210, "channel_uuid": "u"},
    "assign_chat": {"agent_id": 9},
    "create_contact": {"name": "Cliente Um"},
    "update_contact": {"name": "Cliente Um"},
    "comment": TEXT,
    "request": {"method": "POST", "path": "chats/7/x"},
}


def build(name: str, **fields: Any) -> WriteRequest:
    action, has_id = get_action(name), name not in {"create_contact", "request"}
    return build_write(
        action,
        7 if has_id else None,
        fields or FIELDS.get(name, {}),
        api_version="v3",
        company_id=None,
        target=Target.CONTACT,
    )


def read(
    value: Any, *, status: int = 200, name: str = "send_message", request: WriteRequest | None = None, **headers: str
) -> Outcome:
    body = value if isinstance(value, bytes) else json.dumps(value).encode()
    response = Response(status, {key.replace("_", "-"): text for key, text in headers.items()}, body)
    return read_answer(response, request or build(name), get_action(name), now=NOW)


def summary(outcome: Outcome) -> tuple[OutcomeKind, str]:
    return outcome.kind, outcome.reason.partition(":")[0]


@pytest.mark.parametrize(
    ("status", "kind", "code"),
    [
        (301, REFUSED, "redirected"),
        (307, REFUSED, "redirected"),
        (400, REFUSED, "refused"),
        (401, STOPPED, "unauthorized"),
        (402, REFUSED, "refused"),
        (403, REFUSED, "forbidden"),
        (404, REFUSED, "not_found"),
        (405, REFUSED, "refused"),
        (408, UNKNOWN, "unknown"),
        (409, REFUSED, "refused"),
        (413, REFUSED, "refused"),
        (422, REFUSED, "refused"),
        (429, NOT_SENT, "rate_limited"),
        (500, UNKNOWN, "unknown"),
        (501, UNKNOWN, "unknown"),
        (502, UNKNOWN, "unknown"),
        (503, UNKNOWN, "unknown"),
        (504, UNKNOWN, "unknown"),
        (599, UNKNOWN, "unknown"),
    ],
)
@pytest.mark.parametrize("body", [b"", b"<html>", b'{"reason": "x"}', b'{"id": 5}', b"[{"], ids=str)
def test_a_status_that_is_no_success_decides_whatever_the_body(
    status: int, kind: OutcomeKind, code: str, body: bytes
) -> None:
    for name in ("send_message", "close_chat", "create_contact"):
        assert summary(read(body, status=status, name=name)) == (kind, code)


@pytest.mark.parametrize(
    ("header", "pause"), [("7", 7.0), ("0.5", 0.5), ("Mon, 30 Nov 2026 12:00:30 GMT", 30.0), ("", None)]
)
def test_a_429_says_when_to_try_again(header: str, pause: float | None) -> None:
    assert read(b"", status=429, retry_after=header).retry_after == pause


@pytest.mark.parametrize(
    ("name", "answer", "ids"),
    [
        ("send_message", {"id": 5, "text": "Bom dia"}, {"message": 5}),
        (
            "send_message",
            {"id": "5", "text": "Bom dia", "chat": {"id": "7"}, "customer": {"id": 8}},
            {"message": 5, "chat": 7, "contact": 8},
        ),
        ("send_message", [{"id": 5}], {"message": 5}),
        ("send_template", {"id": 5, "text": "Oi, Um"}, {"message": 5}),
        ("create_contact", {"id": "800009"}, {"contact": 800009}),
        ("create_contact", [{"id": "800009"}], {"contact": 800009}),
        ("open_chat", {"id": 700009, "customer": {"id": 7}}, {"chat": 700009, "contact": 7}),
        ("run_flow", {"reason": "Fluxo executado", "chatID": "700009"}, {"chat": 700009}),
        ("run_flow", {"reason": "", "chatID": 700009}, {"chat": 700009}),
        ("close_chat", {"id": 7, "situation": "finishing"}, {"chat": 7}),
        ("update_contact", {"id": "7"}, {"contact": 7}),
        ("comment", {"id": 99}, {}),
        ("request", {"id": 99}, {}),
        ("assign_chat", True, {}),
        ("assign_chat", "OK", {}),
    ],
)
def test_an_answer_of_success_is_done_with_its_ids(name: str, answer: Any, ids: dict[str, int]) -> None:
    assert read(answer, name=name) == Outcome(DONE, ids=ids)


@pytest.mark.parametrize(("name", "ids"), [("create_contact", {"contact": 800009}), ("open_chat", {"chat": 800009})])
def test_a_created_record_may_be_named_by_its_address_alone(name: str, ids: dict[str, int]) -> None:
    assert read(b"", status=201, name=name, location="/clients/800009") == Outcome(DONE, ids=ids)


@pytest.mark.parametrize(
    "body", [b"", b" \n", b"null", b"[]", b"{}", b'{"id": null}', b'{"id": "x"}', b'{"id": true}', b'"ok"'], ids=str
)
def test_a_record_without_an_id_is_unknown_and_any_other_success_is_done(body: bytes) -> None:
    kinds = [read(body, name=name).kind for name in ("send_message", "send_template", "create_contact", "open_chat")]
    others = [
        read(body, name=name).kind for name in ("run_flow", "close_chat", "update_contact", "delete_chat", "request")
    ]
    assert (kinds, others) == ([UNKNOWN] * 4, [DONE] * 5)


@pytest.mark.parametrize("body", [b"<html>log in</html>", b'{"id": 5', b'[{"id": 5', b'  {"a": '], ids=str)
@pytest.mark.parametrize("name", ["send_message", "close_chat", "run_flow", "update_contact", "request"])
def test_an_answer_that_is_cut_off_or_a_web_page_is_unknown_for_every_action(name: str, body: bytes) -> None:
    assert summary(read(body, name=name)) == (UNKNOWN, "unknown")


def test_a_plain_text_in_place_of_json_is_done_where_no_record_is_due() -> None:
    assert [read(b"Fluxo executado", name=name).kind for name in ("run_flow", "send_message")] == [DONE, UNKNOWN]


@pytest.mark.parametrize(
    ("value", "code"),
    [
        ({"reason": "Parâmetro text é obrigatório"}, "missing_parameter"),
        ({"error": "Missing required parameter: text"}, "missing_parameter"),
        ({"errors": [{"message": "Falta el parámetro text"}]}, "missing_parameter"),
        ({"reason": "Já existe um contato com este celular"}, "already_exists"),
        ({"reason": "A contact with this mobile already exists"}, "already_exists"),
        ({"reason": "Ya existe un contacto"}, "already_exists"),
        ({"reason": {"mobile": ["x"]}}, "already_exists"),
        ({"reason": "Arquivo inválido"}, "invalid_file"),
        ({"reason": "Outra coisa", "id": 5}, "refused"),
        ([{"reason": "Outra coisa"}], "refused"),
        ({"success": False}, "refused"),
    ],
)
@pytest.mark.parametrize("status", [200, 400, 422])
def test_a_reason_refuses_also_inside_a_success_and_is_never_quoted(value: Any, code: str, status: int) -> None:
    outcome = read(value, status=status)
    assert summary(outcome) == (REFUSED, code)
    assert outcome.reason.endswith(f" ({status}).")
    assert not {"celular", "Outra", "text"} & {*outcome.reason.replace(".", "").split()}


@pytest.mark.parametrize("name", ["run_flow", "close_chat", "update_contact", "create_contact", "request"])
def test_a_reason_refuses_every_action(name: str) -> None:
    assert read({"reason": "Não"}, name=name).kind is REFUSED


def test_a_flow_that_did_not_run_names_no_chat() -> None:
    answer = {"reason": "O contato já está em atendimento", "chatID": None}
    assert read(answer, name="run_flow").kind is REFUSED


@pytest.mark.parametrize(
    ("code", "kind", "name", "is_opt_out"),
    [
        (130472, REFUSED, "experiment", False),
        (131026, REFUSED, "undeliverable", False),
        (131047, REFUSED, "window_closed", False),
        (131048, STOPPED, "spam_limit", False),
        (131049, REFUSED, "marketing_cap", False),
        (131050, REFUSED, "opt_out", True),
        (131056, REFUSED, "pair_rate", False),
        (131051, REFUSED, "whatsapp", False),
        (132000, STOPPED, "template", False),
        (132001, STOPPED, "template", False),
        (132015, STOPPED, "template", False),
    ],
)
def test_a_code_of_whatsapp_says_what_it_means(code: int, kind: OutcomeKind, name: str, is_opt_out: bool) -> None:
    answers = [
        {"reason": f"(#{code}) Something"},
        {"reason": {"code": code}},
        {"error": {"code": str(code), "message": "x"}},
        {"errors": [{"code": code}]},
        [{"reason": f"{code}"}],
    ]
    outcomes = [read(answer, status=status) for answer in answers for status in (200, 400, 403, 429)]
    assert {(summary(outcome), outcome.is_opt_out) for outcome in outcomes} == {((kind, name), is_opt_out)}
    assert {f"({code})" in outcome.reason for outcome in outcomes} == {True}


def test_a_code_in_the_text_of_a_message_or_after_a_failure_means_nothing() -> None:
    request = build("send_message", text="131050")
    assert read({"id": 5, "text": "131050"}, request=request).kind is DONE
    assert read({"reason": "131050"}, status=500).kind is UNKNOWN
    assert read({"reason": "1310501 or 9131050"}, status=400).is_opt_out is False


MISSING = ["O parâmetro text é obrigatório.", "Missing required parameter: text", "Falta el parámetro text"]


@pytest.mark.parametrize("said", MISSING)
@pytest.mark.parametrize("key", ["text", "body", "message"])
def test_a_text_about_a_missing_parameter_is_a_refusal(said: str, key: str) -> None:
    for answer in ({key: said}, {"id": 5, key: said}, [{key: said}]):
        assert summary(read(answer)) == (REFUSED, "missing_parameter")
    assert summary(read(said, name="run_flow")) == (REFUSED, "missing_parameter")
    assert summary(read(said.encode(), name="run_flow")) == (REFUSED, "missing_parameter")


@pytest.mark.parametrize("sent", MISSING)
@pytest.mark.parametrize("wrap", ["{}", "*Ana:*\n{}", "  {} \n"])
def test_a_message_that_is_such_a_sentence_itself_is_done(sent: str, wrap: str) -> None:
    request = build("send_message", text=f"{sent}")
    assert read({"id": 5, "text": wrap.format(sent)}, request=request) == Outcome(DONE, ids={"message": 5})


def test_a_short_message_does_not_hide_a_refusal_that_holds_it() -> None:
    assert summary(read({"id": 5, "text": MISSING[0]}, request=build("send_message", text="o"))) == (
        REFUSED,
        "missing_parameter",
    )


def test_where_the_refusal_cannot_be_told_from_the_message_it_is_unknown() -> None:
    request = build("send_message", text=MISSING[0])
    assert summary(read({"id": 5, "text": MISSING[1]}, request=request)) == (UNKNOWN, "unknown")


def test_the_parameters_of_a_template_count_as_sent_too() -> None:
    request = build("send_template", template_id=77, category="utility", params=["Campo obrigatório: CPF"])
    assert read({"id": 5, "text": "Oi! Campo obrigatório: CPF"}, name="send_template", request=request).kind is DONE


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=30) | st.sampled_from([*MISSING, "131048", "5"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["id", "reason", "error", "errors", "text", "chatID", "customer", "success"]), inner
        )
    ),
    max_leaves=8,
)
BODIES = st.binary(max_size=40) | JSON.map(lambda value: json.dumps(value).encode())


@given(
    status=st.integers(200, 599),
    body=BODIES,
    name=st.sampled_from([*ACTIONS]),
    headers=st.dictionaries(st.sampled_from(["retry-after", "location"]), st.text(max_size=20)),
)
@example(status=200, body=b'{"id": 5, "text": "131048"}', name="send_message", headers={})
def test_whatever_comes_is_an_outcome_and_only_a_429_may_be_sent_again(
    status: int, body: bytes, name: str, headers: dict[str, str]
) -> None:
    request, action = build("send_message"), ACTIONS[name]
    outcome = read_answer(Response(status, headers, body), request, action, now=NOW)
    assert outcome.kind is not NOT_SENT or status == 429
    assert outcome.kind is not DONE or (status < 300 and outcome.ids)
    assert (outcome.kind is UNKNOWN) == (status >= 500 or status == 408) or status < 300
    assert all(number in IDS for number in outcome.ids.values())
    assert (outcome.reason == "") == (outcome.kind is DONE)


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (errors.NeverSent("No connection to api.example: check it."), NOT_SENT),
        (errors.Untrusted("The certificate is not trusted."), NOT_SENT),
        (errors.RateLimited("Too many.", 3.0), NOT_SENT),
        (errors.Interrupted("Stopped while a request waited for its turn."), NOT_SENT),
        (errors.Unauthorized("The token expired."), STOPPED),
        (errors.ConfigurationError("HUGGY_BASE_URL is no address."), STOPPED),
        (errors.Overlong("A pause of many years."), STOPPED),
        (errors.Unreachable("The connection broke."), UNKNOWN),
        (errors.MangledAnswer("Cut off."), UNKNOWN),
        (errors.AnswerTooLarge("Too large."), UNKNOWN),
        (errors.ServerFailed("503"), UNKNOWN),
        (errors.UnexpectedShape("A list."), UNKNOWN),
        (errors.Refused("400"), UNKNOWN),
        (errors.StoreAway("Away."), UNKNOWN),
    ],
)
def test_only_what_surely_never_left_may_be_sent_again(error: errors.HuggyError, kind: OutcomeKind) -> None:
    outcome = read_failure(error, build("send_message"))
    assert (outcome.kind, outcome.reason.endswith("."), outcome.ids) == (kind, True, {})
    assert outcome.retry_after == getattr(error, "retry_after", None)


def test_no_reason_holds_a_personal_value() -> None:
    values = [
        {"reason": "Maria 5511987654321 já existe"},
        {"text": "Falta o parâmetro Maria"},
        {"error": {"Maria": "x"}},
    ]
    reasons = " ".join(read(value, status=status).reason for value in values for status in (200, 400, 403, 500))
    assert not {word for word in ("Maria", "5511987654321") if word in reasons}
