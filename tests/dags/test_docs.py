"""docs/airflow.md names every field, parameter and argument, and no others."""

import inspect
import re
from pathlib import Path
from typing import Any

import pytest

from huggy_connector.airflow import dags, operators
from huggy_connector.airflow.provider_info import get_provider_info

DOCS = (Path(__file__).parents[2] / "docs" / "airflow.md").read_text(encoding="utf-8")
OF_OTHER_CONNECTIONS = {"landing_conn_id", "warehouse_conn_id"}


def read_documented_names(heading: str, *, column: int = 0) -> set[str]:
    """Return the code spans in one column of the tables below a heading."""
    section = DOCS.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    cells = [line.strip("|").split("|")[column] for line in section.splitlines() if line.startswith("|")]
    return {span for cell in cells for span in re.findall(r"`(\w+)`", cell)}


def list_arguments(function: Any) -> set[str]:
    parameters = inspect.signature(function).parameters.values()
    return {each.name for each in parameters if each.kind is not each.VAR_KEYWORD} - {"self"}


def test_every_field_of_the_connection_is_documented() -> None:
    fields = get_provider_info()["connection-types"][0]["conn-fields"]
    assert read_documented_names("Connection fields") == {*fields, *OF_OTHER_CONNECTIONS}


def test_every_argument_of_the_factories_and_every_param_of_the_form_is_documented() -> None:
    factory_arguments = set().union(*map(list_arguments, (dags.huggy_sync, dags.huggy_reconcile, dags.huggy_backfill)))
    assert read_documented_names("DAG factories") == factory_arguments | set(dags.huggy_backfill().params)


@pytest.mark.parametrize(
    "operator", [operators.HuggyToParquetOperator, operators.HuggyPlanOperator, operators.ParquetToDuckDBOperator]
)
def test_every_argument_of_each_operator_is_documented(operator: type[Any]) -> None:
    (row,) = (line for line in DOCS.splitlines() if line.startswith(f"| `{operator.__name__}`"))
    assert set(re.findall(r"`(\w+)`", row.split("|")[3])) == list_arguments(operator.__init__)
