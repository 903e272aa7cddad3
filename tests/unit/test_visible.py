"""What a screen or a log would act upon is shown; all else stays."""

import json
import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from huggy_connector.visible import escape_controls, escape_controls_in_json

ANY_TEXT = st.text(alphabet=st.characters(codec=None, exclude_categories=()))


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b]0;title\x07", r"\x1b]0;title\x07"),
        ("a\r\nb\tc\bd", r"a\r\nb\tc\x08d"),
        ("\x9b31m\x85", r"\x9b31m\x85"),
        ("ana\u202egpj.exe\u2069", r"ana\u202egpj.exe\u2069"),
        ("a\u2028b\ufeff", r"a\u2028b\ufeff"),
        ("half \ud83d", r"half \ud83d"),
        ("São Paulo 😀 👩‍👩‍👧 [bold]x[/] :A: \\n", "São Paulo 😀 👩‍👩‍👧 [bold]x[/] :A: \\n"),
    ],
)
def test_control_characters_are_escaped_and_the_rest_is_unchanged(text: str, shown: str) -> None:
    assert escape_controls(text) == shown


@given(ANY_TEXT)
@example("\x00\x7f\x80\x9f\u061c\u200e\u200f\u2066")
def test_an_escaped_text_is_one_line_without_control_characters_in_every_unicode_encoding(text: str) -> None:
    shown = escape_controls(text)
    assert [sign for sign in shown if unicodedata.category(sign) in {"Cc", "Cs", "Zl", "Zp"}] == []
    assert [sign for sign in shown if unicodedata.bidirectional(sign) in {"LRO", "RLO", "LRE", "RLE", "PDF"}] == []
    assert escape_controls(shown) == shown == shown.encode().decode()


@given(
    st.recursive(st.text(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)), st.none() | st.just(2)
)
def test_an_escaped_document_is_read_back_equal(value: object, indent: int | None) -> None:
    document = escape_controls_in_json(json.dumps(value, ensure_ascii=False, indent=indent))
    assert json.loads(document) == value
    assert [line for line in document.split("\n") if escape_controls(line) != line] == []
