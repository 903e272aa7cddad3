"""CPU seconds that a parse of `dags/huggy_sync.py` costs more than a plain DAG, in a fork like the dag-processor's.

The dag-processor imports airflow once and forks for each parse of a file, and so does this. Budget: under 0.5 s.
"""

import os
import statistics
import sys
import tempfile
from pathlib import Path

DAGS = Path(__file__).resolve().parents[1] / "dags"
PLAIN_DAG = """
from airflow.sdk import dag, task

@dag(schedule=None)
def plain():
    @task
    def one():
        return 1
    one()

plain()
"""
FORKS = 9
BUDGET_SECONDS = 0.5


def measure_parse(folder: Path) -> float:
    """Return the user and system seconds of a fork that parses the folder."""
    before = os.times()
    child = os.fork()
    if child == 0:
        from airflow.dag_processing.dagbag import DagBag

        sys.stdout = sys.stderr = Path(os.devnull).open("w")  # noqa: SIM115 - the fork ends here
        bag = DagBag(str(folder))
        os._exit(0 if bag.dags and not bag.import_errors else 1)
    if os.waitpid(child, 0)[1]:
        sys.exit(f"The DAGs in {folder} do not parse.")
    after = os.times()
    return after.children_user + after.children_system - before.children_user - before.children_system


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        os.environ |= {"AIRFLOW_HOME": name, "AIRFLOW__CORE__LOAD_EXAMPLES": "False"}
        import airflow.dag_processing.dagbag
        import airflow.sdk  # noqa: F401

        plain = Path(name) / "plain"
        plain.mkdir()
        (plain / "plain.py").write_text(PLAIN_DAG)
        costs = {folder: [measure_parse(folder) for _ in range(FORKS)] for folder in (plain, DAGS)}
    plain_seconds, our_seconds = (statistics.median(each) for each in costs.values())
    extra = our_seconds - plain_seconds
    print(
        f"a plain DAG {plain_seconds:.2f} s, huggy_sync {our_seconds:.2f} s, beyond {extra:.2f} s of {BUDGET_SECONDS} s"
    )
    if extra >= BUDGET_SECONDS:
        sys.exit("Parsing costs more than its budget: something heavy is imported at the top of a module.")


if __name__ == "__main__":
    main()
