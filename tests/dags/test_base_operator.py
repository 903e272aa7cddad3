import pytest

from huggy_connector.airflow.base_operator import HuggyOperator
from huggy_connector.airflow.retries import choose_delay
from huggy_connector.airflow.versions import build_retry_arguments
from huggy_connector.errors import Interrupted


def test_an_operator_that_airflow_ends_says_that_its_next_try_goes_on() -> None:
    with pytest.raises(Interrupted, match="its next try goes on from there"):
        HuggyOperator(task_id="any").on_kill()


def test_an_argument_of_the_user_replaces_our_retries() -> None:
    ours = HuggyOperator(task_id="any")
    assert {name for name in build_retry_arguments(choose_delay, reason="") if getattr(ours, name) is None} == set()
    assert HuggyOperator(task_id="any", retries=7).retries == 7
