"""The rule of precedence, and one sentence for each wrong setting."""

import json
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import settings as at_most
from hypothesis import strategies as st

from huggy_connector.errors import ConfigurationError
from huggy_connector.settings import SECRETS, Settings

NO_ADDRESS = "is no http or https URL such as https://api.huggy.app/v3"
NO_ZONE = "is no zone of the IANA database such as America/Sao_Paulo"
NO_PLACE = "is neither a folder nor a URL such as s3://bucket/folder, gs://bucket or az://container"
NO_HOME = "no such home folder: write the path itself"
UNFILLED = "holds a variable or template that nobody has filled in: write the path itself"


def test_companies_have_their_names_by_number() -> None:
    settings = Settings.resolve(environ={"HUGGY_COMPANY_NAMES": "4242 = Clínica = Norte, 77=Loja"})
    assert settings.names_of_companies == {4242: "Clínica = Norte", 77: "Loja"}
    assert Settings().names_of_companies == {}


def test_an_argument_beats_the_connection_beats_the_environment_beats_the_default() -> None:
    settings = Settings.resolve(
        explicit={"landing": "/from-argument", "warehouse": None},
        connection={"landing": "/from-connection", "warehouse": "/from-connection.duckdb", "language": ""},
        environ={"HUGGY_LANDING": "from-environment", "HUGGY_WAREHOUSE": "x", "HUGGY_LANGUAGE": "pt-br"},
    )
    assert (settings.landing, settings.warehouse, settings.language, settings.timezone) == (
        "/from-argument",
        "/from-connection.duckdb",
        "pt-br",
        "America/Sao_Paulo",
    )


