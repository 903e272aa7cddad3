"""What Huggy's webhook may send, invented: the bodies of section 2.6 of the reference, and worse."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any
from urllib.parse import quote_plus

TOKEN = "0123456789abcdef0123456789abcdef"
COMPANY = 4242
MESSAGE: dict[str, Any] = {
    "id": 600000001,
    "body": "Bom dia",
    "is_internal": False,
    "is_email": False,
    "sender": {"id": 800001, "name": "Cliente Um", "mobile": "5500900000001", "phone": None, "photo": None},
    "senderType": "whatsapp-enterprise",
    "receiver": None,
    "receiverType": "agent",
    "file": None,
    "channel": "whatsapp-enterprise",
    "customer": {"id": 800001, "name": "Cliente Um", "custom_fields": {"cpf_customer": ""}},
    "chat": {"id": 700001, "situation": "auto", "department": False, "customer": {"id": 800001}},
    "send_at": "2025-03-10 11:02:07",
    "read_at": "",
    "company": {"id": COMPANY},
}
AGENT_ENTERED: dict[str, Any] = {
    "id": 700001,
    "channel": "whatsapp-enterprise",
    "situation": "in_chat",
    "department": {"id": 31, "name": "Comercial"},
    "customer": {"id": 800001, "name": "Cliente Um"},
    "workflowID": None,
    "workflowStepID": "55",
    "agent": {"id": 9001, "name": "Ana Exemplo", "email": "ana@example.com"},
    "company": {"id": COMPANY},
}
CLOSED: dict[str, Any] = {
    "id": 700001,
    "situation": "finishing",
    "tabulation": None,
    "closed": 1,
    "closed_at": "2025-03-10 11:25:00",
    "company": {"id": COMPANY},
}
CUSTOMER: dict[str, Any] = {
    "id": 800001,
    "name": "Cliente Um",
    "email": "um@example.com",
    "photo": None,
    "custom_fields": [],
    "organizations": [],
    "company": {"id": COMPANY},
}
FLOW: dict[str, Any] = {
    "chatID": "700001",
    "flowID": 3210,
    "flowToken": "pesquisa-nps",
    "context": {"SYSTEM.CHAT_ID": "700001", "nota": "9"},
    "company": {"id": COMPANY},
}


def envelope(token: Any = TOKEN, *, time: Any = 1741615327, **messages: Any) -> dict[str, Any]:
    shown = {} if token is None else {"token": token}
    return {"time": time, **shown, "messages": messages}


def body(value: Any) -> bytes:
    return json.dumps(value).encode()


def handshake(token: str = TOKEN) -> bytes:
    return body({"token": token, "validToken": True})


def nested(depth: int) -> str:
    return "[" * depth + "]" * depth


ACCEPTED: Sequence[tuple[bytes, int]] = [
    (body(envelope(receivedAllMessage=[MESSAGE])), 1),
    (body(envelope(receivedAllMessage=[MESSAGE, MESSAGE], startedChat=[AGENT_ENTERED], closedChat=[CLOSED])), 4),
    (body(envelope(receivedMessage=[MESSAGE], receivedAllMessage=[MESSAGE])), 2),
    (body(envelope(updatedCustomer=CUSTOMER)), 1),
    (body(envelope(updatedCustomer={"0": CUSTOMER, "1": CUSTOMER})), 2),
    (body(envelope(nobodyKnowsThis=[{"id": 1}], outro=[{}])), 2),
    (body(envelope(finishedAutomationFlow=[FLOW], answeredChatForm=[{"chat": {"id": 7}, "answers": []}])), 2),
    (body(envelope(closedChat=[CLOSED | {"id": 10**40}, CLOSED | {"id": "700001"}, CLOSED | {"id": None}])), 3),
    (body(envelope(closedChat=[CLOSED | {"closed_at": "amanhã"}], time="ontem")), 1),
    (body(envelope(closedChat=[{key: each for key, each in CLOSED.items() if key != "company"}])), 1),
    (body(envelope(closedChat=[CLOSED | {"id": number} for number in range(5_000)])), 5_000),
    (body(envelope(receivedAllMessage=[MESSAGE | {"body": "x" * 300_000}])), 1),
    (b"\xef\xbb\xbf" + body(envelope(closedChat=[CLOSED])), 1),
    (json.dumps(envelope(closedChat=[CLOSED])).encode("utf-16"), 1),
    (body(envelope(closedChat=[CLOSED | {"name": "S\ufffdo"}])).replace(b"\\ufffd", b"\xe3"), 1),
    (body(envelope(closedChat=[CLOSED | {"name": "\ud83d"}])), 1),
    (body(envelope(closedChat=[CLOSED | {"n": "@"}])).replace(b'"@"', b"1e999"), 1),
    (body(envelope(closedChat=[CLOSED | {"n": "@"}])).replace(b'"@"', b"NaN"), 1),
    (body(envelope(closedChat=[CLOSED | {"n": "@"}])).replace(b'"@"', b"9" * 5_000), 1),
    (b'{"token":"%s","messages":{"closedChat":[{"id":1}],"closedChat":[{"id":2}]}}' % TOKEN.encode(), 2),
    (b'{"token":"%s","messages":{"a":[{"id":1}]},"messages":{"b":[{"id":2}]}}' % TOKEN.encode(), 2),
    (f"payload={quote_plus(json.dumps(envelope(closedChat=[CLOSED])))}".encode(), 1),
    (quote_plus(json.dumps(envelope(closedChat=[CLOSED]))).encode() + b"=", 1),
    (f"token={TOKEN}&messages={quote_plus(json.dumps({'closedChat': [CLOSED]}))}".encode(), 1),
    (body(envelope() | {"messages": json.dumps({"closedChat": [CLOSED]})}), 1),
    (body(envelope() | {"messages": [{"closedChat": [CLOSED]}, {"leftQueue": [CLOSED]}]}), 2),
    (body(envelope(**{"": [CLOSED]})), 1),
]
"""Bodies that are answered 200, each with the items of it that are kept."""

REFUSED: Sequence[tuple[bytes, str]] = [
    (b"{", "invalid JSON"),
    (b"<html></html>", "invalid JSON"),
    (b"a=b&c=d", "invalid JSON"),
    (b"[]", "no JSON object"),
    (b"null", "no JSON object"),
    (b'"text"', "no JSON object"),
    (nested(100_000).encode(), "nested too deep"),
    (b'{"a":' * 100_000 + b"1" + b"}" * 100_000, "nested too deep"),
    (bytes(range(1, 256)), "invalid JSON"),
]
"""Bodies that are no envelope, each with the reason."""
EMPTY: Sequence[bytes] = [b"", b" \r\n", b"\0\0"]
