"""Seconds of a task of `huggy_sync` before its first request or its first question to DuckDB, by what they go into.

    python benchmarks/task_start.py                                     # a minute
    python benchmarks/task_start.py --beside /path/to/another/checkout  # two; its figures stand first

A worker of Airflow is a process that has Airflow imported, and forks for each task. So does this: each task reads the
DAG file, as Airflow's task runner does, and is executed against a sandbox without a limit. It counts the time on the
clock, and of a whole task its processor time too, which is steadier on a busy machine. Each round runs every task of
every version once, from nothing; the figures are medians.
"""

import argparse
import builtins
import contextlib
import gc
import json
import math
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Self
from urllib.request import ProxyHandler, build_opener

HERE = Path(__file__).resolve().parents[1]
TASKS = {
    "land_agents": ("land_agents", "no"),
    "load": ("load", "no"),
    "load, with the report": ("load", "yes"),
}
"""Of each case: the task, and HUGGY_REPORT. The others load what is landed, each into a new warehouse."""
PARTS = ("DAG file", "connection", "imports", "other", "before the first", "whole task", "its CPU")
"""`connection`: from Airflow's connection to our settings. `imports`: those inside `execute` until the first request,
or until the task's end where it sends none. `other`: token, budget, and what else comes before the first request.
"""


class ImportMeter:
    """Adds up the seconds that imports take, by the package that the outermost of them names."""

    def __init__(self) -> None:
        self.imports: list[tuple[str, float, float]] = []
        """Package, begin and end."""
        self._import, self._is_inside = builtins.__import__, False

    def __enter__(self) -> Self:
        builtins.__import__ = self._measure
        return self

    def __exit__(self, *_: object) -> None:
        builtins.__import__ = self._import

    def _measure(self, name: str, *arguments: Any, **named: Any) -> Any:
        if self._is_inside:
            return self._import(name, *arguments, **named)
        self._is_inside, began = True, time.monotonic()
        try:
            return self._import(name, *arguments, **named)
        finally:
            self._is_inside = False
            self.imports.append((name.partition(".")[0], began, time.monotonic()))


def execute_task(dags: Path, task_id: str) -> dict[str, Any]:
    """Read the DAG file and execute one of its tasks. Return when each part ended, and the imports inside `execute`."""
    from airflow.dag_processing.dagbag import DagBag
    from airflow.sdk.execution_time.context import OutletEventAccessors

    began, used = time.monotonic(), time.process_time()
    task: Any = DagBag(str(dags)).dags["huggy_sync"].get_task(task_id)
    parsed = time.monotonic()
    from huggy_connector.airflow import HuggyHook

    HuggyHook("huggy_default").settings()
    connected = time.monotonic()
    ti = SimpleNamespace(
        dag_id="huggy_sync", run_id="run", task_id=task_id, map_index=-1, try_number=1, xcom_pull=lambda **_: []
    )
    with ImportMeter() as meter:
        task.execute({"ti": ti, "outlet_events": OutletEventAccessors()})
    return {
        "began": began,
        "parsed": parsed,
        "connected": connected,
        "ended": time.monotonic(),
        "cpu": time.process_time() - used,
        "imports": meter.imports,
    }


def measure_task(dags: Path, task_id: str, sandbox: str) -> dict[str, Any]:
    """Execute a task in a fork. Return the seconds of its parts, and of its imports by package."""
    ask = build_opener(ProxyHandler({})).open
    with ask(f"{sandbox}/stats") as answer:
        sent = json.load(answer)["requests"]
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        code = 1
        with contextlib.suppress(SystemExit), open(writer, "w") as answer:  # noqa: PTH123 -- it is a number
            json.dump(execute_task(dags, task_id), answer)
            code = 0
        os._exit(code)
    os.close(writer)
    arrived = math.inf
    if task_id.startswith("land"):
        ask(f"{sandbox}/wait?requests={sent + 1}", timeout=60).close()
        arrived = time.monotonic()
    with open(reader) as answered:  # noqa: PTH123
        text = answered.read()
    if os.waitpid(child, 0)[1]:
        sys.exit("The task ended with an error: its own words are above.")
    return split_into_parts(arrived=arrived, **json.loads(text))


def split_into_parts(
    *,
    arrived: float,
    began: float,
    parsed: float,
    connected: float,
    ended: float,
    cpu: float,
    imports: list[tuple[str, float, float]],
) -> dict[str, Any]:
    """Return the seconds of each part, and of the packages whose import took a hundredth or more."""
    packages: dict[str, float] = {}
    for name, first, last in imports:
        if first < arrived:
            packages[name] = packages.get(name, 0) + last - first
    inside = sum(packages.values())
    other = arrived - connected - inside if arrived < ended else 0.0
    return {
        "DAG file": parsed - began,
        "connection": connected - parsed,
        "imports": inside,
        "other": other,
        "before the first": connected - began + inside + other,
        "whole task": ended - began,
        "its CPU": cpu,
        "packages": {name: seconds for name, seconds in packages.items() if seconds >= 0.01},
    }


