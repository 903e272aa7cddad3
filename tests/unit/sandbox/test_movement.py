from __future__ import annotations

from collections import Counter

from huggy_connector.sandbox.data.movement import Movement


class EventRecorder:
    def __init__(
        self, *, seed: int = 1, rates: dict[str, float] | None = None, every: dict[str, int] | None = None
    ) -> None:
        self.events: list[tuple[str, float]] = []
        self.movement = Movement(seed=seed, rates=rates or {}, every=every or {}, apply_event=self._record)

    def _record(self, event: str, elapsed: float) -> None:
        self.events.append((event, elapsed))


def test_events_happen_in_the_order_they_are_due_at_any_rate_of_reads() -> None:
    rates = {"arrival": 3.0, "change": 2.0, "departure": 1.0}
    once, often = EventRecorder(rates=rates), EventRecorder(rates=rates)
    once.movement.catch_up(20.0)
    for tenth in range(201):
        often.movement.catch_up(tenth / 10)
    assert once.events == often.events == sorted(once.events, key=lambda event: event[1])


def test_the_average_of_events_is_the_rate() -> None:
    recorder = EventRecorder(rates={"arrival": 5.0})
    recorder.movement.catch_up(400.0)
    assert 1_850 < len(recorder.events) < 2_150


def test_nothing_moves_at_no_rate() -> None:
    recorder = EventRecorder(rates={"arrival": 0.0})
    recorder.movement.count_answer(10_000.0)
    assert recorder.events == []


def test_an_event_happens_before_every_so_many_answers() -> None:
    recorder = EventRecorder(every={"arrival": 1, "departure": 3})
    for _ in range(6):
        recorder.movement.count_answer(1.0)
    assert Counter(event for event, _ in recorder.events) == {"arrival": 6, "departure": 2}


def test_a_new_rate_is_valid_from_now_on_and_changes_no_other_rate() -> None:
    recorder = EventRecorder(rates={"arrival": 1.0, "change": 1.0})
    recorder.movement.set_rates({"arrival": 0.0}, elapsed=0.0)
    recorder.movement.catch_up(50.0)
    assert {event for event, _ in recorder.events} == {"change"}
