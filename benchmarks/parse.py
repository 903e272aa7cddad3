"""CPU seconds that a parse of `dags/huggy_sync.py` costs beyond a plain DAG, in a fork as the dag-processor makes them.

The dag-processor imports airflow once and forks for each file, each time anew; so does this. Budget: under 0.5 s.
"""

import os
import statistics
import sys
import tempfile
from pathlib import Path

DAGS = Path(__file__).resolve().parents[1] / "dags"
PLAIN = """
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
BUDGET = 0.5


def cpu_of_a_parse(folder: Path) -> float:
    """User and system seconds of a fork that parses the folder."""
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
        (plain / "plain.py").write_text(PLAIN)
        costs = {folder: [cpu_of_a_parse(folder) for _ in range(FORKS)] for folder in (plain, DAGS)}
    a_plain_dag, ours = (statistics.median(each) for each in costs.values())
    print(f"a plain DAG {a_plain_dag:.2f} s, huggy_sync {ours:.2f} s, beyond {ours - a_plain_dag:.2f} s of {BUDGET} s")
    if ours - a_plain_dag >= BUDGET:
        sys.exit("Parsing costs more than its budget: something heavy is imported at the top of a module.")


if __name__ == "__main__":
    main()