def test_no_secret_is_in_the_repr() -> None:
    told = {f"HUGGY_{name.upper()}": f"hidden-{name}" for name in SECRETS}
    settings = Settings.resolve(environ=told | {"HUGGY_LANDING_ACCESS": '{"access_key_id": "hidden"}'})
    assert "hidden" not in repr(settings) + str(settings)


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("REQUESTS_PER_SECOND", "0", "HUGGY_REQUESTS_PER_SECOND '0': input should be greater than 0."),
        ("MEMORY_LIMIT", "much", "HUGGY_MEMORY_LIMIT 'much': is no size such as 512MB or 2GB."),
        (
            "REQUESTS_PER_SECOND",
            "abc",
            "HUGGY_REQUESTS_PER_SECOND 'abc': input should be a valid number, unable to parse string as a number.",
        ),
        (
            "TIMEZONE",
            "Mars/Olympus",
            "HUGGY_TIMEZONE 'Mars/Olympus': is no zone of the IANA database such as America/Sao_Paulo.",
        ),
        (
            "LANDING_ACCESS",
            '{"access_key_id": 1}',
            ('HUGGY_LANDING_ACCESS: is no JSON object of texts such as {"access_key_id": "...", "region": "..."}.'),
        ),
        (
            "PUBLISH",
            "/mnt/team, ftp://host/huggy",
            (
                "HUGGY_PUBLISH '/mnt/team, ftp://host/huggy': is neither a folder nor a URL such as "
                "s3://bucket/folder, gs://bucket or az://container."
            ),
        ),
        (
            "LANDING",
            "ftp://host/huggy",
            (
                "HUGGY_LANDING 'ftp://host/huggy': is neither a folder nor a URL such as s3://bucket/folder, "
                "gs://bucket or az://container."
            ),
        ),
        (
            "LANDING",
            "s3://bucket/huggy?region=x",
            ("HUGGY_LANDING 's3://bucket/huggy?***': may hold only the bucket and a path, and no credentials."),
        ),
        (
            "BASE_URL",
            "api.huggy.app",
            "HUGGY_BASE_URL 'api.huggy.app': is no http or https URL such as https://api.huggy.app/v3.",
        ),
        ("BASE_URL", "https://a b/v3", f"HUGGY_BASE_URL 'https://a b/v3': {NO_ADDRESS}."),
        ("BASE_URL", "https://api..huggy.app", f"HUGGY_BASE_URL 'https://api..huggy.app': {NO_ADDRESS}."),
        ("BASE_URL", "https://api.huggy.app:port", f"HUGGY_BASE_URL 'https://api.huggy.app:port': {NO_ADDRESS}."),
        ("BASE_URL", "https://[::1/v3", f"HUGGY_BASE_URL 'https://[::1/v3': {NO_ADDRESS}."),
        (
            "BASE_URL",
            "https://me:secret@api.huggy.app",
            "HUGGY_BASE_URL 'https://***@api.huggy.app': may hold only scheme, host and path.",
        ),
        ("TIMEZONE", "localtime", f"HUGGY_TIMEZONE 'localtime': {NO_ZONE}."),
        ("TIMEZONE", "posix/America/Manaus", f"HUGGY_TIMEZONE 'posix/America/Manaus': {NO_ZONE}."),
        ("TIMEZONE", "right/America/Manaus", f"HUGGY_TIMEZONE 'right/America/Manaus': {NO_ZONE}."),
        ("TIMEZONE", "Factory", f"HUGGY_TIMEZONE 'Factory': {NO_ZONE}."),
        ("TIMEZONE", "america/manaus", f"HUGGY_TIMEZONE 'america/manaus': {NO_ZONE}."),
        ("TIMEZONE", "/usr/share/zoneinfo/UTC", f"HUGGY_TIMEZONE '/usr/share/zoneinfo/UTC': {NO_ZONE}."),
        ("TIMEZONE", "../America/Manaus", f"HUGGY_TIMEZONE '../America/Manaus': {NO_ZONE}."),
        ("LANDING", "s3:/bucket", f"HUGGY_LANDING 's3:/bucket': {NO_PLACE}."),
        ("LANDING", "~nobody-at-all/x", f"HUGGY_LANDING '~nobody-at-all/x': begins with ~, and there is {NO_HOME}."),
        ("LANDING", "$HOME/landing", f"HUGGY_LANDING '$HOME/landing': {UNFILLED}."),
        ("LANDING", "{{ var.value.x }}", f"HUGGY_LANDING '{{{{ var.value.x }}}}': {UNFILLED}."),
        ("LANDING", "/data/S\udce3o", "HUGGY_LANDING: is no UTF-8 text: write it again in that encoding."),
        (
            "PUBLISH",
            "/x, ~nobody-at-all",
            f"HUGGY_PUBLISH '/x, ~nobody-at-all': begins with ~, and there is {NO_HOME}.",
        ),
        ("WAREHOUSE", ":memory:", "HUGGY_WAREHOUSE ':memory:': is no file: give a path on a local disk."),
        ("WAREHOUSE", "s3://b/x.duckdb", "HUGGY_WAREHOUSE 's3://b/x.duckdb': is no path on a disk of this machine."),
        ("STATE", "redis://h:1", "HUGGY_STATE 'redis://h:1': is no path on a disk of this machine."),
        (
            "BUDGET",
            "file:~nobody-at-all",
            f"HUGGY_BUDGET 'file:~nobody-at-all': begins with ~, and there is {NO_HOME}.",
        ),
        ("TOKEN_STORE", "file:$X/a", f"HUGGY_TOKEN_STORE 'file:$X/a': {UNFILLED}."),
        ("LANGUAGE", "pt", "HUGGY_LANGUAGE 'pt': is none of en, pt-br and es."),
        ("COMPANY_ID", "-1", "HUGGY_COMPANY_ID '-1': input should be greater than 0."),
        ("API_VERSION", "v4", "HUGGY_API_VERSION 'v4': input should be 'v3' or 'v2'."),
    ],
)
def test_a_wrong_setting_is_one_sentence(name: str, value: str, sentence: str) -> None:
    with pytest.raises(ConfigurationError) as raised:
        Settings.resolve(environ={f"HUGGY_{name}": value})
    assert str(raised.value) == sentence


def test_a_wrong_setting_says_where_it_came_from() -> None:
    with pytest.raises(ConfigurationError, match=r"^the connection's wharehouse: there is no such setting\.$"):
        Settings.resolve(connection={"wharehouse": "perhaps a secret"}, environ={})


Source = Callable[[str, Any, dict[str, str]], Settings]
SOURCES: dict[str, tuple[str, Source]] = {
    "environment": (
        "HUGGY_{upper}",
        lambda name, value, others: Settings.resolve(environ={**others, f"HUGGY_{name.upper()}": value}),
    ),
    "connection": (
        "the connection's {name}",
        lambda name, value, others: Settings.resolve(connection={name: value}, environ=others),
    ),
    "argument": (
        "the argument {name}",
        lambda name, value, others: Settings.resolve(explicit={name: value}, environ=others),
    ),
}
from_everywhere = pytest.mark.parametrize("source", SOURCES)


