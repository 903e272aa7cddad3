"""Airflow hides the secrets of connections that were made before `secret_` existed."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import pytest
from airflow._shared.secrets_masker import _secrets_masker as server_masker
from airflow._shared.secrets_masker import should_hide_value_for_key
from airflow.sdk._shared.secrets_masker import _secrets_masker as task_masker
from airflow.sdk._shared.secrets_masker import should_hide_value_for_key as should_hide_in_tasks

from huggy_connector.airflow.connections.extra_fields import RECEIVER_SECRETS
from huggy_connector.airflow.connections.former_names import FORMER_SECRET_NAMES, mask_former_names
from huggy_connector.airflow.hook import HuggyHook
from huggy_connector.airflow.plugin import HuggyPlugin
from huggy_connector.deprecation import HuggyDeprecationWarning
from huggy_connector.settings import SECRETS

HIDES: tuple[Callable[..., bool], ...] = (should_hide_value_for_key, should_hide_in_tasks)
NAMES = (*FORMER_SECRET_NAMES, "landing", "budget")


MASKERS: tuple[Any, ...] = (server_masker(), task_masker())


@pytest.fixture(autouse=True)
def _maskers_without_our_names(monkeypatch: pytest.MonkeyPatch) -> None:
    """Airflow as it is where nothing of ours was loaded yet; `of_the_user` is its user's own word."""
    for masker in MASKERS:
        fields = {*masker.sensitive_variables_fields, "of_the_user"} - {*FORMER_SECRET_NAMES}
        monkeypatch.setattr(masker, "sensitive_variables_fields", [*fields])


def hidden() -> list[list[bool]]:
    return [[hide(name) for name in NAMES] for hide in HIDES]


@pytest.mark.parametrize("mask", [mask_former_names, HuggyPlugin.on_load])
def test_server_and_tasks_hide_the_former_names_once_the_plugin_is_loaded(mask: Callable[[], None]) -> None:
    assert hidden() == [[False, False, False, False]] * 2
    mask()
    assert hidden() == [[True, True, False, False]] * 2


def test_words_of_the_user_stay_and_a_second_call_adds_nothing() -> None:
    before = [masker.sensitive_variables_fields for masker in MASKERS]
    mask_former_names()
    mask_former_names()
    after = [sorted(masker.sensitive_variables_fields) for masker in MASKERS]
    assert after == [sorted([*fields, *FORMER_SECRET_NAMES]) for fields in before]
    assert all("of_the_user" in fields for fields in after)


@pytest.mark.parametrize("module", ["airflow._shared.secrets_masker", "airflow.sdk._shared.secrets_masker"])
def test_an_airflow_whose_masker_is_elsewhere_starts_all_the_same(module: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, module, None)
    mask_former_names()
    assert hidden() == [[False, False, False, False]] * 2


def test_every_secret_whose_name_does_not_tell_airflow_is_a_former_name() -> None:
    for hide in HIDES:
        assert {name for name in SECRETS if not hide(name)} - {*RECEIVER_SECRETS} == {*FORMER_SECRET_NAMES}


def test_the_former_names_are_still_read_and_warn(connect: Callable[..., None]) -> None:
    extra = {"hash_key": "of-the-hashes" * 3, "landing_access": {"account_key": "of-the-store"}}
    connect(password="any-token", extra=extra)
    with pytest.warns(HuggyDeprecationWarning) as warned:
        settings = HuggyHook().settings()
    assert [str(each.message) for each in warned] == [
        f"The key {name} in the extra of connection 'huggy_default' is called secret_{name} now: change it before "
        "huggy_connector 0.4, which will not know the former name."
        for name in FORMER_SECRET_NAMES
    ]
    assert settings.hash_key is not None
    assert (settings.hash_key.get_secret_value(), settings.landing_options) == (
        "of-the-hashes" * 3,
        {"account_key": "of-the-store"},
    )
