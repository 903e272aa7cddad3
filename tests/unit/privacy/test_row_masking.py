"""Values that no rule names, custom fields in every shape, text where an object is due: no personal data is left."""

import json
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from huggy_connector.catalogue import Resource, get_resource
from huggy_connector.landing import convert
from huggy_connector.privacy import MaskedDetection, PrivacyPolicy
from huggy_connector.privacy.detectors import find_personal_data as personal_in
from huggy_connector.settings import Settings

CHATS, CONTACTS, AGENTS, MESSAGES = map(get_resource, ("chats", "contacts", "agents", "messages"))
CPF, MASK = "529.982.247-25", "***4725"


def policy(rules: str = "") -> PrivacyPolicy:
    return PrivacyPolicy.from_settings(Settings.resolve(explicit={"privacy": rules, "hash_key": "k" * 16}, environ={}))


def written(resource: Resource, row: dict[str, Any], rules: str = "") -> tuple[Any, list[tuple[str, str]]]:
    detections: list[MaskedDetection] = []
    return policy(rules).apply(resource, row, detections=detections), [(each.field, each.kind) for each in detections]


@pytest.mark.parametrize(
    ("given_", "expected", "found"),
    [
        ({"obs": f"cpf {CPF}"}, {"obs": f"cpf {MASK}"}, [("custom_fields.obs", "cpf")]),
        ({"cpf_": CPF, "plano_": "Ouro"}, {"plano_": "Ouro"}, []),
        ([], [], []),
        ({}, {}, []),
        (None, None, []),
        (
            [{"name": "plano_customer", "value": "Ouro"}, {"name": "cpf_customer", "value": CPF}],
            [{"name": "plano_customer", "value": "Ouro"}, {"name": "cpf_customer"}],
            [],
        ),
        (
            [{"id": 7, "name": "campo_7", "label": "E-mail alternativo", "type": "text", "value": "Ana Bia"}],
            [{"id": 7, "name": "campo_7", "label": "E-mail alternativo", "type": "text", "value": "A*** B***"}],
            [],
        ),
        (
            [{"field": {"id": 7, "name": "RG"}, "value": "12.345.678-9"}],
            [{"field": {"id": 7, "name": "RG"}}],
            [],
        ),
        ([{"nome": "CEP", "valor": "01310100"}], [{"nome": "CEP"}], []),
        ([{"name": "obs", "value": [CPF, "x"]}], [{"name": "obs", "value": [MASK, "x"]}],
         [("custom_fields.obs", "cpf")]),
        ({"7": {"name": "cpf", "value": "1"}}, {"7": {"name": "cpf"}}, []),
        ({"name": "cpf", "value": "Ouro"}, {"name": "cpf", "value": "Ouro"}, []),
        ([["cpf", CPF]], [[]], [("custom_fields", "misplaced")] * 2),
        ("cpf " + CPF, ..., [("custom_fields", "misplaced")]),
        (json.dumps({"cpf_": CPF, "plano": "Ouro"}), '{"plano":"Ouro"}', []),
        ('[{"name": "cpf", "value": "1"}]', '[{"name":"cpf"}]', []),
        (f'{{"obs": "{CPF}", "obs": "x"}}', f'{{"obs":["{MASK}","x"]}}', [("custom_fields.obs", "cpf")]),
        ('{ "plano": "Ouro" }', '{ "plano": "Ouro" }', []),
        ({"protocolo": "52998224725"}, {"protocolo": "52998224725"}, []),
        ({"protocolo": CPF}, {"protocolo": MASK}, [("custom_fields.protocolo", "cpf")]),
        ({"n": 52998224725, "m": 5511912345678, "t": 1741615121}, {"n": MASK, "m": "***5678", "t": 1741615121},
         [("custom_fields.n", "cpf"), ("custom_fields.m", "phone")]),
        ({"ana@x.com.br": 1, "ane@x.com.br": 2}, {"a***@x.com.br": 1, "a***@x.com.br 2": 2}, []),
    ],
)  # fmt: skip
@pytest.mark.parametrize("spelling", ["custom_fields", "customFields"])
def test_custom_fields_are_masked_in_any_shape(
    given_: Any, expected: Any, found: list[tuple[str, str]], spelling: str
) -> None:
    row = {"id": 1} if expected is ... else {"id": 1, spelling: expected}
    renamed = [(field.replace("custom_fields", spelling), kind) for field, kind in found]
    assert written(CONTACTS, {"id": 1, spelling: given_}) == (row, renamed)


