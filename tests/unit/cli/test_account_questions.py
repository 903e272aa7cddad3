"""Whose account it is: a token, an app, a v2 token, one that is known already; and where a typed secret is sent."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from huggy_connector.cli.first_run.account_questions import AccountAnswer, AccountQuestions
from huggy_connector.cli.first_run.known_settings import KnownSettings
from huggy_connector.errors import Forbidden, Unauthorized, UnexpectedShape, Unreachable
from huggy_connector.pipeline import AccountCheck
from tests.unit.cli.desk import FakeChecks, found, know, sit_down

TOKEN, V2 = "a.b.c", "0123456789abcdef0123456789ABCDEF"
THERE = "https://elsewhere.example/v3"
V2_ADDRESS = "https://api.huggy.app/v2"
ZONE = {"timezone": "America/Sao_Paulo"}
NO_COMPANY = UnexpectedShape("The token's profile names no company.")


def ask(checks: FakeChecks, *lines: str, known: KnownSettings | None = None) -> AccountAnswer:
    return AccountQuestions(sit_down(*lines), checks, known or know()).ask()


def test_a_token_is_asked_for_until_huggy_accepts_it(capsys: pytest.CaptureFixture[str]) -> None:
    def answer(account: Mapping[str, str]) -> AccountCheck:
        if account["access_token"] != TOKEN:
            raise Unauthorized("The API does not accept the token.")
        return found()

    checks = FakeChecks(answer)
    assert ask(checks, "x.y.z", TOKEN, "") == AccountAnswer({"access_token": TOKEN}, found(), "")
    assert checks.asked == [{"access_token": "x.y.z", **ZONE}, {"access_token": TOKEN, **ZONE}]
    said = capsys.readouterr().err
    assert "   The API does not accept the token.\n" in said
    assert "   Connected as Ana Souza (agent 9001), company 4242. The token ends on 2027-05-01.\n" in said
    assert TOKEN not in said
    assert "x.y.z" not in said


def test_where_the_network_fails_the_same_token_is_tried_again_without_typing_it() -> None:
    failures = [Unreachable("No answer."), Unreachable("No answer.")]

    def answer(account: Mapping[str, str]) -> AccountCheck:
        if failures:
            raise failures.pop()
        return found()

    checks = FakeChecks(answer)
    assert ask(checks, TOKEN, "", "n", "d.e.f", "").values == {"access_token": "d.e.f"}
    assert [each["access_token"] for each in checks.asked] == [TOKEN, TOKEN, "d.e.f"]


# The app --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("chosen", ["", "app", "APP"])
def test_an_app_that_has_not_logged_in_is_not_asked_for(chosen: str, capsys: pytest.CaptureFixture[str]) -> None:
    checks = FakeChecks()
    answer = ask(checks, chosen, "", "APP 1", "APP-1", "", "hidden")
    assert answer == AccountAnswer({"client_id": "APP-1", "client_secret": "hidden"}, None, "")
    assert checks.asked == []
    said = capsys.readouterr().err
    assert "redirect URL http://127.0.0.1:8765/callback." in said
    assert said.count("   Nothing was given.\n") == 2
    assert "   It holds a space or another character that none has: copy it again.\n" in said
    assert "hidden" not in said.replace("(not shown)", "")


def test_an_app_that_has_logged_in_before_is_asked_for() -> None:
    answer = ask(FakeChecks(logged_in=True), "", "APP-1", "hidden", "")
    assert answer == AccountAnswer({"client_id": "APP-1", "client_secret": "hidden"}, found(), "")


# What is known --------------------------------------------------------------------------------------------------------


def test_enter_takes_the_known_account_whole_with_its_company() -> None:
    account = {"base_url": THERE, "client_id": "APP-1", "access_token": TOKEN, "refresh_token": "r"}
    checks = FakeChecks(lambda asked: found(int(asked.get("company_id", 4242))))
    answer = ask(checks, "", "", known=know({**account, "company_id": "7"}, {"access_token": "other"}))
    assert answer == AccountAnswer(account, found(7), "7")
    assert checks.asked == [{**account, **ZONE}, {**account, **ZONE, "company_id": "7"}]


def test_a_typed_token_takes_nothing_of_the_known_account_but_the_shells_addresses() -> None:
    shell = {"base_url": THERE, "access_token": "old", "refresh_token": "r", "client_secret": "s", "company_id": "7"}
    assert ask(FakeChecks(), TOKEN, "", known=know(shell)) == AccountAnswer(
        {"base_url": THERE, "access_token": TOKEN}, found(), ""
    )


@pytest.mark.parametrize(
    ("agreed", "addresses"), [("y", {"base_url": THERE}), ("n", {}), ("", {})], ids=["yes", "no", "enter"]
)
@pytest.mark.parametrize("is_app", [True, False])
def test_a_typed_secret_goes_to_an_address_of_the_file_only_if_the_person_agrees(
    agreed: str, addresses: dict[str, str], *, is_app: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    checks = FakeChecks(logged_in=True)
    typed = ("app", "APP-1", "hidden") if is_app else (TOKEN,)
    answer = ask(checks, *typed, agreed, "", known=know({}, {"base_url": THERE, "language": "es"}))
    secrets = {"client_id": "APP-1", "client_secret": "hidden"} if is_app else {"access_token": TOKEN}
    assert answer.values == {**addresses, **secrets}
    assert [each.get("base_url") for each in checks.asked] == [addresses.get("base_url")]
    assert f"   .env sends secrets to {THERE}, which is not Huggy's own.\n" in capsys.readouterr().err


def test_huggys_own_address_in_the_file_needs_no_question() -> None:
    known = know({}, {"base_url": "https://api.huggy.app/v3/", "auth_url": "https://auth.huggy.app/oauth"})
    assert ask(FakeChecks(), TOKEN, "", known=known).values == {"access_token": TOKEN}


# v2 -------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("typed", "address"),
    [
        ("", V2_ADDRESS),
        ("https://api.huggy.io/v2", "https://api.huggy.io/v2"),
    ],
)
def test_a_v2_token_is_told_by_its_form_and_asked_for_its_address(typed: str, address: str) -> None:
    checks = FakeChecks()
    answer = ask(checks, V2, typed, "4242")
    account = {"base_url": address, "api_version": "v2", "access_token": V2}
    assert answer == AccountAnswer(account, found(), "4242", is_company_asked=True)
    assert checks.asked == [{**account, **ZONE, "company_id": "4242"}]


def test_the_shells_address_holds_for_a_v2_token_too_and_is_not_asked_for() -> None:
    there = "https://elsewhere.example/v2"
    answer = ask(FakeChecks(), V2, "4242", known=know({"base_url": there}))
    assert answer.values == {"base_url": there, "api_version": "v2", "access_token": V2}


def test_a_token_that_this_shell_would_keep_from_every_command_is_refused_at_once(
    capsys: pytest.CaptureFixture[str],
) -> None:
    checks = FakeChecks(logged_in=True)
    app = {"client_id": "APP-1", "client_secret": "s"}
    assert ask(checks, TOKEN, "", "", known=know(app)).values == app
    assert (
        "   HUGGY_CLIENT_SECRET: HUGGY_ACCESS_TOKEN in .env is not used with it: write all secrets in the same place.\n"
        in capsys.readouterr().err
    )


def test_a_wrong_address_of_v2_is_asked_again(capsys: pytest.CaptureFixture[str]) -> None:
    assert ask(FakeChecks(), V2, "api.huggy.app", "", "4242").values["base_url"] == V2_ADDRESS
    assert (
        "   HUGGY_BASE_URL 'api.huggy.app': is no http or https URL such as https://api.huggy.app/v3.\n"
        in capsys.readouterr().err
    )


def test_a_v2_token_does_not_tell_its_company_so_the_number_is_asked_for_before_huggy_is(
    capsys: pytest.CaptureFixture[str],
) -> None:
    checks = FakeChecks(lambda _: found(7, main_company_id=7))
    answered = ask(checks, V2, "", "seven", "7")
    assert (answered.company_id, answered.check) == ("7", found(7, main_company_id=7))
    assert [each["company_id"] for each in checks.asked] == ["7"]
    assert "   The token is accepted. Everything is kept under company 7.\n" in capsys.readouterr().err


def test_a_v3_profile_that_names_no_company_is_a_wrong_token(capsys: pytest.CaptureFixture[str]) -> None:
    answers: list[Any] = [NO_COMPANY, found()]

    def answer(account: Mapping[str, str]) -> AccountCheck:
        if isinstance(said := answers.pop(0), Exception):
            raise said
        return found()

    assert ask(FakeChecks(answer), TOKEN, TOKEN, "").company_id == ""
    assert f"   {NO_COMPANY}\n" in capsys.readouterr().err


# The company ----------------------------------------------------------------------------------------------------------


def test_another_company_is_kept_if_the_token_reaches_it(capsys: pytest.CaptureFixture[str]) -> None:
    def answer(account: Mapping[str, str]) -> AccountCheck:
        if account.get("company_id") == "9":
            raise Forbidden("The token's agent may not read departments.")
        return found(int(account.get("company_id", 4242)))

    answered = ask(FakeChecks(answer), TOKEN, "many", "-1", "9", "7")
    assert (answered.company_id, answered.check) == ("7", found(7))
    said = capsys.readouterr().err
    assert [line.strip() for line in said.splitlines() if "company" in line and "number" in line] == [
        "Company [4242]:    'many' is no number of a company, such as 4242.",
        "Company [4242]:    '-1' is no number of a company, such as 4242.",
        "Company [4242]:    The token does not reach company 9: give another number.",
    ]


@pytest.mark.parametrize(("known", "kept"), [("4242", "4242"), ("", "")])
def test_the_main_company_is_written_only_where_somebody_has_written_it_before(known: str, kept: str) -> None:
    answered = ask(FakeChecks(), "", "4242", known=know({"access_token": TOKEN, "company_id": known}))
    assert answered.company_id == kept
