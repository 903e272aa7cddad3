"""Tokens and the secret address: who may send, who is told the token, and what the settings may say."""

from __future__ import annotations

import pytest

from huggy_connector.errors import ConfigurationError
from huggy_connector.webhook.protocol.tokens import Tokens, digest_token

OLD, NEW, OTHER = "0" * 32, "1" * 32, "2" * 32


@pytest.mark.parametrize("shown", [OLD, NEW])
def test_either_of_two_tokens_is_right_while_it_is_changed(shown: str) -> None:
    tokens = Tokens.parse(f" {OLD} , {NEW} ", None)
    assert (tokens.is_token(shown, learned=None), tokens.may_send(shown, learned=None)) == (True, True)


@pytest.mark.parametrize("shown", [OTHER, "", None, OLD[:-1], "\ud800"])
def test_any_other_token_is_wrong(shown: str | None) -> None:
    tokens = Tokens.parse(OLD, "secret")
    assert (tokens.is_token(shown, learned=None), tokens.may_send(shown, learned=None)) == (False, False)


def test_a_learned_token_is_right_beside_the_configured_one() -> None:
    tokens, learned = Tokens.parse(OLD, None), digest_token(NEW)
    assert [tokens.is_token(each, learned=learned) for each in (OLD, NEW, OTHER, learned)] == [True, True, False, False]


@pytest.mark.parametrize(
    ("path", "learned", "may"), [("secret", None, True), (None, None, False), ("secret", "x", False)]
)
def test_without_a_token_only_a_secret_address_lets_anybody_send(
    path: str | None, learned: str | None, may: bool
) -> None:
    tokens = Tokens.parse(None, path)
    assert [tokens.may_send(shown, learned=learned) for shown in (None, OTHER)] == [may, may]


@pytest.mark.parametrize(
    ("path", "shown", "is_right"),
    [
        ("secret", "secret", True),
        ("secret", "Secret", False),
        ("secret", None, False),
        ("secret", "", False),
        (None, None, True),
        (None, "secret", False),
    ],
)
def test_the_address_is_the_one_of_the_settings_and_no_other(
    path: str | None, shown: str | None, is_right: bool
) -> None:
    assert Tokens.parse(None, path).is_path(shown) is is_right


def test_a_secret_is_in_no_repr() -> None:
    assert repr(Tokens.parse(OLD, "secret")) == "Tokens()"


@pytest.mark.parametrize(("token", "path"), [(f"{OLD},{NEW},{OTHER}", None), (None, "a/b"), (None, "/")])
def test_settings_that_cannot_be_meant_are_refused_without_their_values(token: str | None, path: str | None) -> None:
    with pytest.raises(ConfigurationError) as refused:
        Tokens.parse(token, path)
    assert OLD not in str(refused.value)
