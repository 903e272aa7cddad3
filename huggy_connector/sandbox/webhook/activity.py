"""What happens at the desk so that there is something to tell: so many events a second, mostly messages."""

from __future__ import annotations

from collections.abc import Callable

from huggy_connector.sandbox.data.account import Account
from huggy_connector.sandbox.data.rng import WeightedChoice, seeded_random

_ACTIVITY_STREAM = 97
_FEWEST_OPEN = 10
_LONGEST_CHAT = 300
"""Messages after which a chat ends: ids leave room for 512 entries of a chat."""
_ACTIONS = WeightedChoice(
    ("write", "start", "advance", "close", "transfer", "step", "contact", "new contact"),
    (6.0, 0.4, 2.0, 0.2, 0.5, 0.7, 0.8, 0.2),
)


class Activity:
    """Moves the account, so that `heard` grows by `rate` events a second."""

    def __init__(self, account: Account, *, heard: Callable[[], int]) -> None:
        self.rate = account.options.webhook_rate
        self._account = account
        self._heard = heard
        self._rng = seeded_random(account.options.seed, _ACTIVITY_STREAM, 0)
        self._enough_open = max(_FEWEST_OPEN, account.options.open_chats)
        self._owed = self._last = 0.0

    def catch_up(self, elapsed: float) -> None:
        """Let as much happen as is due by `elapsed`. Seconds count from the start of the sandbox."""
        self._owed += self.rate * max(0.0, elapsed - self._last)
        self._last = elapsed
        while self._owed >= 1:
            before = self._heard()
            self.act(elapsed)
            self._owed -= max(1, self._heard() - before)

    def act(self, elapsed: float) -> None:
        """Let one thing happen."""
        account, action = self._account, _ACTIONS.pick(self._rng.random())
        lists, rows = account.resource_lists, account.open_rows()
        if action == "contact" and len(lists["contacts"].listing):
            account.change_row(lists["contacts"], elapsed)
        elif action == "new contact":
            account.add_row(lists["contacts"], elapsed)
        elif action == "start" or len(rows) < self._enough_open:
            account.add_row(lists["chats"], elapsed)
        elif action == "close":
            account.close_chat(elapsed)
        else:
            self._move_chat(action, self._rng.choice(rows), elapsed)

    def _move_chat(self, action: str, row: int, elapsed: float) -> None:
        rng, account = self._rng, self._account
        state, moment = account.chats.lifecycles.state(row), account.local_time(elapsed)
        is_full = len(state.later_entries) > _LONGEST_CHAT
        if action == "advance" or is_full or (action == "transfer" and len(account.desk.departments) == 1):
            account.advance_chat(row, elapsed)
        elif action == "transfer":
            others = [number for number in range(len(account.desk.departments)) if number != state.department]
            account.update_chat(row, state.in_department(rng.choice(others), moment))
        elif action == "step":
            step = rng.choice([number for number in range(10, 16) if number != state.workflow_step])
            account.update_chat(row, state.at_step(step, moment, workflow=1))
        else:
            answering = "bot" if state.agent is None else "agent"
            speaker = "contact" if rng.random() < 0.55 else answering
            account.update_chat(row, state.with_message(moment, speaker=speaker))
