"""Stored tokens are read back unchanged, or not at all."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from huggy_connector.api.auth.stored_token import MAX_SEEDS, StoredToken, fingerprint
from huggy_connector.api.auth.token_grant import TokenGrant

INSTANTS = st.datetimes(timezones=st.just(UTC))
GRANTS = st.builds(
    TokenGrant, st.text(), st.none() | st.text(), issued_at=st.none() | INSTANTS, expires_at=st.none() | INSTANTS
)
KEPT = st.builds(StoredToken, st.text(), GRANTS, st.lists(st.text()).map(tuple))
NOW = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)


@given(KEPT)
def test_stored_tokens_are_read_back_unchanged(kept: StoredToken) -> None:
    assert StoredToken.from_json(kept.to_json()) == kept


@given(KEPT, st.data())
def test_a_part_of_the_stored_text_is_refused(kept: StoredToken, data: st.DataObject) -> None:
    text = kept.to_json()
    with pytest.raises(ValueError, match=r"^does not hold what was kept there$"):
        StoredToken.from_json(text[: data.draw(st.integers(0, len(text) - 1))])


@pytest.mark.parametrize("text", [b"", b"{}", b"[]", b"\xff\xfe", b'{"client_id": "x", "grant": "hidden"}'])
def test_a_text_without_tokens_is_refused_and_not_quoted(text: bytes) -> None:
    with pytest.raises(ValueError, match="does not hold") as raised:
        StoredToken.from_json(text)
    assert "hidden" not in f"{raised.value!r}{raised.value.__cause__!r}"


def test_stored_tokens_of_another_format_are_refused() -> None:
    text = StoredToken("APP-1", TokenGrant("a")).to_json().replace(b'"format":1', b'"format":2')
    with pytest.raises(ValueError, match=r"^was written by another version of huggy-connector$"):
        StoredToken.from_json(text)


def test_newer_tokens_also_replace_the_settings_that_they_came_from() -> None:
    first, second = TokenGrant("first"), TokenGrant("second")
    kept = StoredToken("APP-1", first).with_successor(second, seed="s1").with_successor(first, seed="s2")
    assert kept == StoredToken("APP-1", first, ("s1", "s2"))
    assert kept.with_successor(second, seed="s1") == StoredToken("APP-1", second, ("s2", "s1"))
    assert kept.with_successor(second, seed=None) == StoredToken("APP-1", second, ("s1", "s2"))


def test_only_the_latest_settings_are_remembered() -> None:
    kept = StoredToken("APP-1", TokenGrant("a"))
    for number in range(MAX_SEEDS + 5):
        kept = kept.with_successor(TokenGrant("a"), seed=str(number))
    assert kept.seeds == tuple(str(number) for number in range(5, MAX_SEEDS + 5))


@given(GRANTS, GRANTS)
def test_a_fingerprint_distinguishes_tokens_and_does_not_show_them(one: TokenGrant, other: TokenGrant) -> None:
    same = (one.access_token, one.refresh_token or "") == (other.access_token, other.refresh_token or "")
    assert (fingerprint(one) == fingerprint(other)) == same


def test_no_token_is_in_the_repr() -> None:
    assert "hidden" not in repr(
        StoredToken("APP-1", TokenGrant("hidden-a", "hidden-r", NOW, NOW), (fingerprint(TokenGrant("hidden")),))
    )
