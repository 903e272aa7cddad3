"""The five answers become lines of the env file: what is a default is left out, and each answer is checked."""

from __future__ import annotations

from datetime import timedelta
from io import StringIO
from pathlib import Path

import pytest

from huggy_connector.cli.first_run.interview import Answers, Interview, describe_newest_chat
from huggy_connector.cli.first_run.known_settings import KnownSettings
from huggy_connector.cli.first_run.questions import Questions, WrongAnswer
from huggy_connector.errors import LandingUnwritable, WarehouseUnusable
from huggy_connector.pipeline import AccountCheck
from tests.unit.cli.desk import NOW, FakeChecks, found, know, sit_down

TOKEN = "a.b.c"
EMPTY = dict.fromkeys(
    (
        *("base_url", "auth_url", "allow_http", "api_version"),
        *("client_id", "access_token", "refresh_token", "client_secret", "company_id"),
    )
)
HERE = Path.cwd()
NO_PLACE = "is neither a folder nor a URL such as s3://bucket/folder, gs://bucket or az://container"
PLACES = {"landing": f"{HERE}/landing", "warehouse": f"{HERE}/huggy.duckdb"}


def interview(checks: FakeChecks, *lines: str, known: KnownSettings | None = None) -> Answers:
    return Interview(sit_down(*lines), checks, known or know(), lambda: NOW).run()


def test_enter_everywhere_keeps_the_token_and_the_three_that_differ_from_place_to_place() -> None:
    assert interview(FakeChecks(), TOKEN, "", "", "", "") == Answers(
        EMPTY | {"access_token": TOKEN, "timezone": "America/Sao_Paulo"} | PLACES, has_token=True
    )


def test_an_app_has_no_token_before_its_login() -> None:
    answers = interview(FakeChecks(), "", "APP-1", "hidden", "", "", "")
    account = {"client_id": "APP-1", "client_secret": "hidden", "timezone": "America/Sao_Paulo"}
    assert answers == Answers(EMPTY | account | PLACES, has_token=False)


def test_what_stands_in_the_file_is_proposed() -> None:
    file = {
        "access_token": TOKEN,
        "base_url": "https://api.huggy.app/v3",
        "timezone": "UTC",
        "landing": "/lake",
        "warehouse": "/desk.duckdb",
    }
    answers = interview(FakeChecks(), "", "", "", "", "", known=know({}, file))
    places = {"timezone": "UTC", "landing": "/lake", "warehouse": "/desk.duckdb"}
    assert answers.values == EMPTY | {"access_token": TOKEN} | places


def test_each_wrong_answer_is_one_sentence_and_asked_again(capsys: pytest.CaptureFixture[str]) -> None:
    checks = FakeChecks(
        refused={
            "/closed": LandingUnwritable("The landing /closed may not be written to."),
            "/theirs.duckdb": WarehouseUnusable("/theirs.duckdb holds 3 tables of someone else."),
        }
    )
    wrong = ("Manaus", "america/manaus", "Mars", "GMT-3", "America/Manaus", "ftp://x/y", "/closed", "/lake")
    answers = interview(checks, TOKEN, "", *wrong, ":memory:", "/theirs.duckdb", "/desk.duckdb")
    places = {"timezone": "America/Manaus", "landing": "/lake", "warehouse": "/desk.duckdb"}
    assert answers.values == EMPTY | {"access_token": TOKEN} | places
    said = [line.partition("]:    ")[2] for line in capsys.readouterr().err.splitlines() if "]:    " in line]
    no_zone = "is no zone of the IANA database such as America/Sao_Paulo."
    assert said == [
        f"HUGGY_TIMEZONE 'Manaus': {no_zone} Is America/Manaus meant?",
        f"HUGGY_TIMEZONE 'america/manaus': {no_zone} Is America/Manaus meant?",
        f"HUGGY_TIMEZONE 'Mars': {no_zone}",
        f"HUGGY_TIMEZONE 'GMT-3': {no_zone}",
        "There it is 08:00 now.",
        f"HUGGY_LANDING 'ftp://x/y': {NO_PLACE}.",
        "The landing /closed may not be written to.",
        "HUGGY_WAREHOUSE ':memory:': is no file: give a path on a local disk.",
        "/theirs.duckdb holds 3 tables of someone else.",
    ]


