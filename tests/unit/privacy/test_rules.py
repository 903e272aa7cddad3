"""The privacy rules as an operator writes them: what they match, which of them counts, and what a wrong one says."""

from __future__ import annotations

import random

import pytest

from huggy_connector.errors import ConfigurationError
from huggy_connector.privacy.rules import (
    DEFAULT,
    PrivacyAction,
    PrivacyRule,
    feasible_action,
    name_readings,
    read_rules,
)

KEEP, MASK, HMAC, DROP = PrivacyAction


def actions(text: str) -> dict[str, PrivacyAction]:
    return {".".join(rule.path): rule.action for rule in read_rules(text)}


def names(*path: str, is_custom: bool = False) -> tuple[frozenset[str], ...]:
    """A location, each of whose names has one reading."""
    return tuple(name_readings(each, is_custom=is_custom)[0] for each in path)


def test_rules_come_on_top_of_the_default_ones_and_the_last_of_a_field_counts() -> None:
    default = actions("")
    assert (default["email"], default["text"], default["~phone"], default["agents.email"]) == (MASK, DROP, MASK, KEEP)
    assert actions("email=drop, city=mask, email=hmac") == default | {"email": HMAC, "city": MASK}
    assert read_rules(DEFAULT) == read_rules("") == read_rules(" , ,")


@pytest.mark.parametrize("seed", range(5))
def test_the_order_of_rules_for_different_fields_makes_no_difference(seed: int) -> None:
    given = ["city=drop", "contacts.name=hmac", "~obs=mask", "custom_fields.plano=keep", "stat*=drop"]
    random.Random(seed).shuffle(given)
    assert read_rules(",".join(given)) == read_rules("stat*=drop,city=drop,~obs=mask,custom_fields.plano=keep,"
                                                     "contacts.name=hmac")  # fmt: skip


@pytest.mark.parametrize(
    ("rule", "paths"),
    [
        ("Birth_Date = DROP", {"birthdate", "birthday"}),
        ("text=keep", {"text", "body", "comment", "comments"}),
        ("lastMessage.file=keep", {"lastmessage.file", "lastmessage.fileurl", "lastmessage.files"}),
        ("customer=drop", {"customer", "chatcustomer"}),
        ("tabulation_name=drop", {"tabulationname", "chattabulation.name"}),
        ("extra.Marketing=drop", {"marketing"}),
        ("custom_fields.Observação=drop", {"customfields.observacao"}),
        ("~E-Mail=drop", {"~email"}),
        ("*Endereço do*=drop", {"*enderecodo*"}),
    ],
)
def test_a_rule_holds_for_every_spelling_of_its_field(rule: str, paths: set[str]) -> None:
    wanted = DROP if "drop" in rule.lower() else KEEP
    before, after = actions(""), actions(rule)
    assert {path for path in after if before.get(path) is not after[path] or path in paths} == paths
    assert {after[path] for path in paths} == {wanted}


@pytest.mark.parametrize(
    ("path", "location", "matches"),
    [
        ("email", ("contacts", "email"), True),
        ("email", ("contacts", "new", "deep", "E-Mail"), True),
        ("email", ("contacts", "email", "deep"), False),
        ("contacts.email", ("contacts", "email"), True),
        ("contacts.email", ("chats", "chatCustomer", "email"), True),
        ("contacts.email", ("agents", "email"), False),
        ("new.contacts.email", ("contacts", "email"), False),
        ("~email", ("contacts", "new", "email_2"), True),
        ("~email", ("contacts", "new", "eMailCustomer"), True),
        ("~email", ("contacts", "email"), False),
        ("~email", ("contacts", "new", "emailing"), False),
        ("~phone", ("contacts", "new", "phoneId"), False),
        ("*cpf*", ("contacts", "new", "numeroCPF"), True),
        ("cpf*", ("contacts", "new", "numeroCPF"), False),
        ("*", ("contacts", "anything"), True),
        ("a*c", ("contacts", "a.*\nb c"), True),
        ("a.c", ("contacts", "abc"), False),
    ],
)
def test_a_rule_matches_the_last_names_of_a_location(path: str, location: tuple[str, ...], *, matches: bool) -> None:
    assert PrivacyRule(tuple(path.split(".")), DROP).matches(names(*location)) is matches


def test_a_star_does_not_match_the_words_of_a_name_beside_the_name() -> None:
    assert not PrivacyRule(("*mail",), DROP).matches(names("contacts", "mail_customer"))
    assert PrivacyRule(("~mail",), DROP).matches(names("contacts", "mail_customer"))