@pytest.mark.parametrize(
    ("resource", "row", "expected", "found"),
    [
        (CONTACTS, {"name": "11 91234-5678", "city": CPF}, {"name": "***5678", "city": MASK},
         [("name", "phone"), ("city", "cpf")]),
        (AGENTS, {"login": "ana@x.com.br", "email": "ana@x.com.br"},
         {"login": "a***@x.com.br", "email": "ana@x.com.br"}, [("login", "email")]),
        (CHATS, {"situation": "ana@x.com.br", "new": [{"deep": [[CPF]]}]},
         {"situation": "a***@x.com.br", "new": [{"deep": [[MASK]]}]}, [("situation", "email"), ("new.deep", "cpf")]),
        # An id, a time or a count is due there. Digits can be that, an address cannot.
        (CHATS, {"id": "52998224725", "contactId": 52998224725, "unread": 52998224725, "createdAt": "11912345678"},
         ..., []),
        (CHATS, {"contactId": "ana@x.com.br", "closedAt": f"em {CPF}", "unread": "(11) 91234-5678"},
         {"contactId": "a***@x.com.br", "closedAt": f"em {MASK}", "unread": "***5678"},
         [("contactId", "email"), ("closedAt", "cpf"), ("unread", "phone")]),
        # The account's own labels.
        (CHATS, {"channels": [{"id": 5, "name": "Vendas (11) 91234-5678"}], "chatTabulation": {"name": "11912345678"}},
         ..., []),
        # An id in place of the object is an id.
        (CHATS, {"chatCustomer": 52998224725, "chatDepartment": "52998224725", "agents": [52998224725]}, ..., []),
        # Text in place of the object may be any of what is in it.
        (CHATS, {"lastMessage": "Oi, sou a Ana", "chatDepartment": "Vendas"}, {"chatDepartment": "Vendas"},
         [("lastMessage", "misplaced")]),
        (CHATS, {"lastMessage": '{"text": "Oi", "sendAt": "2025-03-10 14:22:07"}'},
         {"lastMessage": '{"sendAt":"2025-03-10 14:22:07"}'}, []),
        (CHATS, {"chatCustomer": "Ana", "agents": ["Ana", {"name": "Ana"}]}, {"agents": ["Ana", {"name": "Ana"}]},
         [("chatCustomer", "misplaced")]),
        (MESSAGES, {"sender": "Ana", "chat": {"customer": "Ana"}, "text": {"a": "Oi"}}, {},
         [("sender", "misplaced"), ("chat.customer", "misplaced")]),
        # Outside the custom fields, the name of a pair is not shown: it may be a person's name.
        (CONTACTS, {"others": [{"name": "Ana Bia", "value": "11912345678"}]},
         {"others": [{"name": "Ana Bia", "value": "***5678"}]}, [("others.value", "phone")]),
        (CONTACTS, {"handles": [{"type": "email", "value": "Ana Bia"}]},
         {"handles": [{"type": "email", "value": "A*** B***"}]}, []),
        (CONTACTS, {"seen": {"700001": CPF}}, {"seen": {"700001": MASK}}, [("seen.*", "cpf")]),
    ],
)  # fmt: skip
def test_what_no_rule_names_is_searched(
    resource: Resource, row: dict[str, Any], expected: Any, found: list[tuple[str, str]]
) -> None:
    assert written(resource, row) == (row if expected is ... else expected, found)


@pytest.mark.parametrize(
    ("rules", "row", "expected"),
    [
        ("text=keep", {"lastMessage": {"text": CPF}}, ...),
        ("custom_fields.obs=keep", {"chatCustomer": {"custom_fields": {"obs": CPF}}}, ...),
        ("custom_fields.obs=keep", {"chatCustomer": {"custom_fields": [{"name": "obs", "value": CPF}]}}, ...),
        ("custom_fields=keep", {"chatCustomer": {"custom_fields": {"obs": CPF, "x": {"y": CPF}}}}, ...),
        ("*=keep", {"situation": CPF, "new": {"x": CPF}}, ...),
        ("~email=keep", {"new": {"email_2": "ana@x.com.br"}}, ...),
        ("contacts.name=keep", {"chatCustomer": {"name": CPF}}, ...),
        ("extra.new=mask", {"new": CPF}, {"new": MASK}),
    ],
)
def test_what_a_rule_keeps_is_written_as_received(rules: str, row: dict[str, Any], expected: Any) -> None:
    assert written(CHATS, row, rules) == (row if expected is ... else expected, [])


