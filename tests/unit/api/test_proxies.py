"""Which proxy the environment names for a server."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from huggy_connector.api.proxies import Proxy, choose_proxy, read_proxy
from huggy_connector.errors import ConfigurationError

API = "https://api.huggy.app/v3"


@pytest.mark.parametrize(
    ("environ", "url", "variable"),
    [
        ({}, API, None),
        ({"HTTPS_PROXY": "http://proxy:3128"}, API, "HTTPS_PROXY"),
        ({"https_proxy": "http://proxy:3128", "HTTPS_PROXY": "http://other"}, API, "https_proxy"),
        ({"https_proxy": "", "HTTPS_PROXY": "http://other"}, API, None),
        ({"HTTP_PROXY": "http://proxy:3128"}, API, None),
        ({"HTTP_PROXY": "http://proxy:3128"}, "http://127.0.0.1:8021/v3", "HTTP_PROXY"),
        ({"ALL_PROXY": "socks5://proxy:1080"}, API, "ALL_PROXY"),
        ({"all_proxy": "socks5h://proxy:1080", "http_proxy": "x:1"}, API, "all_proxy"),
        ({"HTTPS_PROXY": " \ufeff\r\n", "ALL_PROXY": "proxy:1"}, API, "ALL_PROXY"),
    ],
)
def test_the_proxy_of_the_scheme_wins_over_all_proxy(environ: dict[str, str], url: str, variable: str | None) -> None:
    proxy = read_proxy(url, environ)
    assert (proxy and proxy.variable) == variable


@pytest.mark.parametrize(
    ("proxy", "url", "through"),
    [
        ("http://proxy:3128", "http://127.0.0.1:8021/v3", False),
        ("http://proxy:3128", "https://localhost:8021/v3", False),
        ("socks5://proxy:1080", "http://[::1]:8021/v3", False),
        ("http://127.0.0.1:3128", "http://127.0.0.1:8021/v3", True),
        ("http://localhost:3128", "http://[::1]:8021/v3", True),
        ("http://proxy:3128", API, True),
    ],
)
def test_a_server_on_this_machine_is_not_reached_through_a_proxy_on_another(
    proxy: str, url: str, *, through: bool
) -> None:
    assert choose_proxy(url, {"ALL_PROXY": proxy}) == (Proxy(proxy, "ALL_PROXY") if through else None)


@pytest.mark.parametrize(
    ("given", "url"),
    [
        ("proxy:3128", "http://proxy:3128"),
        (" http://proxy:3128/\r", "http://proxy:3128/"),
        ("'http://me:p%40ss@proxy:3128'", "http://me:p%40ss@proxy:3128"),
        ("https://[fd00::1]:3128", "https://[fd00::1]:3128"),
    ],
)
def test_the_address_of_a_proxy_is_cleaned_like_a_setting(given: str, url: str) -> None:
    assert read_proxy(API, {"HTTPS_PROXY": given}) == Proxy(url, "HTTPS_PROXY")


@pytest.mark.parametrize(
    ("no_proxy", "host", "reached_without"),
    [
        ("*", "api.huggy.app", True),
        ("localhost, *", "api.huggy.app", True),
        ("huggy.app", "api.huggy.app", True),
        (".huggy.app", "api.huggy.app", True),
        ("*.huggy.app", "api.huggy.app", True),
        (".HUGGY.app.", "api.huggy.app", True),
        ("uggy.app", "api.huggy.app", False),
        ("api.huggy.app.br", "api.huggy.app", False),
        ("https://api.huggy.app", "api.huggy.app", True),
        ("localhost api.huggy.app", "api.huggy.app", True),
        ("localhost,\tapi.huggy.app\r\n", "api.huggy.app", True),
        ("api.huggy.app:443", "api.huggy.app", True),
        ("api.huggy.app:8443", "api.huggy.app", False),
        ("api.huggy.app:8443", "api.huggy.app:8443", True),
        ("127.0.0.1", "127.0.0.1:8021", True),
        ("127.0.0.1:8021", "127.0.0.1:8021", True),
        ("127.0.0.1:8022", "127.0.0.1:8021", False),
        ("127.0.0.0/8", "127.0.0.1:8021", True),
        ("10.0.0.0/8", "127.0.0.1:8021", False),
        ("10.0.0.0/99", "127.0.0.1:8021", False),
        ("[::1]", "[::1]:8021", True),
        ("[::1]:8021", "[::1]:8021", True),
        ("[::1]:8022", "[::1]:8021", False),
        ("::1", "[::1]:8021", True),
        ("0:0:0:0:0:0:0:1", "[::1]", True),
        ("fd00::/8", "[fd12:3456::7]", True),
        ("[fd00::]/8", "[fd12:3456::7]", True),
        ("fd00::/8", "[fe80::1]", False),
        ("fd00::/8,[::1]", "api.huggy.app", False),
        ("::ffff:0:0/96", "127.0.0.1", False),
        ("", "api.huggy.app", False),
        (",, ,", "api.huggy.app", False),
        ("[::1", "[::1]", False),
        (".", "api.huggy.app", False),
    ],
)
@pytest.mark.parametrize("name", ["NO_PROXY", "no_proxy"])
def test_a_server_in_no_proxy_is_reached_directly(name: str, no_proxy: str, host: str, reached_without: bool) -> None:
    environ = {"HTTPS_PROXY": "http://proxy:3128", name: no_proxy}
    assert (read_proxy(f"https://{host}/v3", environ) is None) == reached_without


@pytest.mark.parametrize(
    "address",
    ["http://", "://", "ftp://proxy", "socks4://me:hidden@proxy", "http://me:hidden@", "http://[::1", "http://proxy:port",
     "http://proxy:99999", "a proxy", "http://me:hidden@pro xy:1", "localhost:0"],
)  # fmt: skip
@pytest.mark.parametrize("name", ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"])
def test_an_invalid_address_is_one_sentence_that_names_the_variable_and_quotes_nothing(name: str, address: str) -> None:
    with pytest.raises(ConfigurationError) as raised:
        read_proxy(API, {name: address})
    assert str(raised.value) == (
        f"{name} is no address of a proxy such as http://proxy:3128 or socks5://proxy:1080: correct it."
    )


odd = st.lists(
    st.sampled_from(["[", "]", ":", "/", "*", ",", " ", "::", "fd00", "8", "@", "://", "."]) | st.text(max_size=3)
)


@given(
    no_proxy=odd.map("".join), proxy=odd.map("".join), host=st.sampled_from(["api.huggy.app", "127.0.0.1", "[::1]:80"])
)
@example(no_proxy="[::1]/8:", proxy="http://x", host="[::1]:80")
def test_any_variables_give_a_route_or_one_sentence(no_proxy: str, proxy: str, host: str) -> None:
    said = "https_proxy"
    try:
        read_proxy(f"https://{host}/v3", {"https_proxy": proxy, "NO_PROXY": no_proxy})
    except ConfigurationError as error:
        said = str(error)
    assert said.startswith(("https_proxy", "NO_PROXY"))
