"""What is kept of a login comes back as it was, or not at all."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from huggy_connector.api.kept import SEEDS_KEPT, Kept, fingerprint
from huggy_connector.api.tokens import Grant

INSTANTS = st.datetimes(timezones=st.just(UTC))
GRANTS = st.builds(
    Grant, st.text(), st.none() | st.text(), issued_at=st.none() | INSTANTS, expires_at=st.none() | INSTANTS
)
KEPT = st.builds(Kept, st.text(), GRANTS, st.lists(st.text()).map(tuple))
NOW = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)


@given(KEPT)
def test_what_is_kept_comes_back_as_it_was(kept: Kept) -> None:
    assert Kept.from_json(kept.to_json()) == kept


@given(KEPT, st.data())
def test_a_part_of_it_is_no_login(kept: Kept, data: st.DataObject) -> None:
    text = kept.to_json()
    with pytest.raises(ValueError, match=r"^does not hold what was kept there$"):
        Kept.from_json(text[: data.draw(st.integers(0, len(text) - 1))])


@pytest.mark.parametrize("text", [b"", b"{}", b"[]", b"\xff\xfe", b'{"client_id": "x", "grant": "hidden"}'])
def test_what_is_no_login_is_refused_without_quoting_it(text: bytes) -> None:
    with pytest.raises(ValueError, match="does not hold") as raised:
        Kept.from_json(text)
    assert "hidden" not in f"{raised.value!r}{raised.value.__cause__!r}"


def test_a_login_of_another_format_is_refused() -> None:
    text = Kept("APP-1", Grant("a")).to_json().replace(b'"format":1', b'"format":2')
    with pytest.raises(ValueError, match=r"^was written by another version of huggy-connector$"):
        Kept.from_json(text)


def test_newer_tokens_stand_for_the_settings_too_that_they_came_from() -> None:
    first, second = Grant("first"), Grant("second")
    kept = Kept("APP-1", first).succeeded_by(second, seed="s1").succeeded_by(first, seed="s2")
    assert kept == Kept("APP-1", first, ("s1", "s2"))
    assert kept.succeeded_by(second, seed="s1") == Kept("APP-1", second, ("s2", "s1"))
    assert kept.succeeded_by(second, seed=None) == Kept("APP-1", second, ("s1", "s2"))


def test_only_the_latest_settings_are_remembered() -> None:
    kept = Kept("APP-1", Grant("a"))
    for number in range(SEEDS_KEPT + 5):
        kept = kept.succeeded_by(Grant("a"), seed=str(number))
    assert kept.seeds == tuple(str(number) for number in range(5, SEEDS_KEPT + 5))


@given(GRANTS, GRANTS)
def test_a_fingerprint_tells_tokens_apart_and_does_not_tell_them(one: Grant, other: Grant) -> None:
    same = (one.access_token, one.refresh_token or "") == (other.access_token, other.refresh_token or "")
    assert (fingerprint(one) == fingerprint(other)) == same


def test_no_token_is_in_the_repr() -> None:
    assert "hidden" not in repr(Kept("APP-1", Grant("hidden-a", "hidden-r", NOW, NOW), (fingerprint(Grant("hidden")),)))