@pytest.mark.parametrize("city", ["Brasília", "brasilia", "Sao Paulo", "São Paulo", "America/Sao_Paolo"])
def test_a_city_or_a_slip_is_told_with_the_zone_that_was_meant(city: str, capsys: pytest.CaptureFixture[str]) -> None:
    interview(FakeChecks(), TOKEN, "", city, "", "", "")
    assert "Is America/Sao_Paulo meant?" in capsys.readouterr().err


def test_a_wrong_answer_of_a_pipe_ends_it() -> None:
    questions = Questions(StringIO(f"{TOKEN}\n\nMars\n"), has_person=False)
    with pytest.raises(WrongAnswer) as raised:
        Interview(questions, FakeChecks(), know(), lambda: NOW).run()
    assert str(raised.value) == (
        "Time zone: HUGGY_TIMEZONE 'Mars': is no zone of the IANA database such as America/Sao_Paulo."
    )


# What the newest chat says --------------------------------------------------------------------------------------------


def seen(minutes: int, *fits: str) -> AccountCheck:
    """The newest chat is so old as it is read in São Paulo; it would be of now in the zones that fit."""
    return found(newest_chat_at=NOW - timedelta(minutes=minutes), fitting_zones=fits)


@pytest.mark.parametrize(
    ("check", "said", "proposed"),
    [
        (seen(1), "is 1 minute old.", "America/Sao_Paulo"),
        (seen(-3), "is 0 minutes old.", "America/Sao_Paulo"),
        (seen(150), "is 2 hours old.", "America/Sao_Paulo"),
        (seen(7_200), "is 5 days old.", "America/Sao_Paulo"),
        (
            seen(60, "America/Manaus"),
            "is 60 minutes old. If somebody wrote just now, the zone is America/Manaus.",
            "America/Sao_Paulo",
        ),
        (
            seen(-180, "UTC", "Africa/Abidjan"),
            "is 3 hours in the future. In UTC it is of this moment.",
            "UTC",
        ),
        (seen(-400), "is 7 hours in the future.", "America/Sao_Paulo"),
    ],
)
def test_a_chat_of_the_future_proposes_another_zone_and_an_old_one_only_tells_it(
    check: AccountCheck, said: str, proposed: str
) -> None:
    assert check.newest_chat_at is not None
    assert describe_newest_chat(check, check.newest_chat_at) == (
        f"Read in America/Sao_Paulo, the newest chat {said}",
        proposed,
    )


def test_a_zone_in_which_the_newest_chat_is_of_the_future_is_asked_about(capsys: pytest.CaptureFixture[str]) -> None:
    checks = FakeChecks(lambda _: seen(3))
    agreed = interview(checks, TOKEN, "", "America/Manaus", "y", "", "")
    again = interview(checks, TOKEN, "", "America/Manaus", "", "America/Noronha", "", "")
    assert (agreed.values["timezone"], again.values["timezone"]) == ("America/Manaus", "America/Noronha")
    said = capsys.readouterr().err
    assert said.count("Read in America/Manaus, the newest chat is 57 minutes in the future.\n") == 2
    assert said.count("Then give another zone.\n") == 1
    assert "Noronha, the newest" not in said


def test_the_zone_of_the_newest_chat_stands_in_brackets(capsys: pytest.CaptureFixture[str]) -> None:
    answers = interview(FakeChecks(lambda _: seen(-180, "UTC")), TOKEN, "", "", "", "")
    assert answers.values["timezone"] == "UTC"
    assert "   Time zone [UTC]: " in capsys.readouterr().err