def measure_round(dags: Path, folder: Path, sandbox: str) -> dict[str, dict[str, Any]]:
    """Return the parts of each case, and what Airflow's own start takes, in this process that has nothing imported."""
    began = time.monotonic()
    import airflow.dag_processing.dagbag
    import airflow.sdk.execution_time.supervisor
    import airflow.sdk.execution_time.task_runner  # noqa: F401

    gc.freeze()  # as the LocalExecutor does before it forks

    measured: dict[str, dict[str, Any]] = {"Airflow's own start": {"whole task": time.monotonic() - began}}
    measure_task(dags, "land_chats", sandbox)  # the first task of a host waits a second: its budget is new
    for number, (case, (task_id, report)) in enumerate(TASKS.items()):
        os.environ |= {"HUGGY_REPORT": report, "HUGGY_WAREHOUSE": str(folder / f"desk-{number}.duckdb")}
        measured[case] = measure_task(dags, task_id, sandbox)
    return measured


def run_round(checkout: Path, python: str, fonts: str) -> dict[str, dict[str, Any]]:
    """Return what one round of a version measures, in a process, a folder and an account of its own.

    `fonts` is the folder in which matplotlib keeps, from its first start, which fonts there are.
    """
    from huggy_connector.sandbox import Options, Sandbox

    unwanted = ("HUGGY_", "AIRFLOW_", "PYTHON")
    clean = {name: value for name, value in os.environ.items() if not name.startswith(unwanted)}
    with tempfile.TemporaryDirectory() as folder, Sandbox(Options(chats=40, contacts=40, limit=0)) as account:
        environ = {
            "PYTHONPATH": str(checkout),
            "AIRFLOW_HOME": folder,
            "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
            "AIRFLOW__LOGGING__LOGGING_LEVEL": "WARNING",
            "AIRFLOW_CONN_HUGGY_DEFAULT": json.dumps(
                {"conn_type": "huggy", "host": account.url, "password": account.token}
            ),
            "HUGGY_LANDING": f"{folder}/landing",
            "HUGGY_STATE": f"{folder}/state",
            "MPLCONFIGDIR": fonts,
        }
        sandbox = account.url.removesuffix("/v3") + "/sandbox"
        ran = subprocess.run(
            [python, __file__, "--round", str(checkout / "dags"), folder, sandbox],
            env={**clean, **environ},
            cwd=folder,
            stdout=subprocess.PIPE,
            text=True,
            check=True,
        )
    measured: dict[str, dict[str, Any]] = json.loads(ran.stdout.splitlines()[-1])
    return measured


def format_table(rounds: dict[str, list[dict[str, dict[str, Any]]]]) -> Iterator[str]:
    """Yield the lines of the table: of each case and part the median of each version, and the last as a ratio."""
    versions = [*rounds]
    yield f"| task | part | {' | '.join(f'{name}, seconds' for name in versions)} | ratio |"
    yield f"|---|---|{'---:|' * (len(versions) + 1)}"
    for case in rounds[versions[0]][0]:
        for part in PARTS:
            if part in rounds[versions[0]][0][case]:
                medians = [statistics.median(each[case][part] for each in rounds[name]) for name in versions]
                ratio = f"{medians[-1] / medians[0]:.2f}" if medians[0] else ""
                yield f"| {case} | {part} | {' | '.join(f'{median:.2f}' for median in medians)} | {ratio} |"
        packages = [rounds[name][-1][case].get("packages", {}) for name in versions]
        if any(packages):
            words = [
                ", ".join(f"{name} {seconds:.2f}" for name, seconds in sorted(each.items(), key=lambda pair: -pair[1]))
                for each in packages
            ]
            yield f"| {case} | imported | {' | '.join(words)} | |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--beside", type=Path, help="A checkout of another version.")
    parser.add_argument("--python", default=sys.executable, help="The Python of that version; else this one.")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--round", nargs=3, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.round:
        dags, folder, sandbox = options.round
        print(json.dumps(measure_round(Path(dags), Path(folder), sandbox)))
        return
    versions = {"this version": (HERE, sys.executable)}
    if options.beside:
        versions = {"the other": (options.beside.resolve(), options.python), **versions}
    rounds: dict[str, list[dict[str, dict[str, Any]]]] = {name: [] for name in versions}
    with tempfile.TemporaryDirectory() as fonts:
        for _ in range(options.rounds):
            for name, (checkout, python) in versions.items():
                rounds[name].append(run_round(checkout, python, fonts))
    print("\n".join(format_table(rounds)))


if __name__ == "__main__":
    main()
