"""Written fields are found by what they say now, and by nothing that they said before."""

from __future__ import annotations

import pytest

from huggy_connector.sandbox.data.state.written_contacts import WrittenContacts, list_spellings


def test_what_was_written_over_is_found_no_more() -> None:
    written = WrittenContacts()
    written.write(1, {"mobile": "55", "email": "A@b"})
    written.write(2, {"phone": "55"})
    assert [written.find(keys, ("55",)) for keys in (("mobile",), ("phone",), ("mobile", "phone"))] == [
        {1},
        {2},
        {1, 2},
    ]
    written.write(1, {"mobile": "66"})
    written.write(2, {"phone": None})
    assert [written.find(("mobile", "phone"), (text,)) for text in ("55", "66", "None")] == [set(), {1}, set()]
    assert (written.find(("email",), ("a@B",)), written.fields[1]) == ({1}, {"mobile": "66", "email": "A@b"})


@pytest.mark.parametrize(
    ("text", "spellings"),
    [
        ("5500912345678", {"5500912345678", "550012345678"}),
        ("550012345678", {"5500912345678", "550012345678"}),
        ("+5500912345678", {"+5500912345678"}),
        ("912345678", {"912345678"}),
        ("", {""}),
    ],
)
def test_a_number_is_spelled_with_and_without_the_ninth_digit(text: str, spellings: set[str]) -> None:
    assert list_spellings(text) == spellings
