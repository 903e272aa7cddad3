"""One process of an account: so many threads that each fetch a page; killed, if wished, around the keeping of a token.

Says "ready", waits for a line, and prints as JSON what became of each thread.
"""

import json
import os
import signal
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

from huggy_connector import api
from huggy_connector.api import Client
from huggy_connector.api.auth.credentials import read_configured_app, read_configured_grant
from huggy_connector.api.auth.stored_token import LockedTokenStore, StoredToken, TokenStore
from huggy_connector.api.auth.token_refresh import RefreshingToken
from huggy_connector.api.auth.token_store import open_token_store
from huggy_connector.api.http import HttpTransport
from huggy_connector.budget import open_budget
from huggy_connector.catalogue import get_resource
from huggy_connector.clock import SYSTEM_CLOCK
from huggy_connector.errors import HuggyError
from huggy_connector.settings import Settings


class Deadly:
    """A token store whose process is killed just before or just after it keeps something."""

    def __init__(self, store: TokenStore, moment: str) -> None:
        self.store = store
        self.moment = moment
        self.location = store.location

    def read(self) -> StoredToken | None:
        return self.store.read()

    @contextmanager
    def lock(self) -> Iterator["DeadlyHold"]:
        with self.store.lock() as held:
            yield DeadlyHold(held, self.moment)


class DeadlyHold:
    def __init__(self, held: LockedTokenStore, moment: str) -> None:
        self.held = held
        self.moment = moment
        self.read = held.read
        self.put = held.put

    def swap(self, before: StoredToken | None, after: StoredToken) -> bool:
        if self.moment == "before":
            os.kill(os.getpid(), signal.SIGKILL)
        swapped = self.held.swap(before, after)
        os.kill(os.getpid(), signal.SIGKILL)
        return swapped


def opened(settings: Settings, killed: str | None) -> Client:
    if killed is None:
        return api.open_client(settings)
    app = read_configured_app(settings)
    assert app is not None
    store = open_token_store(settings, app)
    return Client(
        transport=HttpTransport(settings.base_url, language=settings.language),
        budget=open_budget("memory:", scope="", rate=1000, state_folder=settings.state_folder, note=lambda _: None),
        credentials=RefreshingToken(
            app,
            Deadly(store, killed),
            configured=read_configured_grant(settings),
            stored=store.read(),
            now=SYSTEM_CLOCK.now,
            note=lambda _: None,
        ),
        clock=SYSTEM_CLOCK,
    )


def main(*, threads: int = 1, killed: str | None = None) -> None:
    chats = get_resource("chats")
    with opened(Settings.resolve(environ=os.environ), killed) as client, ThreadPoolExecutor(threads) as pool:
        together = threading.Barrier(threads)

        def fetch(number: int) -> str:
            together.wait()
            try:
                return f"{len(client.fetch_page(chats, number % 3).rows)} rows"
            except HuggyError as error:
                return f"{type(error).__name__}: {error}"

        say("ready")
        sys.stdin.readline()
        say(json.dumps(list(pool.map(fetch, range(threads)))))


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main(**json.loads(sys.argv[1]))
