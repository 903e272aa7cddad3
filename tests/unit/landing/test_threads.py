"""Reads in threads: their results come in order, and an error of one ends them all."""

from __future__ import annotations

import random
import threading

import pytest

from huggy_connector.landing.threads import read_in_threads


@pytest.mark.parametrize("most_threads", [0, 1, 2, 16])
@pytest.mark.parametrize("count", [0, 1, 2, 50])
def test_results_come_in_the_order_of_the_names(most_threads: int, count: int) -> None:
    names = random.Random(count).sample(range(1000), count)

    assert list(read_in_threads(lambda name: name * 2, names, most_threads=most_threads)) == [
        name * 2 for name in names
    ]


def test_the_results_keep_their_order_where_the_first_read_ends_last() -> None:
    others_are_done = threading.Barrier(4)

    def read(name: int) -> int:
        others_are_done.wait()
        return name

    assert list(read_in_threads(read, [3, 1, 2, 0], most_threads=4)) == [3, 1, 2, 0]


def test_there_are_never_more_threads_than_asked_for() -> None:
    running, most, lock = 0, 0, threading.Lock()
    both = threading.Barrier(2)

    def read(name: int) -> int:
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
        both.wait()
        with lock:
            running -= 1
        both.wait()
        return name

    assert list(read_in_threads(read, [*range(8)], most_threads=2)) == [*range(8)]
    assert most == 2


@pytest.mark.parametrize("names", [["only"], ["a", "b"]])
def test_one_thread_reads_in_the_callers_own(names: list[str]) -> None:
    most_threads = 1 if len(names) > 1 else 16

    found = list(read_in_threads(lambda _: threading.current_thread(), names, most_threads=most_threads))

    assert set(found) == {threading.current_thread()}


def test_an_error_of_a_read_is_raised_and_reads_that_wait_are_given_up() -> None:
    asked: list[int] = []

    def read(name: int) -> int:
        asked.append(name)
        if name == 0:
            raise FileNotFoundError(name)
        may_go_on.wait()
        return name

    may_go_on = threading.Event()
    results = read_in_threads(read, [*range(1000)], most_threads=2)
    threading.Timer(0, may_go_on.set).start()

    with pytest.raises(FileNotFoundError):
        list(results)

    assert len(asked) < 1000
    assert [each.name for each in threading.enumerate() if each.name.startswith("landing")] == []
