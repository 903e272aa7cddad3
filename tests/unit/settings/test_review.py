"""Where each setting comes from, and all that is wrong: `Settings.resolve` stops at the first."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from huggy_connector.errors import ConfigurationError
from huggy_connector.settings import EnvFile, Settings
from huggy_connector.settings.review import SettingsReview


def read_review(
    *, explicit: Mapping[str, Any], environ: Mapping[str, str], env_file: EnvFile | None = None
) -> SettingsReview:
    return SettingsReview.read(explicit=explicit, environ=environ, read_env_file=lambda _environ: env_file)


def test_an_env_file_is_a_source_behind_the_environment_and_its_secrets_are_hidden() -> None:
    env_file = EnvFile(
        ".env",
        {"HUGGY_ACCESS_TOKEN": "secret-1", "HUGGY_TIMEZONE": "UTC", "HUGGY_LANGUAGE": "xx", "HUGGY_COMPANY_ID": "7"},
        ("HUGGY_TOKEN in .env is no setting, and does nothing.",),
    )
    review = read_review(explicit={}, environ={"HUGGY_COMPANY_ID": "42"}, env_file=env_file)
    assert review.sources == {"access_token": "env file", "company_id": "environment", "timezone": "env file"}
    assert (review.settings.company_id, review.settings.timezone) == (42, "UTC")
    assert [*review.problems] == ["language"]
    assert review.unknown == env_file.warnings
    assert "secret-1" in review.hidden


def test_an_address_of_one_source_beside_a_secret_of_another_is_told_and_neither_is_used() -> None:
    env_file = EnvFile(".env", {"HUGGY_BASE_URL": "https://huggy.example/v3", "HUGGY_TIMEZONE": "UTC"})
    review = read_review(explicit={}, environ={"HUGGY_ACCESS_TOKEN": "secret-1"}, env_file=env_file)
    assert {*review.problems} == {"access_token", "base_url"}
    assert review.settings == Settings(timezone="UTC")
    assert "secret-1" in review.hidden


def test_an_env_file_that_cannot_be_used_is_told_and_the_other_settings_count() -> None:
    def refuse(_environ: Mapping[str, str]) -> EnvFile | None:
        raise ConfigurationError("others may read it")

    review = SettingsReview.read(explicit={}, environ={"HUGGY_TIMEZONE": "UTC"}, read_env_file=refuse)
    assert (review.env_file_problem, review.sources) == ("others may read it", {"timezone": "environment"})


def test_it_says_where_each_setting_was_given_and_an_argument_comes_first() -> None:
    environ = {"HUGGY_TIMEZONE": "UTC", "HUGGY_COMPANY_ID": "7", "HUGGY_LANDING": "", "OTHER": "x"}
    review = read_review(explicit={"company_id": "42", "state": None, "timezone": " "}, environ=environ)
    assert review.sources == {"company_id": "argument", "timezone": "environment"}
    assert (review.settings.company_id, review.settings.timezone) == (42, "UTC")
    assert (review.problems, review.unknown, review.hidden) == ({}, (), ())


def test_all_that_is_wrong_is_told_with_its_default_in_its_place() -> None:
    environ = {
        "HUGGY_TIMEZONE": "Mars",
        "HUGGY_COMPANY_ID": "0",
        "HUGGY_BASE_URL": "http://huggy.example/v3",
        "HUGGY_WAREHOUSE": "/data/huggy.duckdb",
        "HUGGY_LANDING": "\udcff",
    }
    review = read_review(explicit={"keep_versions": "none"}, environ=environ)
    assert {name: sentence.partition(": ")[0] for name, sentence in review.problems.items()} == {
        "base_url": "HUGGY_BASE_URL 'http://huggy.example/v3'",
        "company_id": "HUGGY_COMPANY_ID '0'",
        "timezone": "HUGGY_TIMEZONE 'Mars'",
        "landing": "HUGGY_LANDING",
        "keep_versions": "the argument keep_versions 'none'",
    }
    assert review.settings == Settings(warehouse="/data/huggy.duckdb")
    assert review.sources == {"warehouse": "environment"}


def test_an_address_is_read_with_what_allows_it() -> None:
    plain = {"HUGGY_BASE_URL": "http://huggy.example/v3"}
    assert read_review(explicit={}, environ={**plain, "HUGGY_ALLOW_HTTP": "yes"}).problems == {}
    unreadable = read_review(explicit={}, environ={**plain, "HUGGY_ALLOW_HTTP": "perhaps"})
    assert [*unreadable.problems] == ["allow_http", "base_url"]
    assert read_review(explicit={"base_url": plain["HUGGY_BASE_URL"]}, environ={"HUGGY_ALLOW_HTTP": "1"}).sources == {
        "allow_http": "environment",
        "base_url": "argument",
    }


def test_a_variable_that_is_no_setting_is_named_with_the_setting_that_may_be_meant() -> None:
    environ = {"HUGGY_WAREHOSE": "x", "HUGGY_DEBUG": "1", "HUGGY_QQ": "1", "HUGGY_TOKEN": "hidden"}
    assert read_review(explicit={}, environ=environ).unknown == (
        "HUGGY_QQ is no setting",
        "HUGGY_TOKEN is no setting (did you mean HUGGY_ACCESS_TOKEN?)",
        "HUGGY_WAREHOSE is no setting (did you mean HUGGY_WAREHOUSE?)",
    )


@pytest.mark.parametrize(
    ("name", "text", "shown"),
    [
        ("access_token", "hidden-token", "access_token (set)"),
        ("budget", "redis://:hidden-password@host:6379/0", "budget=redis://***@host:6379/0"),
        ("publish", "/a,/b", "publish=/a,/b"),
        ("company_id", "42", "company_id=42"),
    ],
)
def test_a_setting_is_shown_without_its_secret(name: str, text: str, shown: str) -> None:
    review = read_review(explicit={}, environ={f"HUGGY_{name.upper()}": text})
    assert review.describe(name) == shown
    assert "hidden" not in repr(review)


def test_secrets_that_cannot_be_used_are_known_too() -> None:
    environ = {"HUGGY_BASE_URL": "https://me:hidden-1@host/v3", "HUGGY_LANDING_ACCESS": "hidden-2"}
    review = read_review(explicit={"token_store": "redis://:hidden-3@host"}, environ=environ)
    assert {"hidden-1", "hidden-2", "hidden-3"} <= {*review.hidden}
    assert [*review.problems] == ["base_url", "landing_access"]
    assert not any("hidden" in sentence for sentence in review.problems.values())


def test_settings_that_are_known_to_be_right_have_a_review_too() -> None:
    settings = Settings(company_id=42, access_token="hidden-token")
    review = SettingsReview.of(settings)
    assert (review.settings, review.sources, review.hidden) == (
        settings,
        {"company_id": "argument", "access_token": "argument"},
        ("hidden-token",),
    )