def read(source: str, name: str, value: Any, others: dict[str, str] | None = None) -> Settings:
    return SOURCES[source][1](name, value, others or {})


HERE, HOME = Path.cwd(), Path.home()


@from_everywhere
@pytest.mark.parametrize(
    ("name", "written", "read_as"),
    [
        ("landing", "/lake\r", "/lake"),
        ("landing", "\ufeff/lake \n", "/lake"),
        ("landing", "\u200b\u00a0/lake\u00a0\u200b", "/lake"),
        ("landing", '"/my lake"', "/my lake"),
        ("landing", " '/lake' \r\n", "/lake"),
        ("landing", "it's", f"{HERE}/it's"),
        ("landing", "~/lake", f"{HOME}/lake"),
        ("landing", "lake/of/chats", f"{HERE}/lake/of/chats"),
        ("landing", "./~/lake", f"{HERE}/~/lake"),
        ("landing", "/a\nb/\U0001f469\u200d\U0001f52c x", "/a\nb/\U0001f469\u200d\U0001f52c x"),
        ("landing", " s3://bucket/~/x/ ", "s3://bucket/~/x"),
        ("warehouse", "~/desk.duckdb\r", f"{HOME}/desk.duckdb"),
        ("calendar", "~/desk.toml", f"{HOME}/desk.toml"),
        ("state", "state", f"{HERE}/state"),
        ("budget", "file:~/budget?share=0.5\r", f"file:{HOME}/budget?share=0.5"),
        ("budget", "FILE:", "file:"),
        ("budget", "redis://me:~@host/0\r", "redis://me:~@host/0"),
        ("token_store", "file:tokens.json", f"file:{HERE}/tokens.json"),
        ("publish", "/x/Team Drive/huggy", ("/x/Team Drive/huggy",)),
        ("publish", "/x/Team Drive, ~/y ,, s3://b/z/,/x/Team Drive\r", ("/x/Team Drive", f"{HOME}/y", "s3://b/z")),
        ("stop_on", "fresh, chats.no_drift\r", ("fresh", "chats.no_drift")),
        ("stop_on", "fresh chats.no_drift", ("fresh chats.no_drift",)),
        ("base_url", "https://api.huggy.app/v3/\r", "https://api.huggy.app/v3"),
        ("base_url", "http://[::1]:8021/v3", "http://[::1]:8021/v3"),
        ("language", "pt_BR ", "pt-br"),
        ("timezone", "America/Manaus\r", "America/Manaus"),
        ("company_id", " 7001\r", 7001),
        ("report", "no\r", False),
        ("requests_per_second", "12.5\r", 12.5),
        ("privacy", "email=hmac,\r\nname=mask\r", "email=hmac,\r\nname=mask"),
    ],
)
def test_every_setting_from_every_source_is_read_in_one_way(
    source: str, name: str, written: str, read_as: object
) -> None:
    assert getattr(read(source, name, written), name) == read_as


@from_everywhere
@pytest.mark.parametrize("name", sorted({*SECRETS} - {"landing_access"}))
def test_secrets_are_read_in_the_same_way(source: str, name: str) -> None:
    secret = getattr(read(source, name, ' "of-the-app"\r\n'), name)
    assert secret.get_secret_value() == "of-the-app"


@from_everywhere
@pytest.mark.parametrize("name", sorted(Settings.model_fields))
@pytest.mark.parametrize("nothing", ["", " \r\n", "\ufeff", '""', "\u00a0"])
def test_an_empty_value_counts_as_not_given(source: str, name: str, nothing: str) -> None:
    assert read(source, name, nothing) == Settings()


@pytest.mark.parametrize(
    ("name", "given", "read_as"),
    [
        ("client_id", 12345, "12345"),
        ("company_id", "7001", 7001),
        ("landing", 7001, f"{HERE}/7001"),
        ("landing", Path("/lake"), "/lake"),
        ("publish", ["/x, y", "s3://b"], ("/x, y", "s3://b")),
        ("stop_on", ["fresh"], ("fresh",)),
        ("privacy", ["email=hmac", "name=mask"], "email=hmac, name=mask"),
        ("publish", [], ()),
    ],
)
def test_json_and_native_templates_give_numbers_and_lists(name: str, given: object, read_as: object) -> None:
    assert getattr(Settings.resolve(connection={name: given}, environ={}), name) == read_as


