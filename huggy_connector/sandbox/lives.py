"""How the chats go on: they arrive, are passed on, end, and are looked at again.

Only rows that something happened to since the start are kept; all others are as they were born.
"""

from __future__ import annotations

from dataclasses import replace
from random import Random

from huggy_connector.sandbox.births import CLOSED, OPEN, Births, Facts, Life
from huggy_connector.sandbox.chance import mix
from huggy_connector.sandbox.desk import Desk
from huggy_connector.sandbox.options import Options


class Lives:
    """Every chat's life, by row. `open` are the open ones now."""

    def __init__(self, options: Options, desk: Desk, births: Births) -> None:
        self.born = births.born
        self.known = births.born
        self.open = dict(births.open)
        self.touched: dict[int, Life] = {}
        self._seed = options.seed * 2
        self._desk = desk
        self._births = births

    def facts(self, row: int) -> Facts:
        """What the filters ask for, as it is now."""
        life = self.touched.get(row)
        if life is None:
            return self._births.facts(row)
        agent, department = life.agent, life.department
        return Facts(
            life.channel,
            -1 if department is None else department,
            -1 if agent is None else agent,
            life.contact,
            life.situation,
        )

    def life(self, row: int) -> Life:
        """The chat's course up to now."""
        return self.touched.get(row) or self._births.life(row)

    def arrive(self, moment: int) -> int:
        """A new chat, with the bot or in the queue; its row."""
        row = self.known
        self.known += 1
        facts = self._births.facts(row)
        queued = mix(self._seed + 5, row) % 4 == 0
        self.touched[row] = Life(
            channel=facts.channel,
            contact=facts.contact,
            situation=OPEN[1] if queued else OPEN[0],
            created=moment,
            updated=moment,
            department=0 if queued else None,
            said_until=moment,
        )
        self.open[row] = self.touched[row].situation
        return row

    def advance(self, row: int, moment: int, rng: Random) -> None:
        """The next thing that happens to a chat: it goes from the bot to the queue, to an agent, to its end; a closed
        one is tabulated anew.
        """
        life, department = self.life(row), rng.randrange(len(self._desk.departments))
        if life.situation not in OPEN:
            tabulations = self._desk.departments[life.department or 0].tabulations
            other = [number for number, _ in tabulations if number != life.tabulation]
            self._set(row, replace(life, tabulation=rng.choice(other), updated=moment))
        elif life.situation == "auto":
            self._set(row, replace(life, situation="wait_for_chat", department=department, updated=moment))
        elif life.situation == "wait_for_chat":
            seats = self._desk.departments[life.department or 0].agents
            self._set(
                row,
                replace(
                    life,
                    situation="in_chat",
                    agent=rng.choice(seats),
                    attended=moment,
                    updated=moment,
                    later=(*life.later, (moment, "event"), (moment, "message")),
                ),
            )
        else:
            self.close(row, moment, rng)

    def close(self, row: int, moment: int, rng: Random) -> None:
        """The chat ends now, with a tabulation if it had a department."""
        life, tabulation = self.life(row), None
        if life.department is not None:
            tabulation = rng.choice(self._desk.departments[life.department].tabulations)[0]
        later = (*life.later, (moment, "message"), (moment, "event"))
        self._set(
            row,
            replace(life, situation=CLOSED, closed=moment, updated=moment, tabulation=tabulation, later=later),
        )

    def touch(self, row: int, moment: int) -> None:
        """Something invisible happened: only updatedAt tells."""
        self._set(row, replace(self.life(row), updated=moment))

    def _set(self, row: int, life: Life) -> None:
        self.touched[row] = life
        if life.situation in OPEN:
            self.open[row] = life.situation
        else:
            self.open.pop(row, None)
