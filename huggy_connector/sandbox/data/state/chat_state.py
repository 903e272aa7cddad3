"""The state of a chat, and what follows it: values without I/O and without chance."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Self

OPEN_SITUATIONS = ("auto", "wait_for_chat", "in_chat")
CLOSED_SITUATION = "finishing"
ODD_SITUATIONS = ("filed", "blocked", "queue_v2")


@dataclass(frozen=True, slots=True)
class ChatFacts:
    """The values that filters compare: cheap enough to compute for every row. -1 is no department or no agent."""

    channel: int
    department: int
    agent: int
    contact: int | None
    situation: str


@dataclass(frozen=True, slots=True)
class WrittenMessage:
    """A message that a client wrote. `speaker` is `agent` or `bot`; `agent` is the position of who wrote it."""

    speaker: str
    text: str
    kind: str = "text"
    file: str | None = None
    is_internal: bool = False
    agent: int = 0


@dataclass(frozen=True, slots=True)
class ChatState:
    """The state of a chat now. Times are local seconds. `message_count` messages lie between `created` and
    `messages_until`. `later_entries` are the times and kinds of what followed since the start: `event`, `end` (the
    event of the chat's end), `message`, the speaker of a message (`contact`, `agent`, `bot`), or what a client wrote.

    `former_agent` wrote what the agent of a chat wrote before another one took it; `former_end` is when a chat that was
    opened again had ended. `is_read`: nothing is unread.
    `has_session`: the customer has written in it, which opens WhatsApp's 24 hours.
    """

    channel: int
    contact: int | None
    situation: str
    created: int
    updated: int
    department: int | None = None
    agent: int | None = None
    second_agent: int | None = None
    attended: int | None = None
    closed: int | None = None
    tabulation: int | None = None
    workflow: int | None = None
    workflow_step: int | None = None
    message_count: int = 1
    messages_until: int = 0
    later_entries: tuple[tuple[int, str | WrittenMessage], ...] = ()
    former_agent: int | None = None
    former_end: int | None = None
    is_read: bool = False
    has_session: bool = True

    @property
    def author(self) -> int | None:
        """The agent whose messages are the chat's own, which no client wrote."""
        return self.agent if self.former_agent is None else self.former_agent

    def with_message(self, moment: int, *, speaker: str) -> Self:
        """Return the state after a message."""
        is_contact = speaker == "contact"
        return replace(
            self,
            updated=moment,
            later_entries=(*self.later_entries, (moment, speaker)),
            is_read=self.is_read and not is_contact,
            has_session=self.has_session or is_contact,
        )

    def with_written(self, message: WrittenMessage, moment: int) -> Self:
        """Return the state after a message that a client wrote."""
        return replace(self, updated=moment, later_entries=(*self.later_entries, (moment, message)))

    def with_agent(self, agent: int | None, moment: int, *, situation: str) -> Self:
        """Return the state after it went to another agent, or to none. What was said before stays as it was."""
        if agent == self.agent and situation == self.situation:
            return replace(self, updated=moment)
        entered = ((moment, "event"),) if self.attended is None and agent is not None else ()
        return replace(
            self,
            updated=moment,
            agent=agent,
            situation=situation,
            former_agent=self.author,
            attended=moment if entered else self.attended,
            later_entries=(*self.later_entries, *entered),
        )

    def reopened(self, situation: str, moment: int) -> Self:
        """Return the state of a chat that had ended and goes on."""
        return replace(
            self, situation=situation, updated=moment, closed=None, former_end=self.former_end or self.closed
        )

    def closed_with(self, tabulation: int | None, moment: int) -> Self:
        """Return the state after its end, with this tabulation, or with the one that it has."""
        return replace(
            self,
            situation=CLOSED_SITUATION,
            closed=moment,
            former_end=self.former_end or self.closed,
            updated=moment,
            tabulation=self.tabulation if tabulation is None else tabulation,
            later_entries=(*self.later_entries, (moment, "end")),
        )

    def in_department(self, department: int, moment: int) -> Self:
        """Return the state after a move to another department."""
        return replace(self, updated=moment, department=department)

    def at_step(self, step: int, moment: int, *, workflow: int) -> Self:
        """Return the state after a move to a step of a workflow."""
        return replace(self, updated=moment, workflow=workflow, workflow_step=step)
