"""What is known before the first question: whose account is proposed, and which values."""

from __future__ import annotations

from pathlib import Path

import pytest

from huggy_connector.cli.first_run.known_settings import KnownAccount, KnownSettings, read_setting
from huggy_connector.errors import ConfigurationError
from tests.unit.cli.desk import know

ELSEWHERE = "https://elsewhere.example/v3"


def test_the_shells_account_is_proposed_before_the_files_and_each_is_whole() -> None:
    shell = {"access_token": "a", "base_url": ELSEWHERE, "company_id": "7", "landing": "/lake"}
    file = {"client_id": "APP-1", "client_secret": "b", "auth_url": "https://elsewhere.example/oauth"}
    of_shell = KnownAccount("the token of this shell", {"base_url": ELSEWHERE, "access_token": "a"}, "7")
    assert know(shell, file).account == of_shell
    assert know({}, file).account == KnownAccount("the app of .env", dict(sorted(file.items())), "")
    assert know({"client_id": "APP-1"}, {"base_url": ELSEWHERE}).account is None


def test_an_account_of_the_file_that_no_command_could_use_in_this_shell_is_not_proposed() -> None:
    assert know({"base_url": ELSEWHERE}, {"access_token": "a"}).account is None
    assert know({}, {"access_token": "a", "base_url": "elsewhere"}).account is None


def test_an_empty_value_is_not_known() -> None:
    assert know({"access_token": ""}, {"access_token": '""'}) == KnownSettings({}, {}, ".env")


def test_a_proposal_is_the_shells_value_or_a_right_one_of_the_file_or_the_default() -> None:
    assert know({"timezone": "UTC"}, {"timezone": "America/Manaus"}).propose("timezone") == "UTC"
    assert know({}, {"timezone": "America/Manaus"}).propose("timezone") == "America/Manaus"
    assert know({}, {"timezone": "Mars"}).propose("timezone") == "America/Sao_Paulo"
    assert know({}, {}).propose("landing") == str(Path("landing").absolute())
    assert know({}, {}).propose("company_id") == ""


@pytest.mark.parametrize(
    ("shell", "file", "sentence"),
    [
        ({"timezone": "Mars"}, {}, "HUGGY_TIMEZONE 'Mars': is no zone of "),
        ({}, {"language": "pt"}, "HUGGY_LANGUAGE in .env 'pt': is none of en, pt-br and es."),
        ({}, {"language": "a\0b"}, "HUGGY_LANGUAGE: holds a NUL, which nothing can hold."),
    ],
)
def test_a_wrong_value_that_no_question_would_mend_ends_it(
    shell: dict[str, str], file: dict[str, str], sentence: str
) -> None:
    with pytest.raises(ConfigurationError) as raised:
        know(shell, file)
    assert str(raised.value).startswith(sentence)


def test_a_check_gets_what_no_question_is_about() -> None:
    known = know({"state": "/state", "base_url": ELSEWHERE}, {"state": "/old", "budget": "memory:", "landing": "/lake"})
    assert known.others == {"HUGGY_STATE": "/state", "HUGGY_BUDGET": "memory:"}


def test_an_answer_is_read_as_the_setting_reads_it() -> None:
    assert read_setting("landing", " 'lake' ") == str(Path("lake").absolute())
    assert read_setting("base_url", "http://10.0.0.7/v3", allow_http="yes") == "http://10.0.0.7/v3"
    with pytest.raises(ConfigurationError, match=r"^HUGGY_BASE_URL .*: would show secrets to the network"):
        read_setting("base_url", "http://10.0.0.7/v3")


def test_no_value_is_in_a_repr() -> None:
    known = know({"access_token": "hidden"}, {"client_secret": "hidden"})
    assert "hidden" not in repr(known) + repr(known.account)
