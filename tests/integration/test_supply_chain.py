"""What is installed: no version with a known hole that is mended, and of Airflow's image by hash alone."""

import json
import os
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from packaging.version import Version

from scripts.audit import read_oldest_versions

ROOT = Path(__file__).resolve().parents[2]
MENDED = {
    "aiohttp": "3.13.4",
    "cryptography": "46.0.7",
    "filelock": "3.20.3",
    "h11": "0.16.0",  # what httpx reads answers with
    "jinja2": "3.1.6",
    "nbconvert": "7.17.0",
    "playwright": "1.55.1",
    "pyarrow": "23.0.1",
    "pyjwt": "2.12.0",
    "pytest": "9.0.3",
    "uv": "0.9.6",
}
"""The versions that mended the holes that were known when this was written. The database of `make audit` knows more."""


def pinned(file: str) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for name, version in re.findall(r"^([a-z0-9-]+)==([^ ;\n]+)", (ROOT / file).read_text(), re.MULTILINE):
        found.setdefault(name, []).append(version)
    return found


def test_no_version_with_a_known_hole_is_allowed_or_pinned() -> None:
    least = read_oldest_versions()
    assert {name: least[name] for name in MENDED if Version(least[name]) < Version(MENDED[name])} == {}
    pins = pinned("constraints.txt")
    assert [name for name in MENDED for each in pins[name] if Version(each) < Version(MENDED[name])] == []


def test_all_that_is_asked_for_has_a_least_version() -> None:
    text = (ROOT / "pyproject.toml").read_text()
    listed = re.findall(r'^  "([A-Za-z0-9-]+)(?:\[[a-z]+\])?([^"]*)",$', text, re.MULTILINE)
    bare = {name for name, bound in listed if not bound and name in pinned("constraints.txt")}
    assert {name for name in bare if not name.startswith("types-")} == set()


def test_the_image_installs_what_constraints_pin_and_each_by_its_hash() -> None:
    image, pins = pinned("requirements-image.txt"), pinned("constraints.txt")
    assert image.keys() >= {"duckdb", "pyarrow", "matplotlib", "hatchling"}
    assert {name: versions for name, versions in image.items() if versions != pins[name]} == {}
    entries = (ROOT / "requirements-image.txt").read_text().split("\n")
    names = [number for number, line in enumerate(entries) if "==" in line and not line.startswith(" ")]
    assert all(entries[number + 1].startswith("    --hash=sha256:") for number in names)


def test_nothing_of_airflow_is_moved_in_its_image() -> None:
    of_airflow = {"apache-airflow", "httpx", "fastapi", "pydantic", "pyjwt", "starlette"}
    assert pinned("requirements-image.txt").keys() & of_airflow == set()


@contextmanager
def database(holes: dict[str, Any]) -> Iterator[str]:
    """A stand-in for the database: each package has the holes that are told, and no other."""

    class Answers(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            body = json.dumps({"vulns": holes.get(asked["package"]["name"].lower(), [])}).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/v1/query"
    server.shutdown()
    server.server_close()


def audit(address: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "scripts.audit", "--osv-url", address]
    environ = {name: value for name, value in os.environ.items() if "proxy" not in name.lower()}
    return subprocess.run(command, cwd=ROOT, env=environ, capture_output=True, text=True, check=False)


def hole(fixed: str | None) -> dict[str, Any]:
    events = [{"introduced": "0"}, *([{"fixed": fixed}] if fixed else [])]
    package = {"name": "filelock", "ecosystem": "PyPI"}
    return {
        "id": "INVENTED-1",
        "summary": "A hole.",
        "published": "2026-01-01T00:00:00Z",
        "affected": [{"package": package, "ranges": [{"type": "ECOSYSTEM", "events": events}]}],
    }


@pytest.mark.parametrize(("fixed", "code", "said"), [("99.0", 1, "fixed in 99.0"), (None, 0, "nothing mends it yet")])
def test_the_audit_fails_where_a_newer_version_mends_a_hole(fixed: str | None, code: int, said: str) -> None:
    with database({"filelock": [hole(fixed)]}) as address:
        ran = audit(address)
    assert ran.returncode == code, ran.stderr
    assert f"filelock {pinned('constraints.txt')['filelock'][0]}: INVENTED-1, {said}" in ran.stdout
    assert ran.stdout.count("1 known holes") == 2


def test_where_the_database_cannot_be_reached_the_audit_says_that_nothing_was_looked_at(free_port: int) -> None:
    ran = audit(f"http://127.0.0.1:{free_port}/v1/query")
    assert (ran.returncode, ran.stdout) == (
        0,
        "== Audit SKIPPED: the database of known holes cannot be reached from here; nothing was looked at.\n",
    )