def test_access_to_a_store_may_be_an_object_of_json() -> None:
    given = {"landing_access": {"access_key_id": "key"}}
    assert Settings.resolve(connection=given, environ={}).landing_options == {"access_key_id": "key"}


@pytest.mark.parametrize(
    ("name", "given", "reason"),
    [
        ("company_id", True, "is yes or no, and something else is due"),
        ("landing", True, "is yes or no, and something else is due"),
        ("landing", 1.1, "input should be a valid string"),
        ("landing", ["/x"], "input should be a valid string"),
        ("landing", date(2026, 1, 1), "input should be a valid string"),
        ("company_id", [7001], "input should be a valid integer"),
    ],
)
def test_an_ambiguous_value_is_refused(name: str, given: object, reason: str) -> None:
    with pytest.raises(ConfigurationError) as raised:
        Settings.resolve(explicit={name: given}, environ={})
    assert str(raised.value).replace(f" {given!r}", "") == f"the argument {name}: {reason}."


ODD = [
    "~",
    "~x",
    "/",
    "//",
    "s3://",
    "s3:/",
    "az://a:b@c",
    "file:",
    "file:~",
    "redis://",
    "redis://a:b@",
    "http://",
    "[",
    "]",
]
ODD += [
    "https://[",
    ":",
    "?",
    "#",
    "@",
    ",",
    "'",
    '"',
    "\0",
    "\r",
    "\ufeff",
    "\ud83d",
    "{",
    "{}",
    '{"a": "b"}',
    "[[",
    "{{",
    "$",
]
ODD += ["1e999", "-0", "nan", "1GB", "9" * 30, "true", "UTC", "localtime", "..", " ", "é", "%", "\u202e", "١"]
texts = st.lists(st.sampled_from(ODD) | st.text(max_size=6), max_size=5).map("".join)
anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | texts | st.dates(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=5,
)
HIDDEN = "hidden-5f3a9c"


@from_everywhere
@given(name=st.sampled_from(sorted(Settings.model_fields)), value=anything, hidden=st.sampled_from(["", "//u:"]))
@example(name="base_url", value="http://a]", hidden="")
@example(name="landing", value="s3://u:" + HIDDEN + "@bucket", hidden="")
@example(name="budget", value="redis://u:" + HIDDEN + "@bucket\0", hidden="")
@at_most(max_examples=500)
def test_anything_in_any_setting_is_settings_or_one_sentence_that_names_it(
    source: str, name: str, value: Any, hidden: str
) -> None:
    if source == "environment":
        value = str(value)
    if hidden and isinstance(value, str):
        value = f"redis:{hidden}{HIDDEN}@{value}"
    secrets = dict.fromkeys(SECRETS, HIDDEN) | {"landing_access": json.dumps({"key": HIDDEN})}
    others = {f"HUGGY_{each.upper()}": secret for each, secret in secrets.items() if each != name}
    try:
        settings = read(source, name, value, others)
    except ConfigurationError as error:
        said = str(error)
        assert said.startswith(SOURCES[source][0].format(name=name, upper=name.upper()))
        assert HIDDEN not in said
        assert said.isprintable()
    else:
        assert Settings.resolve(explicit=settings.model_dump(), environ={}) == settings
        assert settings.zone.key == settings.timezone
        assert isinstance(settings.landing_options, dict)
        shown = repr(settings) + str(settings)
        assert HIDDEN not in shown or name in {"client_id", "privacy", "stop_on"}


@given(name=texts)
@at_most(max_examples=300)
def test_an_unknown_setting_is_named_and_its_value_is_not(name: str) -> None:
    if name in Settings.model_fields:
        return
    with pytest.raises(ConfigurationError) as raised:
        Settings.resolve(connection={name: HIDDEN}, environ={})
    assert str(raised.value).endswith(": there is no such setting.")
    assert HIDDEN not in str(raised.value)
    assert str(raised.value).isprintable()