def test_without_a_policy_nothing_is_searched() -> None:
    assert PrivacyPolicy().apply(CONTACTS, {"name": CPF}) == {"name": CPF}


def test_a_mask_by_name_shows_no_other_personal_data() -> None:
    row = {"email": f"ana@x.com.br tel 11 91234-5678 {CPF}", "mobile": "@maria", "phone": "11912345678@11912345678.com"}
    assert written(CONTACTS, row) == (
        {"email": "a***@x.com.br", "mobile": "@***", "phone": "1***@***5678.com"},
        [],
    )


SECRETS = [
    "maria@cliente.example", "529.982.247-25", "52998224725", "11.222.333/0001-81", "11222333000181",
    "12.ABC.345/01DE-35", "12ABC34501DE35", "+55 (11) 91234-5678", "5511912345678", "11912345678", "01310-100",
]  # fmt: skip
SIGNED = [each for each in SECRETS if not each.isalnum()]
names = st.sampled_from(
    ["name", "city", "situation", "type", "custom_fields", "customFields", "lastMessage", "new", "obs", "value",
     "label", "field", "raw", "extra", "photo", "file", "text"]
)  # fmt: skip
references = st.sampled_from(["sender", "chatCustomer", "chat", "agents", "organizations"])
"""Where bare digits are an id."""
numbered = st.sampled_from(["id", "contactId", "createdAt", "unread", "protocolo", "status", "birthDate", "isActive"])
texts = st.builds(lambda before, secret, after: f"{before}{secret}{after}", *(
    st.sampled_from(["", "Oi, ", '["', "x:\n"]), st.sampled_from(SECRETS), st.sampled_from(["", " tchau", '"]', "; "])
))  # fmt: skip
signed = st.sampled_from(SIGNED)
leaves = (
    texts | texts.map(lambda text: json.dumps({"obs": text, "email_2": text})) | st.sampled_from([1, None, True, ""])
)
trees = st.recursive(
    leaves,
    lambda kids: (
        st.lists(kids, max_size=3)
        | st.dictionaries(names, kids, max_size=4)
        | st.dictionaries(numbered, signed, max_size=2)
        | st.dictionaries(references, signed | st.dictionaries(names, kids, max_size=3), max_size=2)
        | st.fixed_dictionaries({"name": st.sampled_from(["obs", "cpf", "x"]), "value": kids})
    ),
    max_leaves=15,
)


@given(
    st.dictionaries(names, trees, max_size=6),
    st.dictionaries(numbered | references, signed | st.dictionaries(names, trees, max_size=3), max_size=3),
    st.sampled_from([CHATS, CONTACTS, AGENTS, MESSAGES]),
)
@example({"custom_fields": [{"name": "obs", "value": "52998224725"}]}, {"id": "maria@cliente.example"}, CONTACTS)
@example({"lastMessage": "11912345678"}, {}, CHATS)
@example({"new": '{"obs": "{\\"obs\\": \\"52998224725\\"}"}'}, {}, CHATS)
def test_no_column_holds_a_value_that_is_personal_by_itself(
    row: dict[str, Any], ids: dict[str, Any], resource: Resource
) -> None:
    detections: list[MaskedDetection] = []
    batch = convert(
        resource,
        [row | ids],
        fetched_at=datetime(2026, 11, 22, 7, tzinfo=UTC),
        zone=ZoneInfo("America/Sao_Paulo"),
        policy=policy(),
        detections=detections,
    )
    written = json.dumps(batch.to_pylist()[0], default=str, ensure_ascii=False)

    assert [secret for secret in SECRETS if secret in written] == []
    assert [each for each in _texts(json.loads(batch.column("raw")[0].as_py())) if personal_in(each)] == []
    assert [each for each in detections if any(secret in each.field for secret in SECRETS)] == []


def _texts(value: Any) -> list[str]:
    if isinstance(value, dict):
        return [*value, *(text for each in value.values() for text in _texts(each))]
    if isinstance(value, list):
        return [text for each in value for text in _texts(each)]
    return [value] if isinstance(value, str) else []


@given(
    st.dictionaries(names | numbered | references, trees, max_size=6),
    st.sampled_from([CHATS, CONTACTS, AGENTS, MESSAGES]),
)
def test_applying_the_rules_again_changes_nothing(row: dict[str, Any], resource: Resource) -> None:
    once = policy("name=hmac").apply(resource, row)
    assert policy("name=hmac").apply(resource, once, already_masked=True) == once
