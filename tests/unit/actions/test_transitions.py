"""What may become of a row, for each voice, each state and each effect: nothing but what is written here."""

from __future__ import annotations

from itertools import product

import pytest

from huggy_connector.actions.ledger.transitions import (
    ATTEMPTED,
    MAX_ATTEMPTS,
    REPEATABLE,
    Voice,
    is_settled,
    may_follow,
)
from huggy_connector.actions.types import RowState
from huggy_connector.catalogue.actions.types import Effect

PLANNED, CLAIMED, SENT, CONFIRMED, REFUSED, SKIPPED, UNKNOWN = RowState
EXPECTED = {
    Voice.CLAIM: {(PLANNED, CLAIMED)},
    Voice.ANSWER: {
        *((CLAIMED, new) for new in (SENT, CONFIRMED, REFUSED, UNKNOWN, PLANNED)),
        *((UNKNOWN, new) for new in (SENT, CONFIRMED, REFUSED, PLANNED)),
        *((PLANNED, new) for new in (SENT, CONFIRMED, REFUSED, UNKNOWN)),
        (SENT, CONFIRMED),
    },
    Voice.RULE: {(PLANNED, SKIPPED)},
    Voice.DEATH: {(CLAIMED, UNKNOWN)},
    Voice.READING: {
        *((UNKNOWN, new) for new in (SENT, CONFIRMED, REFUSED)),
        (SENT, CONFIRMED),
        (SENT, REFUSED),
    },
    Voice.PERSON: {(UNKNOWN, SENT), (UNKNOWN, PLANNED)},
}


def moves(voice: Voice, effect: Effect, attempts: int) -> set[tuple[RowState, RowState]]:
    """All that a voice may do; what it may never say is nothing."""
    allowed = set()
    for old, new in product(RowState, RowState):
        try:
            if may_follow(old, new, voice, effect=effect, attempts=attempts):
                allowed.add((old, new))
        except ValueError:
            continue
    return allowed


@pytest.mark.parametrize("effect", Effect)
@pytest.mark.parametrize("voice", Voice)
def test_each_voice_may_do_this_and_nothing_else(voice: Voice, effect: Effect) -> None:
    undone = {(UNKNOWN, PLANNED)} if voice is Voice.READING and effect in REPEATABLE else set()
    assert moves(voice, effect, attempts=1) == EXPECTED[voice] | undone


def test_what_may_be_repeated_is_a_state_a_record_and_a_removal_and_three_attempts_are_all() -> None:
    planned_again = {
        (effect, attempts)
        for effect, attempts in product(Effect, range(1, 6))
        if (UNKNOWN, PLANNED) in moves(Voice.READING, effect, attempts)
    }
    assert planned_again == set(product((Effect.STATE, Effect.CREATE, Effect.DELETE), (1, 2)))
    assert MAX_ATTEMPTS == 3


@pytest.mark.parametrize("effect", [Effect.MESSAGE, Effect.OTHER])
def test_that_a_message_was_not_sent_no_reading_may_say(effect: Effect) -> None:
    with pytest.raises(ValueError, match="Reading never proves that a"):
        may_follow(UNKNOWN, PLANNED, Voice.READING, effect=effect, attempts=1)


def test_what_a_voice_never_says_is_a_mistake_of_the_caller() -> None:
    with pytest.raises(ValueError, match="No row becomes skipped by a person"):
        may_follow(PLANNED, SKIPPED, Voice.PERSON, effect=Effect.STATE, attempts=0)


def test_a_row_is_settled_or_its_fields_are_needed() -> None:
    assert {state for state in RowState if is_settled(state)} == {SENT, CONFIRMED, REFUSED, SKIPPED}


def test_an_attempt_may_have_reached_a_person_unless_it_was_refused_or_never_made() -> None:
    assert set(ATTEMPTED) == {*RowState} - {PLANNED, REFUSED, SKIPPED}
