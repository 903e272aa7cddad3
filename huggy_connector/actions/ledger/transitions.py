"""Which state of a row follows which, and who may say so. Pure.

    planned --claim--> claimed --answer--> sent, confirmed, refused, unknown; planned where nothing had left
    planned --skip---> skipped
    claimed --death--> unknown                         its process died
    unknown --reading-> confirmed, sent, refused; planned where reading proves it undone, and it may be repeated
    sent    --reading-> confirmed, refused
    unknown --person-> sent, planned

Nothing else happens to a row, but that a confirmed one is unknown again where the API's answer shows that the message
was another row's. No transition is made by a timer.
"""

from __future__ import annotations

from enum import Enum
from typing import Final

from huggy_connector.actions.types import RowState
from huggy_connector.catalogue.actions.types import Effect

MAX_ATTEMPTS: Final = 3
"""How often a row is claimed, at most, where reading showed that it was not done."""
REPEATABLE: Final = frozenset({Effect.STATE, Effect.CREATE, Effect.DELETE})
"""What may be claimed again where reading proves that it was not done. A message that is absent may still arrive."""

PLANNED, CLAIMED, SENT, CONFIRMED, REFUSED, SKIPPED, UNKNOWN = RowState
ATTEMPTED: Final = (CLAIMED, SENT, CONFIRMED, UNKNOWN)
"""The states of an attempt that may have reached a person."""


class Voice(Enum):
    """Who says what became of a row."""

    CLAIM = "a process that is about to send it"
    ANSWER = "the API's answer to this claim"
    RULE = "a rule of the guards"
    DEATH = "the kernel: the claim's process is dead"
    READING = "reading back, or an event"
    PERSON = "a person"


_DONE = frozenset({SENT, CONFIRMED, REFUSED})
_MOVES: Final = {
    Voice.CLAIM: {PLANNED: {CLAIMED}},
    # Its own answer may come after others gave the claim up, or a person said that it was not sent: it knows better.
    Voice.ANSWER: {
        CLAIMED: {*_DONE, UNKNOWN, PLANNED},
        UNKNOWN: {*_DONE, PLANNED},
        PLANNED: {*_DONE, UNKNOWN},
        SENT: {CONFIRMED},
    },
    Voice.RULE: {PLANNED: {SKIPPED}},
    Voice.DEATH: {CLAIMED: {UNKNOWN}},
    Voice.READING: {UNKNOWN: {*_DONE, PLANNED}, SENT: {CONFIRMED, REFUSED}},
    Voice.PERSON: {UNKNOWN: {SENT, PLANNED}},
}


def may_follow(old: RowState, new: RowState, voice: Voice, *, effect: Effect, attempts: int) -> bool:
    """Return whether a row in the state `old` may come into the state `new`.

    Raises ValueError for what that voice may never say of such an action, whatever the row's state.
    """
    moves = _MOVES[voice]
    if not any(new in following for following in moves.values()):
        raise ValueError(f"No row becomes {new.value} by {voice.value}.")
    if voice is Voice.READING and new is PLANNED:
        if effect not in REPEATABLE:
            raise ValueError(f"Reading never proves that a {effect.name} was not done: it stays unknown.")
        if attempts >= MAX_ATTEMPTS:
            return False
    return new in moves.get(old, ())


def is_settled(state: RowState) -> bool:
    """Return whether the ledger needs what was to be sent no more."""
    return state in {SENT, CONFIRMED, REFUSED, SKIPPED}
