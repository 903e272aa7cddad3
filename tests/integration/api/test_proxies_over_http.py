"""Proxies and certificates that the environment names: they work, or one sentence names the variable.

`huggy check` is run as its user runs it. The API is a sandbox, known by a name that only a proxy can resolve.
"""

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from huggy_connector.sandbox import Options, Sandbox
from tests.integration.api.doors import Door
from tests.warm_process import huggy_command

ROOT = Path(__file__).parents[3]
OURS = ("HUGGY_", "PYTHONDONTWRITE", "SSL_CERT", "REQUESTS_CA")
WHO = "Connected as"


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(Options(chats=20, contacts=10, limit=0)) as running:
        yield running


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    folder = tmp_path_factory.mktemp("certificate")
    (folder / "trusted").mkdir()
    files = folder / "trusted" / "certificate.pem", folder / "key.pem"
    subject = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,DNS:api.huggy.example"]
    told = ["-days", "2", "-nodes", "-newkey", "rsa:2048", "-keyout", str(files[1]), "-out", str(files[0])]
    subprocess.run(["openssl", "req", "-x509", *subject, *told], check=True, capture_output=True)
    return files


def check(sandbox: Sandbox, state: Path, **environ: str) -> tuple[int, str]:
    """Exit code, and the last sentence said."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(OURS) and not name.lower().endswith("_proxy")
    }
    told = {"HUGGY_BASE_URL": "http://api.huggy.example/v3", "HUGGY_ACCESS_TOKEN": sandbox.token}
    told |= {"PYTHONPATH": str(ROOT), "HUGGY_STATE": str(state), "HUGGY_ALLOW_HTTP": "yes"}
    command = [*huggy_command(), "check"]
    done = subprocess.run(command, env=kept | told | environ, capture_output=True, text=True, timeout=300, check=False)
    return done.returncode, (done.stderr.strip().splitlines() or done.stdout.split("("))[-1 if done.stderr else 0]


@pytest.mark.parametrize("variable", ["HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"])
@pytest.mark.parametrize("scheme", ["http://", "socks5://", "socks5h://", ""])
def test_a_proxy_is_the_way_to_the_api(sandbox: Sandbox, tmp_path: Path, variable: str, scheme: str) -> None:
    with Door(sandbox.origin) as door:
        code, said = check(sandbox, tmp_path, **{variable: f"{scheme}{door.address}"})
        assert (code, said[: len(WHO)]) == (0, WHO), said
        assert set(door.asked) <= {"api.huggy.example", "api.huggy.example:80"}
        assert door.asked


def test_a_proxy_may_want_a_password_which_no_error_quotes(sandbox: Sandbox, tmp_path: Path) -> None:
    with Door(sandbox.origin, password="hidden") as door:
        code, said = check(sandbox, tmp_path, HTTP_PROXY=f"http://me:hidden@{door.address}")
        assert (code, said[: len(WHO)]) == (0, WHO), said
        refused = "huggy: The proxy of {} refuses the request: check the user and password in it, and its rules."
        wrong = f"http://me:wrong-secret@{door.address}"
        assert check(sandbox, tmp_path, HTTP_PROXY=wrong) == (1, refused.format("HTTP_PROXY"))
        https = {"HUGGY_BASE_URL": "https://api.huggy.example/v3", "https_proxy": wrong}
        assert check(sandbox, tmp_path, **https) == (1, refused.format("https_proxy"))


@pytest.mark.parametrize(
    "no_proxy", ["127.0.0.1", "[::1],127.0.0.0/8", "fd00::/8, 127.0.0.1", "*", "localhost 127.0.0.1", "[::1]:80,*"]
)
def test_a_server_in_no_proxy_is_reached_while_the_proxy_is_down(
    sandbox: Sandbox, tmp_path: Path, no_proxy: str
) -> None:
    away = {"HTTP_PROXY": f"http://127.0.0.1:{closed_port()}", "HUGGY_BASE_URL": sandbox.url}
    code, said = check(sandbox, tmp_path, **away, NO_PROXY=no_proxy)
    assert (code, said[: len(WHO)]) == (0, WHO), said


@pytest.mark.parametrize("scheme", ["http://me:hidden@", "socks5://me:hidden@"])
def test_a_proxy_that_is_down_is_named(sandbox: Sandbox, tmp_path: Path, scheme: str) -> None:
    code, said = check(sandbox, tmp_path, ALL_PROXY=f"{scheme}127.0.0.1:{closed_port()}")
    assert code == 1
    assert said == (
        "huggy: No connection to api.huggy.example through the proxy of ALL_PROXY: check that, or name the host in "
        "NO_PROXY."
    )


@pytest.mark.parametrize(
    "address", ["socks4://me:hidden@proxy", "http://me:hidden@pro xy", "http://:hidden@", "nonsense:x"]
)
def test_an_invalid_proxy_is_named_and_not_quoted(sandbox: Sandbox, tmp_path: Path, address: str) -> None:
    assert check(sandbox, tmp_path, HTTP_PROXY=address) == (
        2,
        "huggy: HTTP_PROXY is no address of a proxy such as http://proxy:3128 or socks5://proxy:1080: correct it.",
    )


def test_a_socks_proxy_without_its_client_says_what_to_install(sandbox: Sandbox, tmp_path: Path) -> None:
    code = "import sys; sys.modules['socksio'] = None; from huggy_connector.cli import main; sys.exit(main(['check']))"
    environ = {"HUGGY_BASE_URL": sandbox.url, "HUGGY_ACCESS_TOKEN": sandbox.token, "HUGGY_STATE": str(tmp_path)}
    kept = {name: value for name, value in os.environ.items() if not name.startswith(OURS)}
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=kept | environ | {"PYTHONPATH": str(ROOT), "ALL_PROXY": "socks5://127.0.0.1:1"},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == (
        'huggy: The SOCKS proxy of ALL_PROXY needs the extra socks: pip install "huggy-connector[socks]".\n'
    )


@pytest.mark.parametrize("variable", ["SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "SSL_CERT_DIR"])
@pytest.mark.parametrize("through", ["no proxy", "HTTPS_PROXY", "ALL_PROXY"])
def test_certificates_of_ones_own_are_trusted(
    sandbox: Sandbox, certificate: tuple[Path, Path], tmp_path: Path, variable: str, through: str
) -> None:
    place = str(certificate[0])
    if variable == "SSL_CERT_DIR":
        place = str(certificate[0].parent)
        subprocess.run(["openssl", "rehash", place], check=True, capture_output=True)
    with Door(sandbox.origin, tls=certificate) as tls, Door(f"http://{tls.address}") as door:
        environ = {"HUGGY_BASE_URL": f"https://localhost:{tls.address.rpartition(':')[2]}/v3", variable: f"{place}\r"}
        if through != "no proxy":
            scheme = "socks5://" if through == "ALL_PROXY" else "http://"
            environ |= {through: f"{scheme}{door.address}", "HUGGY_BASE_URL": "https://api.huggy.example/v3"}
        code, said = check(sandbox, tmp_path / "state", **environ)
        assert (code, said[: len(WHO)]) == (0, WHO), said
        assert set(door.asked) == ({"api.huggy.example:443"} if through != "no proxy" else set())


def test_certificates_of_others_alone_do_not_trust_the_server(
    sandbox: Sandbox, certificate: tuple[Path, Path], tmp_path: Path
) -> None:
    with Door(sandbox.origin, tls=certificate) as tls:
        port = tls.address.rpartition(":")[2]
        code, said = check(sandbox, tmp_path, HUGGY_BASE_URL=f"https://localhost:{port}/v3")
    assert code == 1
    assert said == (
        "huggy: The certificate of localhost is not trusted: check HUGGY_BASE_URL, or set SSL_CERT_FILE to the "
        "certificates of your network."
    )


@pytest.mark.parametrize("variable", ["SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE"])
@pytest.mark.parametrize("place", ["misspelt", "not a certificate"])
def test_certificates_that_cannot_be_read_are_named(
    sandbox: Sandbox, tmp_path: Path, variable: str, place: str
) -> None:
    (tmp_path / "not a certificate").write_text("no certificate")
    reason = "no such file or directory"
    if place == "not a certificate":
        reason = "not a directory" if variable == "SSL_CERT_DIR" else "it holds no certificate"
    assert check(sandbox, tmp_path / "state", **{variable: str(tmp_path / place)}) == (
        2,
        f"huggy: {variable} names no certificates that can be read ({reason}): correct or unset it.",
    )


def closed_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
