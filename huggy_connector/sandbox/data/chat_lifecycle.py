"""How chats move on: they arrive, go to a queue and to an agent, end, and get another tabulation.

Only rows that have changed since the start are stored; the generator computes all others.
"""

from __future__ import annotations

from dataclasses import replace
from random import Random

from huggy_connector.sandbox.data.chat_generator import ChatGenerator
from huggy_connector.sandbox.data.desk import Desk
from huggy_connector.sandbox.data.rng import random_bits
from huggy_connector.sandbox.data.state.chat_state import CLOSED_SITUATION, OPEN_SITUATIONS, ChatFacts, ChatState
from huggy_connector.sandbox.options import Options


class ChatLifecycles:
    """The state of every chat, by row. `open_situations` has the situations of the open ones now."""

    def __init__(self, options: Options, desk: Desk, generator: ChatGenerator) -> None:
        self.initial_count = generator.initial_count
        self.row_count = generator.initial_count
        self.open_situations = dict(generator.open_situations)
        self.changed_states: dict[int, ChatState] = {}
        self._seed = options.seed * 2
        self._desk = desk
        self._generator = generator

    def facts(self, row: int) -> ChatFacts:
        """Return what the filters compare, as it is now."""
        state = self.changed_states.get(row)
        if state is None:
            return self._generator.facts(row)
        agent, department = state.agent, state.department
        return ChatFacts(
            state.channel,
            -1 if department is None else department,
            -1 if agent is None else agent,
            state.contact,
            state.situation,
        )

    def state(self, row: int) -> ChatState:
        """Return the state of the chat now."""
        return self.changed_states.get(row) or self._generator.state(row)

    def add(self, moment: int) -> int:
        """Add a new chat, with the bot or in the queue. Return its row."""
        row = self.row_count
        self.row_count += 1
        facts = self._generator.facts(row)
        queued = random_bits(self._seed + 5, row) % 4 == 0
        self.changed_states[row] = ChatState(
            channel=facts.channel,
            contact=facts.contact,
            situation=OPEN_SITUATIONS[1] if queued else OPEN_SITUATIONS[0],
            created=moment,
            updated=moment,
            department=0 if queued else None,
            messages_until=moment,
        )
        self.open_situations[row] = self.changed_states[row].situation
        return row

    def open(self, state: ChatState) -> int:
        """Add a new chat in this state. Return its row."""
        row = self.row_count
        self.row_count += 1
        self.save(row, state)
        return row

    def advance(self, row: int, moment: int, rng: Random) -> None:
        """Move a chat one step on: from the bot to the queue, to an agent, to its end. A closed chat gets another
        tabulation.
        """
        state, department = self.state(row), rng.randrange(len(self._desk.departments))
        if state.situation not in OPEN_SITUATIONS:
            tabulations = self._desk.departments[state.department or 0].tabulations
            other = [number for number, _ in tabulations if number != state.tabulation]
            self.save(row, replace(state, tabulation=rng.choice(other), updated=moment))
        elif state.situation == "auto":
            self.save(row, replace(state, situation="wait_for_chat", department=department, updated=moment))
        elif state.situation == "wait_for_chat":
            seats = self._desk.departments[state.department or 0].agents
            taken = state.with_agent(rng.choice(seats), moment, situation="in_chat")
            self.save(row, replace(taken, later_entries=(*taken.later_entries, (moment, "message"))))
        else:
            self.close(row, moment, rng)

    def close(self, row: int, moment: int, rng: Random) -> None:
        """Close the chat now, with a tabulation if it has a department."""
        state, tabulation = self.state(row), None
        if state.department is not None:
            tabulation = rng.choice(self._desk.departments[state.department].tabulations)[0]
        later_entries = (*state.later_entries, (moment, "message"), (moment, "end"))
        self.save(
            row,
            replace(
                state,
                situation=CLOSED_SITUATION,
                closed=moment,
                updated=moment,
                tabulation=tabulation,
                later_entries=later_entries,
            ),
        )

    def touch(self, row: int, moment: int) -> None:
        """Change nothing but the time of the last update."""
        self.save(row, replace(self.state(row), updated=moment))

    def save(self, row: int, state: ChatState) -> None:
        """Give the chat another state."""
        self.changed_states[row] = state
        if state.situation in OPEN_SITUATIONS:
            self.open_situations[row] = state.situation
        else:
            self.open_situations.pop(row, None)
