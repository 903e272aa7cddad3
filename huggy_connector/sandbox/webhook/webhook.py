"""The webhook of a sandbox as a whole: it lets things happen, tells them, and answers what it told."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import aiohttp

from huggy_connector.sandbox.data.account import Account
from huggy_connector.sandbox.data.rng import seeded_random
from huggy_connector.sandbox.webhook.activity import Activity
from huggy_connector.sandbox.webhook.chains import Happening, Teller
from huggy_connector.sandbox.webhook.envelopes import Planner
from huggy_connector.sandbox.webhook.post import Post
from huggy_connector.sandbox.webhook.record import Record
from huggy_connector.sandbox.webhook.requests import Request
from huggy_connector.sandbox.webhook_kinds import check_disorders, parse_disorders

Json = dict[str, Any]

_TICK_SECONDS = 0.02
_KEEP_ALIVE_SECONDS = 2.0
"""Less than a receiver keeps a connection: what is sent into one that just closes would be lost."""
_LONGEST_WAIT_FOR_MORE = 1.0
_TOKEN_STREAM = 99


class Webhook:
    """The webhook of an account. `elapsed` gives the seconds since the start of the sandbox."""

    def __init__(self, account: Account, *, elapsed: Callable[[], float]) -> None:
        options = account.options
        self.record = Record()
        self.teller = Teller(account)
        self.activity = Activity(account, heard=lambda: self.teller.heard)
        self.planner = Planner(options, self.record, to_epoch=self._to_epoch)
        self.post = Post(
            options.webhook,
            self.record,
            timeout=options.webhook_timeout,
            retries=options.webhook_retries,
            parallel=options.webhook_parallel,
        )
        self._account = account
        self._elapsed = elapsed
        self._zone = ZoneInfo(options.timezone)
        self._is_panel = options.webhook_mode == "panel"
        self._is_save_due = self._is_panel
        self._saves = 0
        self._last_told = 0.0
        account.listen(self.teller.hear)

    @property
    def token(self) -> str:
        """The token of the webhook now."""
        return self.planner.token

    async def run(self) -> None:
        """Send what happens, until it is cancelled."""
        connector = aiohttp.TCPConnector(limit=0, keepalive_timeout=_KEEP_ALIVE_SECONDS)
        async with aiohttp.ClientSession(connector=connector, trust_env=False) as session, asyncio.TaskGroup() as tasks:
            self.post.attach(session)
            self.post.is_open = not self._is_panel
            handshake: asyncio.Task[None] | None = None
            while True:
                if self._is_save_due:
                    self._is_save_due = False
                    if handshake is not None:
                        handshake.cancel()
                    self.post.is_open = False
                    handshake = tasks.create_task(self.post.save(self.token))
                for request in self.plan_due():
                    tasks.create_task(self.post.deliver(request))
                await asyncio.sleep(_TICK_SECONDS)

    def plan_due(self) -> list[Request]:
        """Let happen what is due, and return the requests that tell it."""
        elapsed, requests = self._elapsed(), list[Request]()
        moment = self._account.local_time(elapsed)
        self._account.catch_up(elapsed)
        self.activity.catch_up(elapsed)
        for chain in self.teller.take(moment):
            requests += self.planner.plan(chain)
            self._last_told = elapsed
            if self.planner.moves_on() and chain.chat in (open_rows := self._account.open_rows()):
                self._account.advance_chat(open_rows[open_rows.index(chain.chat)], elapsed)
        if elapsed - self._last_told > _LONGEST_WAIT_FOR_MORE:
            requests += self.planner.flush(moment)
        return requests

    def tell(self, event: str, item: Json) -> None:
        """Tell an event that is no move of the account, such as the echo of a message that a client wrote."""
        self.teller.tell(Happening(event, item), moment=self._account.local_time(self._elapsed()))

    def control(self, commands: Json) -> None:
        """Run what `POST /sandbox/control` wants of the webhook. Raise ValueError for what is impossible."""
        known: dict[str, Callable[[Any], None]] = {
            "silent": self._set_silent,
            "rate": self._set_rate,
            "disorders": self._set_disorders,
            "save": self._save,
            "forget": lambda wanted: self.record.forget() if wanted else None,
        }
        if not isinstance(commands, dict) or (unknown := set(commands) - set(known)):
            wrong = f"knows no {', '.join(sorted(unknown))}" if isinstance(commands, dict) else "wants a JSON object"
            raise ValueError(f"webhook {wrong}; it knows {', '.join(known)}.")
        for name, value in commands.items():
            known[name](value)

    def _set_silent(self, is_silent: Any) -> None:
        self.post.is_silent = bool(is_silent)

    def _set_rate(self, rate: Any) -> None:
        if isinstance(rate, bool) or not isinstance(rate, int | float) or not 0 <= rate < float("inf"):
            raise ValueError(f"rate is {rate!r}, it must be a number and not negative.")
        self.activity.catch_up(self._elapsed())
        self.activity.rate = float(rate)

    def _set_disorders(self, shares: Any) -> None:
        if isinstance(shares, str):
            self.planner.shares = parse_disorders(shares)
            return
        if not isinstance(shares, dict) or not all(isinstance(share, int | float) for share in shares.values()):
            raise ValueError("disorders are a JSON object of shares, or a text such as all=0.05.")
        check_disorders(shares)
        self.planner.shares = dict(shares)

    def _save(self, how: Any) -> None:
        if how not in ("same", "new"):
            raise ValueError(f"save is {how!r}, it must be same or new.")
        if how == "new":
            self._saves += 1
            rng = seeded_random(self._account.options.seed, _TOKEN_STREAM, self._saves)
            self.planner.token = f"{rng.getrandbits(128):032x}"
        self._is_save_due = self._is_panel

    def _to_epoch(self, moment: int) -> int:
        """Return a local time as the envelope has it: whole seconds since 1970, in UTC."""
        return int(datetime.fromtimestamp(moment, UTC).replace(tzinfo=self._zone).timestamp())
