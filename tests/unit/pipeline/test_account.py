"""The rows of the token and the account, from facts that are passed in."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from huggy_connector.api.auth.credentials import FixedToken
from huggy_connector.api.auth.oauth import LOG_IN
from huggy_connector.api.auth.token_grant import TokenGrant
from huggy_connector.budget import BudgetReading
from huggy_connector.errors import Unauthorized
from huggy_connector.pipeline.check import AccountCheck
from huggy_connector.pipeline.doctor import account
from huggy_connector.pipeline.doctor.check_row import CheckState, Finding, Unknown, fail, ok, warn
from huggy_connector.pipeline.doctor.check_runner import Fact
from huggy_connector.settings import Settings

NOW = datetime(2026, 11, 29, 12, tzinfo=UTC)
JWT = "a.b.c"


def token(ends_in: timedelta | None, *, can_refresh: bool = False, text: str = JWT) -> list[Finding]:
    grant = TokenGrant(text, None, expires_at=None if ends_in is None else NOW + ends_in)
    fact = Fact("token", lambda: FixedToken(grant, can_refresh=can_refresh))
    return [*account.check_token(Settings(), fact, now=NOW)]


@pytest.mark.parametrize(
    ("ends_in", "can_refresh", "last"),
    [
        (timedelta(days=30), False, ok("it ends in 30 days, on 2026-12-29")),
        (timedelta(days=3), True, ok("it ends in 3 days, on 2026-12-02")),
        (timedelta(days=3), False, warn("it ends in 3 days, on 2026-12-02, and nobody renews it", LOG_IN)),
        (timedelta(days=-1), True, ok("it ended on 2026-11-28, the next request renews it")),
        (timedelta(days=-1), False, fail("it ended on 2026-11-28", LOG_IN)),
        (None, False, ok("it does not say when it ends")),
    ],
)
def test_a_token_that_ends_and_that_nobody_renews_is_told(
    ends_in: timedelta | None, *, can_refresh: bool, last: Finding
) -> None:
    renewed = [ok("it can be renewed")] if can_refresh else []
    assert token(ends_in, can_refresh=can_refresh) == [ok("from the settings"), *renewed, last]


def test_a_v2_token_for_v3_is_told_and_a_refresh_token_alone_is_enough() -> None:
    assert token(None, text="0123456789abcdef")[1] == warn(
        "it does not look like a v3 token", "for a v2 token set HUGGY_API_VERSION=v2"
    )
    assert token(None, text="", can_refresh=True)[-1] == ok("there is only a refresh token, the next request renews it")


@pytest.mark.slow
def test_a_token_file_that_others_can_read_is_told_before_it_is_opened(tmp_path: Path) -> None:
    file = tmp_path / "tokens.json"
    file.write_text("garbage")
    settings = Settings(client_id="app", client_secret="hidden", token_store=f"file:{file}")
    fact: Fact[FixedToken] = Fact("token", lambda: FixedToken(TokenGrant(JWT)))
    found = []
    for mode in (0o644, 0o600):
        file.chmod(mode)
        found.append(next(iter(account.check_token(settings, fact, now=NOW))))
    assert [each.found for each in found] == [f"{file} had mode 644, others could read it", "the file has mode 600"]
    assert [each.state for each in found] == [CheckState.WARNING, CheckState.OK]


def known(**others: object) -> Fact[AccountCheck]:
    given = {
        "agent": "Ana Souza",
        "agent_id": 9001,
        "company_id": 42,
        "main_company_id": 42,
        "token_expires_at": None,
        "clock_skew": 1.0,
        "timezone": "America/Sao_Paulo",
        "local_time": datetime(2026, 11, 29, 9, 0),  # noqa: DTZ001 -- as it is told
        **others,
    }
    return Fact("account", lambda: AccountCheck(**given))  # type: ignore[arg-type]


def budget(pause: float = 0.0) -> Fact[BudgetReading]:
    return Fact("budget", lambda: BudgetReading("x", 20, pause=pause))


def test_the_account_is_told_by_its_numbers_and_not_by_a_persons_name() -> None:
    found = [*account.check_account_of(Settings(), known(main_company_id=7), budget(), {})]
    assert found == [ok("agent 9001, company 42"), ok("the token's main company is 7")]


def test_a_proxy_is_told_by_its_variable() -> None:
    environ = {"HTTPS_PROXY": "http://me:hidden@proxy:3128"}
    found = [*account.check_account_of(Settings(), known(), budget(), environ)]
    assert found[0] == ok("through the proxy of HTTPS_PROXY")
    assert "hidden" not in repr(found)


def test_nothing_is_asked_in_a_pause_and_a_budget_that_is_not_known_is_no_reason() -> None:
    def refuse() -> AccountCheck:
        raise Unauthorized("asked")

    def break_down() -> BudgetReading:
        raise OSError

    with pytest.raises(Unknown, match=r"^not asked, the API wants a pause of 90 s: see budget$"):
        list(account.check_account_of(Settings(), Fact("account", refuse), budget(90), {}))
    with pytest.raises(Unauthorized):
        list(account.check_account_of(Settings(), Fact("account", refuse), Fact("budget", break_down), {}))


@pytest.mark.parametrize(
    ("skew", "clock", "finding"),
    [
        (-30.0, "api", ok("this host's clock and the API's differ by 30 s")),
        (31.0, "api", warn("this host's clock is 31 s behind the API's", "set the clock right")),
        (
            -7200.0,
            "api",
            warn(
                "this host's clock is 7,200 s ahead of the API's, times are taken by the API's", "set the clock right"
            ),
        ),
        (-7200.0, "host", warn("this host's clock is 7,200 s ahead of the API's", "set the clock right")),
        (
            90_000.0,
            "api",
            fail(
                "this host's clock is 90,000 s behind the API's, no landing begins",
                "set the clock right, or HUGGY_CLOCK=host where the API's is wrong",
            ),
        ),
    ],
)
def test_a_clock_that_is_off_is_told_with_what_a_run_makes_of_it(skew: float, clock: str, finding: Finding) -> None:
    settings = Settings.model_validate({"clock": clock})
    assert [*account.check_clock(settings, known(clock_skew=skew))] == [finding]


def test_a_clock_of_which_the_api_says_nothing_is_unknown() -> None:
    with pytest.raises(Unknown, match="name no time"):
        list(account.check_clock(Settings(), known(clock_skew=None)))


@pytest.mark.parametrize(
    ("age", "fitting", "finding"),
    [
        (None, (), ok("no chat tells whether that is right")),
        (7, (), ok("the newest chat is 7 minutes old")),
        (-4, (), ok("the newest chat is 4 minutes ahead")),
        (-6, (), warn("the newest chat is 6 minutes ahead", "is HUGGY_TIMEZONE right?")),
        (
            60,
            ("UTC", "x"),
            warn("the newest chat is 60 minutes old", "if somebody wrote just now, set HUGGY_TIMEZONE=UTC"),
        ),
    ],
)
def test_the_newest_chat_tells_whether_the_zone_is_right(
    age: int | None, fitting: tuple[str, ...], finding: Finding
) -> None:
    newest = None if age is None else NOW + timedelta(hours=1) - timedelta(minutes=age)
    fact = known(newest_chat_at=newest, fitting_zones=fitting, clock_skew=3600.0)
    here = f"America/Sao_Paulo, there it is 2026-11-29 09:00; {finding.found}"
    assert [*account.check_zone(fact, now=NOW)] == [Finding(finding.state, here, finding.advice)]
