"""The server of one login takes only the answer to its login, and leads only one visitor to Huggy."""

from __future__ import annotations

import http.client
import socket
from collections.abc import Callable
from urllib.parse import urlsplit

import pytest

from huggy_connector.cli.loopback import (
    FAILURE_PAGE,
    FOREIGN_PAGE,
    OPENED_TWICE,
    SUCCESS_PAGE,
    LoopbackServer,
    redirect_url,
)
from huggy_connector.errors import ConfigurationError, Unauthorized

LEADS_TO = "https://auth.example/authorize?state=ours"
REFUSED = "The app was not authorised."


def read(address: str) -> str | None:
    """As a login reads: only its own state counts."""
    if "state=ours" not in address:
        return None
    if "error=" in address:
        raise Unauthorized(REFUSED)
    return address.partition("code=")[2]


def visit(address: str, path: str | None = None, *, method: str = "GET") -> tuple[int, str, dict[str, str]]:
    """What a browser gets that follows nothing."""
    parts = urlsplit(address)
    connection = http.client.HTTPConnection(parts.netloc, timeout=120)
    connection.request(method, path or parts.path)
    answer = connection.getresponse()
    text = answer.read().decode()
    connection.close()
    return answer.status, text, dict(answer.headers)


@pytest.fixture
def loopback(free_port: int) -> LoopbackServer:
    return LoopbackServer(free_port, leads_to=LEADS_TO, read=read)


def test_the_first_visitor_is_led_to_huggy_and_the_answer_is_what_comes_back(
    loopback: LoopbackServer, free_port: int
) -> None:
    with loopback:
        status, _, headers = visit(loopback.start)
        assert (status, headers["Location"], headers["Cache-Control"]) == (302, LEADS_TO, "no-store")
        status, page, headers = visit(redirect_url(free_port), "/callback?state=ours&code=abc")
        assert (status, SUCCESS_PAGE in page, headers["Content-Type"]) == (200, True, "text/html; charset=utf-8")
        assert "abc" not in page
        assert loopback.wait_for_answer(within=120) == "abc"
    assert redirect_url(free_port) == f"http://127.0.0.1:{free_port}/callback"


def test_the_page_that_leads_to_huggy_has_a_name_that_nobody_can_guess(free_port: int) -> None:
    starts = set()
    for _ in range(5):
        with LoopbackServer(free_port, leads_to=LEADS_TO, read=read) as loopback:
            starts.add(urlsplit(loopback.start).path)
    assert len(starts) == 5
    assert min(map(len, starts)) > 40


def test_a_second_visitor_of_that_page_ends_the_login_and_is_led_nowhere(loopback: LoopbackServer) -> None:
    with loopback:
        visit(loopback.start)
        status, page, headers = visit(loopback.start)
        assert (status, FAILURE_PAGE in page, "Location" in headers) == (410, True, False)
        with pytest.raises(Unauthorized) as raised:
            loopback.wait_for_answer(within=120)
    assert str(raised.value) == OPENED_TWICE


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/callback?state=theirs&code=abc", 400),
        ("GET", "/callback", 400),
        ("GET", "/callback?error=access_denied&state=theirs", 400),
        ("GET", "/", 404),
        ("GET", "/another?state=ours&code=abc", 404),
        ("GET", "/callback/?state=ours&code=abc", 404),
        ("POST", "/callback?state=ours&code=abc", 501),
        ("HEAD", "/callback?state=ours&code=abc", 501),
    ],
)
def test_a_visit_that_is_no_answer_to_the_login_ends_nothing(
    loopback: LoopbackServer, capfd: pytest.CaptureFixture[str], method: str, path: str, status: int
) -> None:
    with loopback:
        got, page, _ = visit(loopback.start, path, method=method)
        assert (got, FOREIGN_PAGE in page) == (status, status == 400)
        visit(loopback.start, "/callback?state=ours&code=ours")
        assert loopback.wait_for_answer(within=120) == "ours"
    assert tuple(capfd.readouterr()) == ("", "")


def test_a_refusal_in_the_browser_is_raised_to_the_one_who_waits(loopback: LoopbackServer) -> None:
    with loopback:
        status, page, _ = visit(loopback.start, "/callback?state=ours&error=access_denied")
        assert (status, FAILURE_PAGE in page, REFUSED in page) == (400, True, False)
        with pytest.raises(Unauthorized, match=REFUSED):
            loopback.wait_for_answer(within=120)


def test_a_connection_on_which_a_browser_sends_nothing_holds_up_no_other(loopback: LoopbackServer) -> None:
    where = (urlsplit(loopback.start).hostname, urlsplit(loopback.start).port)
    with loopback, socket.create_connection(where):
        visit(loopback.start, "/callback?state=ours&code=abc")
        assert loopback.wait_for_answer(within=120) == "abc"


def test_without_an_answer_the_wait_ends_with_what_to_do(loopback: LoopbackServer) -> None:
    with loopback, pytest.raises(Unauthorized) as raised:
        loopback.wait_for_answer(within=0.01)
    assert str(raised.value) == (
        "No answer came from the browser within 0 s: run `huggy auth login` again, with --no-browser if the browser "
        "runs on another machine."
    )


def test_a_port_in_use_is_refused_and_is_free_after_the_login(free_port: int) -> None:
    make: Callable[[], LoopbackServer] = lambda: LoopbackServer(free_port, leads_to=LEADS_TO, read=read)  # noqa: E731
    with make(), pytest.raises(ConfigurationError) as raised:
        make()
    assert str(raised.value) == (
        f"Port {free_port} is taken: choose another with --port, and name it in the app's redirect URL too."
    )
    with make() as loopback:
        assert visit(loopback.start)[0] == 302
