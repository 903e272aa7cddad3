from collections.abc import Mapping
from typing import Any

from airflow.sdk.exceptions import AirflowRuntimeError, ErrorType
from airflow.sdk.execution_time.comms import ErrorResponse

from huggy_connector.airflow.progress import TaskProgress
from huggy_connector.progress import LandingProgress


class Log:
    def __init__(self) -> None:
        self.lines: list[str] = []

    def info(self, event: str, *args: Any) -> None:
        self.lines.append(event % args)

    def warning(self, event: str, *args: Any) -> None:
        self.lines.append("warning: " + event % args)


class Store:
    def __init__(self) -> None:
        self.values: list[tuple[str, Any]] = []

    def set(self, key: str, value: Any) -> None:
        self.values.append((key, value))


class BrokenStore:
    def __init__(self) -> None:
        self.calls = 0

    def set(self, key: str, value: Any) -> None:
        self.calls += 1
        raise AirflowRuntimeError(ErrorResponse(error=ErrorType.GENERIC_ERROR))


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def make_state(**parts: Any) -> LandingProgress:
    whole: Mapping[str, Any] = {
        "resource": "chats",
        "pages": 100,
        "pages_expected": 400,
        "rows": 2000,
        "requests": 100,
        "seconds": 10.0,
        "rate_limit": 20.0,
        **parts,
    }
    return LandingProgress(**whole)


def test_a_note_cannot_forge_a_line_of_the_log() -> None:
    log = Log()
    TaskProgress(log, store=None).note("agents: \x1b[2Jgone\n[2026-11-01] INFO - all is well\r\u202e")
    assert log.lines == [r"agents: \x1b[2Jgone\n[2026-11-01] INFO - all is well\r\u202e"]


def test_a_line_is_logged_every_ten_seconds_however_often_it_is_called() -> None:
    clock, log = Clock(), Log()
    progress = TaskProgress(log, store=None, clock=clock)
    for second in range(25):
        clock.now = second
        progress.update(make_state(pages=second))
    assert [line.split(",")[0] for line in log.lines] == ["chats: page 10 of 400", "chats: page 20 of 400"]


def test_a_line_says_how_far_the_landing_is_and_how_long_it_will_take() -> None:
    log = Log()
    TaskProgress(log, store=None, every=0, clock=Clock()).update(make_state())
    assert log.lines == ["chats: page 100 of 400, 2000 rows, 200 rows/s, 50% of the budget, 30 s left"]


def test_an_unknown_value_is_a_question_mark() -> None:
    log = Log()
    TaskProgress(log, store=None, every=0, clock=Clock()).update(make_state(pages_expected=None))
    assert log.lines == ["chats: page 100 of ?, 2000 rows, 200 rows/s, 50% of the budget, ? left"]


def test_the_last_state_is_shown_in_the_log_and_the_store_even_when_it_comes_soon() -> None:
    log, store = Log(), Store()
    progress = TaskProgress(log, store=store, clock=Clock())
    progress.update(make_state(pages=399))
    progress.update(make_state(pages=400, finished=True))
    progress.finish()
    assert log.lines == ["chats: page 400 of 400, 2000 rows, 200 rows/s, 50% of the budget, 0 s left"]
    assert store.values == [
        (
            "progress",
            {
                "resource": "chats",
                "pages": 400,
                "pages_expected": 400,
                "rows": 2000,
                "requests": 100,
                "seconds": 10.0,
                "rate_limit": 20.0,
                "finished": True,
            },
        )
    ]


def test_a_task_that_landed_nothing_shows_nothing() -> None:
    log = Log()
    TaskProgress(log, store=Store(), clock=Clock()).finish()
    assert log.lines == []


def test_a_store_that_fails_is_not_used_again_and_stops_nothing() -> None:
    log, store = Log(), BrokenStore()
    progress = TaskProgress(log, store=store, every=0, clock=Clock())
    progress.update(make_state())
    progress.update(make_state())
    assert store.calls == 1
    assert [line.startswith("warning: The task state store does not accept the progress") for line in log.lines] == [
        False,
        True,
        False,
    ]
