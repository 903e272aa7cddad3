from __future__ import annotations

from collections import Counter

from huggy_connector.sandbox.movement import Movement


class Diary:
    def __init__(
        self, *, seed: int = 1, rates: dict[str, float] | None = None, every: dict[str, int] | None = None
    ) -> None:
        self.events: list[tuple[str, float]] = []
        self.movement = Movement(seed=seed, rates=rates or {}, every=every or {}, happen=self._note)

    def _note(self, event: str, elapsed: float) -> None:
        self.events.append((event, elapsed))


def test_events_happen_in_the_order_they_were_due_however_often_one_looks() -> None:
    rates = {"arrival": 3.0, "change": 2.0, "departure": 1.0}
    once, often = Diary(rates=rates), Diary(rates=rates)
    once.movement.catch_up(20.0)
    for tenth in range(201):
        often.movement.catch_up(tenth / 10)
    assert once.events == often.events == sorted(once.events, key=lambda event: event[1])


def test_a_rate_is_kept_on_average() -> None:
    diary = Diary(rates={"arrival": 5.0})
    diary.movement.catch_up(400.0)
    assert 1_850 < len(diary.events) < 2_150


def test_nothing_moves_at_no_rate() -> None:
    diary = Diary(rates={"arrival": 0.0})
    diary.movement.before_answer(10_000.0)
    assert diary.events == []


def test_one_happens_before_every_so_many_answers() -> None:
    diary = Diary(every={"arrival": 1, "departure": 3})
    for _ in range(6):
        diary.movement.before_answer(1.0)
    assert Counter(event for event, _ in diary.events) == {"arrival": 6, "departure": 2}


def test_a_new_rate_holds_from_now_on_and_leaves_the_others() -> None:
    diary = Diary(rates={"arrival": 1.0, "change": 1.0})
    diary.movement.set_rates({"arrival": 0.0}, elapsed=0.0)
    diary.movement.catch_up(50.0)
    assert {event for event, _ in diary.events} == {"change"}
