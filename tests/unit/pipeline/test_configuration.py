"""The row of the settings: where they come from, and which cannot be used."""

from __future__ import annotations

import pytest

from huggy_connector.errors import ConfigurationError
from huggy_connector.pipeline.doctor.check_row import fail, ok, warn
from huggy_connector.pipeline.doctor.configuration import check_settings
from huggy_connector.settings import EnvFile, Settings
from huggy_connector.settings.review import SettingsReview

ALL = len(Settings.model_fields)


def test_each_source_names_its_settings_and_secrets_are_only_set() -> None:
    environ = {"HUGGY_ACCESS_TOKEN": "hidden-token", "HUGGY_COMPANY_ID": "42", "HUGGY_LANDIN": "x"}
    review = SettingsReview.read(explicit={"warehouse": "/data/h.duckdb"}, environ=environ)
    assert [*check_settings(review)] == [
        warn("HUGGY_LANDIN is no setting (did you mean HUGGY_LANDING?)", "correct or unset HUGGY_LANDIN"),
        ok("argument: warehouse=/data/h.duckdb"),
        ok("environment: access_token (set), company_id=42"),
        ok(f"default: the other {ALL - 3}"),
    ]


def test_what_the_env_file_warns_of_says_itself_what_to_do() -> None:
    warnings = (".env is not read: it is no regular file. Set X.", "HUGGY_QQ in .env is no setting, and does nothing.")
    review = SettingsReview.read(explicit={}, environ={}, read_env_file=lambda _: EnvFile(".env", {}, warnings))
    assert [*check_settings(review)][:2] == [
        warn(".env is not read: it is no regular file", "Set X."),
        warn("HUGGY_QQ in .env is no setting, and does nothing.", "correct or unset HUGGY_QQ"),
    ]


def test_a_setting_that_cannot_be_used_is_told_by_name() -> None:
    review = SettingsReview.read(explicit={}, environ={"HUGGY_TIMEZONE": "Mars"})
    assert [*check_settings(review)] == [
        fail(
            "HUGGY_TIMEZONE 'Mars': is no zone of the IANA database such as America/Sao_Paulo.",
            "correct HUGGY_TIMEZONE",
        ),
        ok(f"default: the other {ALL - 1}"),
    ]


@pytest.mark.parametrize(
    ("name", "text"), [("privacy", "email=burn"), ("privacy", "email=hmac"), ("calendar", "/not/there.toml")]
)
def test_rules_of_privacy_and_the_calendar_are_read_as_a_run_reads_them(name: str, text: str) -> None:
    with pytest.raises(ConfigurationError):
        list(check_settings(SettingsReview.read(explicit={}, environ={f"HUGGY_{name.upper()}": text})))
