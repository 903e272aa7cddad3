"""The one rule of precedence, and one sentence for each wrong setting."""

import pickle

import pytest

from huggy_connector import errors
from huggy_connector.errors import ConfigurationError, HuggyError
from huggy_connector.settings import SECRETS, Settings


def test_an_argument_beats_the_connection_beats_the_environment_beats_the_default() -> None:
    settings = Settings.resolve(
        explicit={"landing": "from-argument", "warehouse": None},
        connection={"landing": "from-connection", "warehouse": "from-connection.duckdb", "language": ""},
        environ={"HUGGY_LANDING": "from-environment", "HUGGY_WAREHOUSE": "x", "HUGGY_LANGUAGE": "pt-br"},
    )
    assert (settings.landing, settings.warehouse, settings.language, settings.timezone) == (
        "from-argument",
        "from-connection.duckdb",
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
            ("HUGGY_LANDING 's3://bucket/huggy?region=x': may hold only the bucket and a path, and no credentials."),
        ),
        (
            "BASE_URL",
            "api.huggy.app",
            "HUGGY_BASE_URL 'api.huggy.app': is no http or https URL such as https://api.huggy.app/v3.",
        ),
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


def test_every_error_survives_pickling() -> None:
    kinds = [value for value in vars(errors).values() if isinstance(value, type) and issubclass(value, HuggyError)]
    for kind in kinds:
        error = kind("A sentence.")
        again = pickle.loads(pickle.dumps(error))
        assert (type(again), str(again)) == (kind, "A sentence.")
    limited = pickle.loads(pickle.dumps(errors.RateLimited("Wait.", 2.5)))
    assert (str(limited), limited.retry_after) == ("Wait.", 2.5)


def test_the_drawing_of_the_tree_names_every_error() -> None:
    names = {name for name, value in vars(errors).items() if isinstance(value, type) and issubclass(value, HuggyError)}
    assert {name for name in names if name not in (errors.__doc__ or "")} == set()