def test_the_catalogues_names_have_words_only_as_fields_of_the_account() -> None:
    rule = PrivacyRule(("~email",), DROP)
    assert [rule.matches(names("email", is_custom=is_custom)) for is_custom in (False, True)] == [False, True]


def test_of_rules_that_match_the_longest_counts_then_a_whole_name_then_a_word() -> None:
    ordered = ["*", "~email", "email", "*.*", "contacts.~email", "contacts.email", "a.*.*", "a.contacts.email"]
    rules = [PrivacyRule(tuple(path.split(".")), MASK) for path in ordered]
    random.Random(1).shuffle(rules)
    assert [".".join(rule.path) for rule in sorted(rules, key=lambda rule: rule.weight)] == ordered
    assert KEEP < MASK < HMAC < DROP


def test_a_sender_may_be_a_contact_or_an_agent() -> None:
    assert name_readings("sender", is_custom=False) == (
        frozenset({"sender", "contacts"}),
        frozenset({"sender", "agents"}),
    )
    assert name_readings("chatCustomer", is_custom=False) == (frozenset({"chatcustomer", "contacts"}),)


@pytest.mark.parametrize(
    ("name", "mask", "hashed"),
    [
        ("email", MASK, HMAC),
        ("customfields", MASK, HMAC),
        ("birthdate", MASK, DROP),
        ("status", DROP, DROP),
        ("isactive", DROP, DROP),
        ("unknown", MASK, HMAC),
    ],
)
def test_an_action_whose_result_no_column_could_hold_drops_the_value(
    name: str, mask: PrivacyAction, hashed: PrivacyAction
) -> None:
    assert [feasible_action(each, name) for each in (KEEP, MASK, HMAC, DROP)] == [KEEP, mask, hashed, DROP]


NOTHING_CALLED = (
    "HUGGY_PRIVACY names the field {0!r}, but nothing is called {1!r}: {2}"
    "A field of your own is custom_fields.{1}, one that this release does not know extra.{1}."
)


@pytest.mark.parametrize(
    ("rules", "sentence"),
    [
        ("email", "HUGGY_PRIVACY has the rule 'email': write FIELD=ACTION, such as email=hmac."),
        ("city=drop, =drop", "HUGGY_PRIVACY has the rule '=drop': write FIELD=ACTION, such as email=hmac."),
        ("a..b=drop", "HUGGY_PRIVACY has the rule 'a..b=drop': write FIELD=ACTION, such as email=hmac."),
        (
            "email=hide",
            "HUGGY_PRIVACY has the rule 'email=hide': there is no action 'hide', choose keep, drop, hmac or mask.",
        ),
        (
            "email=drop=keep",
            (
                "HUGGY_PRIVACY has the rule 'email=drop=keep': there is no action 'drop=keep', "
                "choose keep, drop, hmac or mask."
            ),
        ),
        ("emial=drop", NOTHING_CALLED.format("emial", "emial", "did you mean email? ")),
        ("contacts.zipcod=drop", NOTHING_CALLED.format("contacts.zipcod", "zipcod", "did you mean zipCode? ")),
        ("xyzzy=drop", NOTHING_CALLED.format("xyzzy", "xyzzy", "")),
        (
            "contactId=drop",
            (
                "HUGGY_PRIVACY names the field 'contactId': ids and times are always kept, "
                "joins and versions rest on them."
            ),
        ),
        (
            "chats.created_at=mask",
            (
                "HUGGY_PRIVACY names the field 'chats.created_at': ids and times are always kept, "
                "joins and versions rest on them."
            ),
        ),
        (
            "birth_date=hmac",
            "HUGGY_PRIVACY has birth_date=hmac, but its column holds no text: it can only be dropped or masked.",
        ),
        ("status=mask", "HUGGY_PRIVACY has status=mask, but its column holds no text: it can only be dropped."),
    ],
)
def test_a_wrong_rule_gives_one_sentence(rules: str, sentence: str) -> None:
    with pytest.raises(ConfigurationError) as raised:
        read_rules(rules)
    assert str(raised.value) == sentence


@pytest.mark.parametrize(
    "rule",
    [
        "contactId=keep", "custom_fields.id=drop", "custom_fields.status=hmac", "extra.anything=mask", "~anything=drop",
        "any*=drop", "cpf_customer=keep", "email_2=drop", "agents.photo=keep", "messages.text=keep",
        "CONTACTS.Name=drop",
    ],
)  # fmt: skip
def test_a_rule_that_is_possible_is_taken(rule: str) -> None:
    assert len(read_rules(rule)) >= len(read_rules(""))
