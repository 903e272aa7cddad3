"""Paths and URLs: one text, one place, or one reason why there is none."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from huggy_connector.settings.places import (
    find_passwords,
    has_password,
    is_url,
    parse_path,
    parse_place,
    parse_spec,
    parse_web_address,
)

HERE = Path.cwd()
NO_DISK = "is no path on a disk of this machine"
NO_PLACE = "is neither a folder nor a URL such as s3://bucket/folder, gs://bucket or az://container"
NO_CREDENTIALS = "may hold only the bucket and a path, and no credentials"
UNFILLED = "holds a variable or template that nobody has filled in: write the path itself"
NO_ADDRESS = "is no http or https URL such as https://api.huggy.app/v3"
ONLY_ADDRESS = "may hold only scheme, host and path"


@pytest.fixture(autouse=True)
def home(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/me")


def reason(parse: Callable[[str], str], text: str) -> str:
    with pytest.raises(ValueError, match=r"^(?!.*hidden)") as raised:
        parse(text)
    return str(raised.value)


@pytest.mark.parametrize(
    ("text", "is_one"),
    [
        ("s3://bucket", True),
        ("s3:/bucket", True),
        ("redis://h", True),
        ("C:/lake", False),
        ("/data/s3://x", False),
        ("file:lake", False),
        ("", False),
    ],
)
def test_a_url_has_a_scheme_of_two_letters_or_more_and_a_slash(text: str, is_one: bool) -> None:
    assert is_url(text) is is_one


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("/lake", "/lake"),
        ("lake", f"{HERE}/lake"),
        (".", f"{HERE}"),
        ("~", "/home/me"),
        ("~/São Paulo/é", "/home/me/São Paulo/é"),
        ("./~/lake", f"{HERE}/~/lake"),
        ("/lake/~/x", "/lake/~/x"),
        ("/a/../b", "/a/../b"),
        ("/price-$5", "/price-$5"),
        ("100%", f"{HERE}/100%"),
    ],
)
def test_a_path_is_absolute_and_otherwise_as_it_was_written(text: str, path: str) -> None:
    assert parse_path(text) == path
    assert parse_path(path) == path


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("s3://bucket", NO_DISK),
        ("$HOME/x", UNFILLED),
        ("${HOME}/x", UNFILLED),
        ("%TEMP%/x", UNFILLED),
        ("/lake/{{ ds }}", UNFILLED),
        ("/lake\n/{% if x %}", UNFILLED),
        ("~nobody-at-all/x", "begins with ~, and there is no such home folder: write the path itself"),
    ],
)
def test_a_text_that_would_become_a_folder_that_nobody_meant_is_refused(text: str, sentence: str) -> None:
    assert reason(parse_path, text) == sentence


@pytest.mark.parametrize("home", ["", "relative", "~"])
def test_a_home_that_is_no_path_is_refused(monkeypatch: pytest.MonkeyPatch, home: str) -> None:
    monkeypatch.setenv("HOME", home)
    sentence = "begins with ~, and the variable HOME holds no path: write the path itself"
    assert reason(parse_path, "~/lake") == sentence
    assert parse_path("/lake") == "/lake"


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("~/lake", "/home/me/lake"),
        ("s3://bucket/a b/~/x//", "s3://bucket/a b/~/x"),
        ("gs://bucket", "gs://bucket"),
        ("az://container/", "az://container"),
        ("abfss://container@account.dfs.example/x", "abfss://container@account.dfs.example/x"),
    ],
)
def test_a_place_is_a_folder_or_a_bucket_without_a_slash_at_its_end(text: str, place: str) -> None:
    assert parse_place(text) == place
    assert parse_place(place) == place


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("ftp://host/x", NO_PLACE),
        ("s3:/bucket", NO_PLACE),
        ("s3:///x", NO_PLACE),
        ("s3://[", NO_PLACE),
        ("s3://bucket/a\u202eb", NO_PLACE),
        ("s3://bucket/a\nb", NO_PLACE),
        ("s3://key:hidden@bucket", NO_CREDENTIALS),
        ("s3://hidden@bucket", NO_CREDENTIALS),
        ("abfss://container:hidden@account", NO_CREDENTIALS),
        ("az://container?sig=hidden", NO_CREDENTIALS),
        ("gs://bucket#hidden", NO_CREDENTIALS),
        ("$LAKE/x", UNFILLED),
    ],
)
def test_a_place_that_is_none_or_holds_credentials_is_refused(text: str, sentence: str) -> None:
    assert reason(parse_place, text) == sentence


@pytest.mark.parametrize(
    ("text", "spec"),
    [
        ("file:", "file:"),
        (" FILE : ", "file:"),
        ("file:~/b?share=0.5", "file:/home/me/b?share=0.5"),
        ("file:?share=0.5", "file:?share=0.5"),
        ("file:budget?a=~/x?y", f"file:{HERE}/budget?a=~/x?y"),
        ("redis://me:~@host/0?x=~", "redis://me:~@host/0?x=~"),
        ("memory:", "memory:"),
        ("~/budget", "~/budget"),
        ("file", "file"),
    ],
)
def test_only_the_path_of_a_file_is_made_absolute_in_a_spec(text: str, spec: str) -> None:
    assert parse_spec(text) == spec
    assert parse_spec(spec) == spec


def test_a_spec_with_a_path_that_nobody_meant_is_refused() -> None:
    assert reason(parse_spec, "file:$HOME/x") == UNFILLED


@pytest.mark.parametrize(
    ("spec", "passwords"),
    [
        ("redis://host:6379/0", ()),
        ("file:/a@b?share=0.5", ()),
        ("redis://:secret@host", ("secret",)),
        ("redis://me:sec%40ret@host", ("sec%40ret", "sec@ret")),
        ("redis://me:se@cr:et@host", ("se@cr:et",)),
        (" rediss://secret@host", ("secret",)),
        ("redis://me:a/b\nc@host", ("a/b\nc",)),
        ("redis://host/0?password=secret&PassWord=an%64&ssl=no", ("secret", "and")),
        ("redis://:one@host?sentinel_password=two", ("one", "two")),
        (None, ()),
        (7, ()),
    ],
)
def test_the_passwords_of_a_spec_are_found_as_written_and_decoded(spec: object, passwords: tuple[str, ...]) -> None:
    assert find_passwords(spec) == passwords
    assert has_password(spec) is bool(passwords)


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("https://api.huggy.app/v3/", "https://api.huggy.app/v3"),
        ("HTTP://[::1]:8021//", "HTTP://[::1]:8021"),
        ("https://são-paulo.example/é", "https://são-paulo.example/é"),
        ("https://host:65535", "https://host:65535"),
    ],
)
def test_a_web_address_has_no_slash_at_its_end(text: str, address: str) -> None:
    assert parse_web_address(text) == address
    assert parse_web_address(address) == address


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", NO_ADDRESS),
        ("api.huggy.app/v3", NO_ADDRESS),
        ("ftp://host", NO_ADDRESS),
        ("https://", NO_ADDRESS),
        ("https:///v3", NO_ADDRESS),
        ("https://a..b", NO_ADDRESS),
        (f"https://{'a' * 64}.example", NO_ADDRESS),
        ("https://host:65536", NO_ADDRESS),
        ("https://host:-1", NO_ADDRESS),
        ("https://[::1", NO_ADDRESS),
        ("https://host/a b", NO_ADDRESS),
        ("https://host/a\u2028b", NO_ADDRESS),
        ("https://host/\u202e", NO_ADDRESS),
        ("https://me:hidden@host", ONLY_ADDRESS),
        ("https://hidden@host", ONLY_ADDRESS),
        ("https://host?hidden", ONLY_ADDRESS),
        ("https://host#hidden", ONLY_ADDRESS),
    ],
)
def test_an_address_that_no_server_has_or_that_holds_a_secret_is_refused(text: str, sentence: str) -> None:
    assert reason(parse_web_address, text) == sentence
