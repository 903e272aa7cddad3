"""Texts of settings: cleaned alike wherever they come from, split only at commas, quoted without secrets."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from pydantic import SecretStr

from huggy_connector.settings.texts import (
    INVISIBLE,
    MAX_QUOTED,
    clean_text,
    normalize_value,
    quote_value,
    redact,
    split_list,
)

ODD = [*INVISIBLE, *"'\" \t\r\n\u00a0\u2028", "a", "é", "it's", '"x"', "\U0001f600"]


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("", ""),
        ("\ufeff \u200b'' \r\n", ""),
        (" \"' x '\"\r\n", "x"),
        ("\u2060\u00ad\ufefftoken\u200d", "token"),
        ("a\u200db \u200c c", "a\u200db \u200c c"),
        ("'", "'"),
        ("it's", "it's"),
        ("'a\"", "'a\""),
        ("'a' 'b'", "a' 'b"),
        ("“a”", "“a”"),
    ],
)
def test_only_what_stands_at_the_ends_of_a_text_is_taken_away(text: str, clean: str) -> None:
    assert clean_text(text) == clean


@pytest.mark.parametrize("seed", range(50))
def test_a_clean_text_stays_as_it_is(seed: int) -> None:
    chance = random.Random(seed)
    for _ in range(40):
        clean = clean_text("".join(chance.choices(ODD, k=chance.randrange(12))))
        assert clean_text(clean) == clean == clean.strip().strip(INVISIBLE)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("a\0b", "holds a NUL, which nothing can hold"),
        ("'\0'", "holds a NUL, which nothing can hold"),
        ("half \ud83d", "is no UTF-8 text: write it again in that encoding"),
        ("S\udce3o", "is no UTF-8 text: write it again in that encoding"),
    ],
)
def test_a_text_that_no_setting_can_hold_is_refused(text: str, reason: str) -> None:
    with pytest.raises(ValueError, match=f"^{reason}$"):
        clean_text(text)


@pytest.mark.parametrize(
    ("value", "normal"),
    [
        (None, None),
        (" \ufeff ", None),
        (SecretStr(' "s" '), "s"),
        (SecretStr(""), None),
        (Path("/lake "), "/lake"),
        (7, "7"),
        (0, "0"),
        (True, True),
        (1.5, 1.5),
        ([], None),
        (["", " ", None], None),
        ([" a", [7, ["'b'"]], None], ("a", ("7", ("b",)))),
        (({"c"}, frozenset({"d"})), (("c",), ("d",))),
        ({"key": " x "}, {"key": " x "}),
    ],
)
def test_a_value_takes_the_form_of_its_field_and_nothing_given_is_none(value: object, normal: object) -> None:
    found = normalize_value(value)
    assert (type(found), found) == (type(normal), normal)


@pytest.mark.parametrize(
    ("value", "parts"),
    [
        (None, ()),
        ("", ()),
        (",, ,", ()),
        ("a, b c;d\n, a ,'b c;d'", ("a", "b c;d")),
        (("/x, y", " /z ", "/x, y"), ("/x, y", "/z")),
        (7, 7),
        (["a,b"], ["a,b"]),
    ],
)
def test_a_list_is_split_at_commas_and_holds_each_part_once_in_its_order(value: object, parts: object) -> None:
    assert split_list(value) == parts


def test_one_broken_part_of_a_list_is_refused() -> None:
    with pytest.raises(ValueError, match="NUL"):
        split_list("a,\0,b")


@pytest.mark.parametrize(
    ("value", "quoted"),
    [
        ("x y", " 'x y'"),
        ("it's\n", ' "it\'s\\n"'),
        ("", " ''"),
        (1.5, " 1.5"),
        (7, " 7"),
        (True, ""),
        (None, ""),
        (["hidden"], ""),
        ({"key": "hidden"}, ""),
        (b"hidden", ""),
        ("a" * MAX_QUOTED, f" '{'a' * MAX_QUOTED}'"),
        ("a" * (MAX_QUOTED + 1), f" '{'a' * MAX_QUOTED}...'"),
        ("https://me:hidden@host", " 'https://***@host'"),
        ("a" * MAX_QUOTED + "?hidden", f" '{'a' * MAX_QUOTED}...'"),
    ],
)
def test_an_error_quotes_only_texts_and_numbers_and_not_the_whole_of_long_ones(value: object, quoted: str) -> None:
    assert quote_value(value) == quoted


@pytest.mark.parametrize(
    ("text", "redacted"),
    [
        ("https://api.huggy.app/v3", "https://api.huggy.app/v3"),
        ("https://me:hidden@host/v3", "https://***@host/v3"),
        ("https://me:hid@den@host", "https://***@host"),
        ("https://me:hidden%40host", "https://***%40host"),
        ("HTTPS:\\\\me:hidden\uff20host", "HTTPS:\\\\***\uff20host"),
        ("me:hid\nden\ufe6bhost", "me:***\ufe6bhost"),
        ("redis://:hidden@[::1", "redis://***@[::1"),
        ("file:/x?share=0.5&password=hidden", "file:/x?***"),
        ("https://host/#hidden\nhidden", "https://host/#***"),
        ("https://host/v3;token=hidden?x#y", "https://host/v3;***"),
        ("/data/a;b#c", "/data/a;b#c"),
        ("/data/x?hidden", "/data/x?***"),
        ("https://host?", "https://host?"),
    ],
)
def test_a_secret_of_a_url_is_not_in_its_redacted_text(text: str, redacted: str) -> None:
    assert redact(text) == redacted
    assert redact(redacted) == redacted
