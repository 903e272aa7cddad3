"""A token that ends in the middle of a land: renewed, or one sentence and the work is kept."""

from __future__ import annotations

import json
import urllib.parse
import urllib.request
from typing import TYPE_CHECKING

import pytest

from huggy_connector.api.auth.token_refresh import DEAD_REFRESH_TOKEN

if TYPE_CHECKING:
    from pathlib import Path

    from tests.integration.conftest import Account, Open, Run

LAND = ("land", "chats", "--json")
APP = ("HUGGY_CLIENT_ID", "HUGGY_CLIENT_SECRET", "HUGGY_REFRESH_TOKEN")
DESK: dict[str, float] = {"chats": 1_200, "limit": 0, "latency_ms": 10}


def interrupted(desk: Account, **wishes: bool) -> Run:
    """A land in whose middle something happens to the tokens."""
    landing = desk.start(*LAND)
    desk.tell("wait?requests=45")
    desk.control(**wishes)
    return desk.said(landing)


def goes_on(desk: Account) -> None:
    run = desk.huggy(*LAND)
    assert (run.snapshot["certificate"]["exact"], desk.missing(desk.ids(run.snapshot))) == (True, [])
    assert "resumes the work begun at" in run.err


def renewed_by_hand(desk: Account) -> dict[str, str]:
    asked = {"grant_type": "refresh_token", "refresh_token": desk.told["HUGGY_REFRESH_TOKEN"]}
    return _tokens(desk, asked)


def logged_in(desk: Account) -> dict[str, str]:
    """As a person does in a browser, whose way back is not gone."""
    redirect = {"client_id": desk.told["HUGGY_CLIENT_ID"], "redirect_uri": "http://127.0.0.1:9/back"}
    query = urllib.parse.urlencode(redirect | {"response_type": "code"})

    class Stay(urllib.request.HTTPRedirectHandler):
        def redirect_request(self, *_: object) -> None:
            return None

    with pytest.raises(urllib.error.HTTPError) as sent:
        urllib.request.build_opener(Stay).open(f"{desk.told['HUGGY_AUTH_URL']}/authorize?{query}")
    back = urllib.parse.urlsplit(sent.value.headers["Location"])
    sent.value.close()
    code = urllib.parse.parse_qs(back.query)["code"][0]
    return _tokens(desk, {"grant_type": "authorization_code", "code": code} | redirect)


def _tokens(desk: Account, asked: dict[str, str]) -> dict[str, str]:
    app = {"client_id": desk.told["HUGGY_CLIENT_ID"], "client_secret": desk.told["HUGGY_CLIENT_SECRET"]}
    request = urllib.request.Request(
        f"{desk.told['HUGGY_AUTH_URL']}/access_token",
        data=json.dumps(asked | app).encode(),
        headers={"Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request) as answer:
        told = json.load(answer)
    return {"HUGGY_ACCESS_TOKEN": told["access_token"], "HUGGY_REFRESH_TOKEN": told["refresh_token"]}


@pytest.fixture
def fast() -> dict[str, str]:
    return {"HUGGY_REQUESTS_PER_SECOND": "1000"}


def test_revoked_in_mid_sweep_it_is_renewed_once_and_the_land_is_whole(
    account: Open, tmp_path: Path, fast: dict[str, str]
) -> None:
    with account(tmp_path, **DESK) as opened:
        desk = opened.having(**fast, **{name: opened.told[name] for name in APP})
        run = interrupted(desk, revoke_tokens=True)
        missing, stats = desk.missing(desk.ids(run.snapshot)), desk.tell("stats")
    assert (run.snapshot["certificate"]["exact"], missing) == (True, [])
    assert (stats["refreshes"], stats["failed_refreshes"]) == (1, 0)


def test_revoked_in_mid_sweep_with_nothing_to_renew_it_by_the_work_waits_for_another(
    account: Open, tmp_path: Path, fast: dict[str, str]
) -> None:
    with account(tmp_path, **DESK) as opened:
        desk = opened.having(**fast)
        run = interrupted(desk, revoke_tokens=True)
        assert (run.code, run.out, desk.landed()) == (1, "", {})
        assert run.sentence.startswith("huggy: The API does not accept the token (revoked, or of another account): ")
        goes_on(desk.having(HUGGY_ACCESS_TOKEN=renewed_by_hand(desk)["HUGGY_ACCESS_TOKEN"]))


def test_revoked_with_its_refresh_token_the_work_waits_for_a_login(
    account: Open, tmp_path: Path, fast: dict[str, str]
) -> None:
    with account(tmp_path, **DESK) as opened:
        desk = opened.having(**fast, **{name: opened.told[name] for name in APP})
        run = interrupted(desk, revoke_tokens=True, revoke_refresh=True)
        assert (run.code, run.out, run.sentence, desk.landed()) == (1, "", f"huggy: {DEAD_REFRESH_TOKEN}", {})
        assert desk.tell("stats")["failed_refreshes"] == 1
        goes_on(desk.having(**logged_in(desk)))
