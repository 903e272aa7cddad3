import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

import huggy_connector
from huggy_connector.sandbox import Options, Sandbox
from huggy_connector.settings import Settings
from tests.integration.conftest import LONGEST
from tests.warm_process import huggy_command

REDIRECT = "http://127.0.0.1:8765/callback"
WORKER = Path(__file__).with_name("worker.py")


@dataclass(frozen=True)
class Account:
    """A sandbox without a limit, and the environment of a user of it."""

    sandbox: Sandbox
    environ: dict[str, str]

    def settings(self, **others: Any) -> Settings:
        given = {name: value for name, value in self.environ.items() if name.startswith("HUGGY_")}
        return Settings.resolve(explicit=others, environ=given)

    def without(self, *names: str) -> "Account":
        return Account(self.sandbox, {name: value for name, value in self.environ.items() if name not in names})

    def having(self, **environ: str) -> "Account":
        return Account(self.sandbox, self.environ | environ)

    def refreshes(self) -> tuple[int, int]:
        """How many succeeded, and how many failed."""
        stats = self.sandbox.stats()
        return stats["refreshes"], stats["failed_refreshes"]

    def agree(self, *, redirect: str = REDIRECT, **changed: str) -> str:
        """The address that a browser ends on when its user agrees to the app."""
        asked = {"response_type": "code", "client_id": self.sandbox.client_id, "redirect_uri": redirect} | changed
        return str(httpx.get(f"{self.sandbox.auth_url}/authorize", params=asked, timeout=LONGEST).headers["Location"])

    def get_code(self, *, redirect: str = REDIRECT) -> str:
        """The code of that address."""
        return httpx.URL(self.agree(redirect=redirect)).params["code"]

    def start(self, *arguments: str) -> subprocess.Popen[bytes]:
        return subprocess.Popen([*huggy_command(), *arguments], env=self.environ, stderr=subprocess.DEVNULL)

    def huggy(self, *arguments: str, pasted: str = "") -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*huggy_command(), *arguments],
            env=self.environ,
            input=pasted,
            capture_output=True,
            text=True,
            timeout=LONGEST,
            check=False,
        )

    def worker(self, **wishes: Any) -> subprocess.Popen[str]:
        """A process of its own: see worker.py. It begins when it is told to."""
        return subprocess.Popen(
            [sys.executable, str(WORKER), json.dumps(wishes)],
            env=self.environ,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def work(self, **wishes: Any) -> list[str]:
        return self.together([self.worker(**wishes)])[0]

    def together(self, workers: list[subprocess.Popen[str]]) -> list[list[str]]:
        """What the threads of each said, once all were ready; of one that was killed, nothing."""
        for worker in workers:
            assert worker.stdout is not None
            assert worker.stdout.readline() == "ready\n"
        for worker in workers:
            assert worker.stdin is not None
            worker.stdin.write("go\n")
            worker.stdin.flush()
        said = [worker.communicate(timeout=LONGEST)[0] for worker in workers]
        return [json.loads(text) if text else [] for text in said]


@pytest.fixture
def account(tmp_path: Path) -> Iterator[Callable[..., Account]]:
    """Opens a sandbox, and an empty home for its user."""
    with ExitStack() as opened:

        def open_one(**options: Any) -> Account:
            chosen = {"chats": 60, "contacts": 20, "limit": 0} | options
            sandbox = opened.enter_context(Sandbox(Options(**chosen)))
            kept = {name: os.environ[name] for name in ("PATH", "LANG", "COVERAGE_PROCESS_START") if name in os.environ}
            return Account(
                sandbox,
                kept
                | {
                    "HOME": str(tmp_path),
                    "PYTHONPATH": str(Path(huggy_connector.__file__).parents[1]),
                    "HUGGY_BASE_URL": sandbox.url,
                    "HUGGY_AUTH_URL": sandbox.auth_url,
                    "HUGGY_ACCESS_TOKEN": sandbox.token,
                    "HUGGY_CLIENT_ID": sandbox.client_id,
                    "HUGGY_CLIENT_SECRET": sandbox.client_secret,
                    "HUGGY_REFRESH_TOKEN": sandbox.refresh_token,
                    "HUGGY_STATE": str(tmp_path / "state"),
                    "HUGGY_REQUESTS_PER_SECOND": "1000",
                },
            )

        yield open_one
