"""Privacy in the warehouse: what was recognised is counted, and a file made anew is under the rules in force."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

from huggy_connector.privacy import PrivacyPolicy
from huggy_connector.settings import Settings

if TYPE_CHECKING:
    from tests.integration.warehouse.conftest import Desk

Chat = Callable[..., dict[str, Any]]

CPF, MASK = "529.982.247-25", "***4725"
RULES = PrivacyPolicy.from_settings(Settings.resolve(environ={}))
FORMER = PrivacyPolicy.from_settings(Settings.resolve(explicit={"privacy": "*=keep, name=mask"}, environ={}))


def contact(number: int, **fields: Any) -> dict[str, Any]:
    return {"id": number, "name": "Maria da Silva", "custom_fields": {"obs": f"cpf {CPF}"}, "new": CPF, **fields}


def test_what_was_recognised_is_told_by_field_and_kind(desk: Desk) -> None:
    rows = [contact(1), contact(2, city="11 91234-5678")]
    run_key = desk.land(rows, resource="contacts", policy=RULES).run_key
    desk.land([{"id": 7}], resource="agents", policy=RULES)
    report = desk.load()

    assert desk.read("SELECT * FROM meta.personal_data ORDER BY field") == [
        (4242, "contacts", run_key, "city", "phone", 1),
        (4242, "contacts", run_key, "custom_fields.obs", "cpf", 2),
        (4242, "contacts", run_key, "new", "cpf", 2),
    ]
    assert report.warnings == ()
    assert CPF.encode() not in desk.warehouse.read_bytes()


def test_a_load_takes_snapshots_as_they_were_landed_and_says_that_the_rules_differ(desk: Desk) -> None:
    desk.land([contact(1)], resource="contacts", policy=FORMER)
    desk.land([contact(2)], resource="contacts", policy=RULES)

    assert desk.load(policy=RULES).warnings == (
        (
            "contacts: company 4242: 1 of 2 snapshots are under other privacy rules than the newest: "
            "`huggy rebuild` reads all of them under the rules in force (same_privacy)."
        ),
    )
    assert desk.read("SELECT id, name, custom_fields ->> 'obs' FROM contacts ORDER BY id") == [
        (1, "M*** S***", f"cpf {CPF}"),
        (2, "Maria da Silva", f"cpf {MASK}"),
    ]


def test_a_file_made_anew_is_under_the_rules_in_force_with_its_history_and_stays_so(desk: Desk, chat: Chat) -> None:
    chat_of = chat(1, chatCustomer=contact(1), new="52998224725")
    for minute in (1, 3, 5):
        desk.land([contact(1)], resource="contacts", policy=FORMER, minute=minute)
    desk.land([chat_of], policy=FORMER, minute=1)
    desk.load(policy=RULES)
    desk.land([chat_of | {"situation": "filed"}], policy=RULES, minute=6)

    report = desk.load(policy=RULES, rebuild=True)

    assert [each for each in report.warnings if "privacy" in each] == []
    assert desk.read("SELECT name, custom_fields ->> 'obs' FROM history.contacts") == [("M*** S***", f"cpf {MASK}")]
    assert CPF.encode() not in desk.warehouse.read_bytes()
    assert desk.read("SELECT DISTINCT privacy FROM meta.snapshots") == [(RULES.fingerprint,)]
    # A snapshot between those that are loaded: they are looked at again, under the rules that the file has them under.
    desk.land([contact(1, name="Mariana")], resource="contacts", policy=RULES, minute=2)
    desk.load(policy=RULES)
    assert desk.read("SELECT name, strftime(valid_from, '%H:%M:%S') FROM history.contacts ORDER BY valid_from") == [
        ("M*** S***", "12:01:00"),
        ("Mariana", "12:02:00"),
        ("M*** S***", "12:03:00"),
    ]
    told = ("meta.publishes", "meta.loads", "meta.quality", "meta.restatements", "meta.profiles")
    grown = desk.tables(without=told)
    desk.load(policy=RULES, rebuild=True)
    assert desk.tables(without=told) == grown


def test_hashes_and_masks_of_the_past_are_not_masked_once_more(desk: Desk) -> None:
    hashing = PrivacyPolicy.from_settings(
        Settings.resolve(explicit={"privacy": "email=hmac", "hash_key": "k" * 20}, environ={})
    )
    row = {"id": 1, "email": "maria@cliente.example", "mobile": "5500912345678", "birthDate": "1984-05-06"}
    desk.land([row], resource="contacts", policy=hashing)
    desk.load(policy=hashing)
    before = desk.read("SELECT email, mobile, birth_date, row_hash FROM contacts")

    desk.load(policy=RULES, rebuild=True)

    assert desk.read("SELECT email, mobile, birth_date, row_hash FROM contacts") == before


@pytest.mark.parametrize("shape", [list, dict])
def test_custom_fields_of_either_shape_are_the_same_in_the_flat_view(desk: Desk, shape: type) -> None:
    fields = {"plano": "Ouro", "cpf_customer": CPF, "vazio": None}
    told = [{"id": 7, "name": name, "value": value} for name, value in fields.items()] if shape is list else fields
    desk.land([{"id": 1, "custom_fields": told}], resource="contacts", policy=RULES)
    desk.load()
    found = desk.read("SELECT contact_id, field, value FROM contact_custom_fields ORDER BY field")
    assert [row for row in found if row[1] != "cpf_customer"] == [(1, "plano", "Ouro"), (1, "vazio", None)]
    assert CPF not in str(found)
