"""Real processes with one budget in a file, against a server that notes when each request arrives."""

import fcntl
import logging
import signal
import time
from pathlib import Path
from typing import Any

import pytest

from tests.sizes import FULL


def budget_file(folder: Path) -> Path:
    [path] = [path for path in (folder / "state").iterdir() if path.suffix == ""]
    return path


@pytest.mark.proof
@pytest.mark.parametrize(("mode", "most", "least_used"), [("strict", 20, 0.85), ("learned", 23, 0.93)])
def test_processes_and_their_threads_share_one_budget(
    server: Any, start: Any, said: Any, mode: str, most: int, least_used: float
) -> None:
    """At full size four processes of four threads for half a minute, of which the share they use is asserted too.

    This server refuses nothing, so the margin becomes as narrow as it can.
    """
    spec = f"file:?mode={mode}"
    workers = [start(spec, threads=4, seconds=30.0 if FULL else 3.0) for _ in range(4 if FULL else 2)]
    told = [said(worker) for worker in workers]
    assert server.most_in_any_second() <= most
    assert [worker["told"] for worker in told] == [[]] * len(workers)
    used = (len(server.arrivals) - 1) / (20 * (server.arrivals[-1] - server.arrivals[0]))
    processor = sum(worker["cpu"] for worker in told)
    logging.getLogger(__name__).info("%.1f %% of the budget used, %.2f s of processor time", 100 * used, processor)
    assert used >= least_used or not FULL


@pytest.mark.parametrize("spread", [(0.0, 0.0), (0.005, 0.15), (0.3, 0.3)], ids=["0 ms", "5-150 ms", "300 ms"])
def test_no_second_sees_more_than_the_rate(server: Any, start: Any, said: Any, spread: tuple[float, float]) -> None:
    server.least, server.most = spread
    for worker in [start(threads=8) for _ in range(2)]:
        said(worker)
    assert server.most_in_any_second() <= 20
    assert len(server.arrivals) > 20


@pytest.mark.proof
def test_a_killed_process_leaves_nothing_behind(server: Any, start: Any, said: Any, tmp_path: Path) -> None:
    """It dies with every slot held by requests that are never answered, while another waits."""
    server.least = server.most = 3600.0
    killed = start(threads=20, seconds=60.0)
    server.wait_for(20)
    server.least = server.most = 0.05
    other = start(seconds=8.0 if FULL else 4.0)
    while b'"waiting":{}' in budget_file(tmp_path).read_bytes():
        time.sleep(0.02)
    killed.kill()
    killed.wait()
    died = time.monotonic()
    said(other)
    assert server.most_in_any_second() <= 20
    assert len(server.arrivals) > 20 + 20
    assert [path.name for path in (tmp_path / "state").iterdir()] == [budget_file(tmp_path).name]
    assert sum(died + 2 <= arrival < died + 6 for arrival in server.arrivals) >= 0.85 * 20 * 4 or not FULL


def garble(path: Path) -> None:
    with path.open("r+b") as file:
        fcntl.flock(file, fcntl.LOCK_EX)  # else one who is at it writes the whole state over the garbage
        file.seek(20)
        file.write(b"garbage")


def delete(path: Path) -> None:
    path.unlink()


@pytest.mark.parametrize(
    ("spoil", "what"), [(garble, "is damaged"), (delete, "was deleted or emptied")], ids=["garbled", "deleted"]
)
def test_a_budget_file_damaged_during_a_run_lets_nobody_overrun_and_is_noted_once(
    server: Any, start: Any, said: Any, tmp_path: Path, spoil: Any, what: str
) -> None:
    workers = [start() for _ in range(2)]
    server.wait_for(30)
    spoil(budget_file(tmp_path))
    told = [sentence for worker in workers for sentence in said(worker)["told"]]
    assert told == [f"The budget's file {what}: it begins anew, as if the last second had been full."]
    assert server.most_in_any_second() <= 20


def test_a_process_stopped_during_a_run_holds_up_nobody(server: Any, start: Any, said: Any) -> None:
    """Had it the lock, it is passed over after five seconds."""
    stopped, other = start(threads=8), start(seconds=15.0)
    server.wait_for(30)
    stopped.send_signal(signal.SIGSTOP)
    before = len(server.arrivals)
    server.wait_for(before + 20)
    stopped.send_signal(signal.SIGCONT)
    said(stopped)
    said(other)
    assert server.most_in_any_second() <= 20
