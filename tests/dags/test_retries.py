"""A task is tried again where that can help, no sooner than Huggy asks for, and otherwise fails at once."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from huggy_connector import errors
from huggy_connector.airflow.retries import choose_delay, fail_permanent_errors
from huggy_connector.airflow.versions import AirflowFailException
from huggy_connector.budget.file import FileBudgetStore
from huggy_connector.budget.limiter import SharedBudget
from huggy_connector.budget.window import RateLimit
from tests.sleeping_clock import Clock

ALL = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, errors.HuggyError)]


@pytest.mark.parametrize("kind", [kind for kind in ALL if not kind.transient and kind is not errors.Interrupted])
def test_an_error_that_a_retry_cannot_help_fails_the_task_at_once_with_one_sentence(
    kind: type[errors.HuggyError],
) -> None:
    with pytest.raises(AirflowFailException) as caught, fail_permanent_errors("huggy_acme"):
        raise kind("Do this.")
    assert str(caught.value) == "huggy_acme: Do this."
    assert caught.value.__suppress_context__


@pytest.mark.parametrize("kind", [*(kind for kind in ALL if kind.transient), errors.Interrupted])
def test_an_error_that_may_pass_is_retried_by_airflow(kind: type[errors.HuggyError]) -> None:
    error = kind("Later.")
    with pytest.raises(kind) as caught, fail_permanent_errors("huggy_acme"):
        raise error
    assert caught.value is error
    assert str(error) == "huggy_acme: Later."


def test_an_error_that_names_its_account_still_knows_the_pause_that_huggy_asks_for() -> None:
    with pytest.raises(errors.RateLimited) as caught, fail_permanent_errors("huggy_acme"):
        raise errors.RateLimited("Later.", 900.0)
    assert caught.value.args == ("huggy_acme: Later.", 900.0)
    assert choose_delay(caught.value) == timedelta(minutes=15)


@pytest.mark.parametrize("kind", [MemoryError, KeyError, KeyboardInterrupt, SystemExit])
def test_an_error_that_is_not_of_ours_is_left_to_airflow_as_it_is(kind: type[BaseException]) -> None:
    error = kind("Odd.")
    with pytest.raises(kind) as caught, fail_permanent_errors("huggy_acme"):
        raise error
    assert (caught.value, caught.value.args) == (error, ("Odd.",))


def test_work_that_succeeds_is_not_disturbed() -> None:
    with fail_permanent_errors("huggy_acme"):
        done = "landed"
    assert done == "landed"


@pytest.mark.parametrize(
    ("wish", "minutes"),
    [(900.0, 15), (0.5, 1), (0.0, 1), (-5.0, 1), (60.0, 1), (60.5, 60.5 / 60), (3600.0, 60), (1e12, 60), (1e300, 60)],
)
def test_a_429_waits_as_long_as_huggy_asks_but_at_least_a_minute_and_at_most_an_hour(
    wish: float, minutes: float
) -> None:
    assert choose_delay(errors.RateLimited("Later.", wish)) == timedelta(minutes=minutes)


@pytest.mark.parametrize("error", [errors.RateLimited("Later."), errors.ServerFailed("Later."), OSError("Odd.")])
def test_an_error_that_asks_for_no_pause_leaves_the_decision_to_the_task(error: Exception) -> None:
    assert choose_delay(error) is None


def test_the_next_try_sends_nothing_before_the_pause_ends_even_if_airflow_starts_it_sooner(tmp_path: Path) -> None:
    """So Airflow 3.1 and 3.2, which start each try after the task's own delay, keep the pause too."""
    clock = Clock()

    def open_new_try() -> SharedBudget:
        store = FileBudgetStore(tmp_path / "state" / "budget", RateLimit(20.0), note=print, clock=clock)
        return SharedBudget(store, rate=20.0, note=print, stopwatch=clock, sleep=clock.sleep)

    first = open_new_try()
    with first.take_turn() as turn:
        turn.record_answer(is_refused=True, retry_after=900.0)
    first.close()
    refused_at = clock.now
    clock.now += 60
    with open_new_try().take_turn():
        assert clock.now - refused_at == pytest.approx(900.0)
