"""docs/airflow.md names every field, parameter and argument, and no others."""

import ast
import inspect
import re
from pathlib import Path
from typing import Any

import pytest
from airflow.cli.cli_parser import get_parser
from airflow.sdk import DAG, BaseOperator

import huggy_connector
import huggy_connector.airflow
from huggy_connector.airflow import dags, operators
from huggy_connector.airflow.provider_info import get_provider_info
from tests.documents import list_calls, list_tools

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
    factories = (dags.huggy_sync, dags.huggy_live, dags.huggy_reconcile, dags.huggy_backfill, dags.huggy_campaign)
    factory_arguments = set().union(*map(list_arguments, factories))
    params = set(dags.huggy_backfill().params) | set(dags.huggy_campaign().params)
    assert read_documented_names("DAG factories") == factory_arguments | params


@pytest.mark.parametrize(
    "operator",
    [
        operators.HuggyToParquetOperator,
        operators.HuggyPlanOperator,
        operators.ParquetToDuckDBOperator,
        huggy_connector.airflow.HuggyLiveOperator,
        huggy_connector.airflow.HuggyActionOperator,
        huggy_connector.airflow.HuggyActionPlanOperator,
        huggy_connector.airflow.HuggyApprovalOperator,
    ],
)
def test_every_argument_of_each_operator_is_documented(operator: type[Any]) -> None:
    (row,) = (line for line in DOCS.splitlines() if line.startswith(f"| `{operator.__name__}`"))
    assert set(re.findall(r"`(\w+)`", row.split("|")[3])) == list_arguments(operator.__init__)


def test_every_argument_of_the_trigger_is_documented() -> None:
    sentence = DOCS.partition("`HuggyInboxTrigger` takes ")[2].partition(". ")[0]
    assert set(re.findall(r"`(\w+)`", sentence)) == list_arguments(huggy_connector.airflow.HuggyInboxTrigger.__init__)


def test_every_call_of_ours_that_a_page_shows_has_arguments_that_it_takes() -> None:
    public = {
        name: getattr(package, name)
        for package in (huggy_connector, huggy_connector.airflow)
        for name in package.__all__
    }
    calls = [(where, call, public[name]) for where, call in list_calls() if (name := ast.unparse(call.func)) in public]
    assert {"README.md", "README.pt-BR.md", "docs/public-api.md", "docs/pt-BR/tutorial.md"} <= {w for w, _, _ in calls}
    assert [fault for where, call, function in calls if (fault := find_fault(where, call, function))] == []


def find_fault(where: str, call: ast.Call, function: Any) -> str:
    given = [each for each in call.args if not isinstance(each, ast.Starred) and ast.unparse(each) != "..."]
    named = {each.arg: each for each in call.keywords if each.arg}
    try:
        bound = inspect.signature(function).bind_partial(*given, **named)
    except TypeError as error:
        return f"{where}: {ast.unparse(call)}: {error}"
    passed_on = {*bound.arguments.get("options", {}), *bound.arguments.get("kwargs", {})}
    unknown = passed_on - list_arguments(DAG.__init__) - list_arguments(BaseOperator.__init__)
    return f"{where}: {ast.unparse(call)}: Airflow knows no {unknown}" if unknown else ""


def test_every_command_of_airflow_that_a_page_shows_is_one_of_airflow(capsys: pytest.CaptureFixture[str]) -> None:
    """A mention may lack what it needs: `airflow backfill create`."""
    parser = get_parser()
    told = [(where, words[1:]) for where, words in list_tools("airflow") if len(words) > 1]
    assert {"README.md", "docs/airflow.md", "docs/pt-BR/airflow.md", "docs/tutorial.md"} <= {where for where, _ in told}
    faults = []
    for where, words in told:
        try:
            parser.parse_args(words)
        except SystemExit:
            said = capsys.readouterr().err.splitlines()
            faults += [f"{where}: {line}" for line in said if "error: " in line and "are required" not in line]
    assert faults == []
