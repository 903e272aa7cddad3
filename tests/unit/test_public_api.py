"""The public names: both packages have what they list, import it when it is used, and documents teach no other."""

from __future__ import annotations

import ast
import os
import pkgutil
import re
import subprocess
import sys
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

import huggy_connector
import huggy_connector.airflow
from huggy_connector import errors
from huggy_connector.cli.app import BROKEN_PIPE_EXIT_CODE
from tests.documents import ROOT, list_imports

HEAVY = {"airflow", "aiohttp", "click", "duckdb", "httpx", "pandas", "pyarrow", "pydantic", "rich"}
IMPORTS = list_imports()
PAGE = (ROOT / "docs" / "public-api.md").read_text(encoding="utf-8")


def list_exports(package: str) -> set[str]:
    """Return the names of `__all__` without importing the package."""
    file = ROOT.joinpath(*package.split("."), "__init__.py")
    for node in ast.parse(file.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__":
            return {*ast.literal_eval(node.value)}
    raise AssertionError(f"{package} exports nothing.")


FACTORIES = "huggy_connector.airflow.dags"
PUBLIC = {
    package: list_exports(package)
    for package in ("huggy_connector", "huggy_connector.airflow", FACTORIES, "huggy_connector.sandbox")
}
packages = pytest.mark.parametrize(
    "package", [huggy_connector, huggy_connector.airflow], ids=["huggy_connector", "huggy_connector.airflow"]
)


def run_python(code: str, home: Path) -> list[str]:
    """Run `code` in a Python of its own. Return the words that it prints last."""
    environ = {**os.environ, "AIRFLOW_HOME": str(home), "PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, "-c", code], env=environ, capture_output=True, text=True, check=True)
    return done.stdout.splitlines()[-1].split()


@pytest.mark.slow
@packages
def test_importing_a_public_package_imports_nothing_heavy(package: ModuleType, tmp_path: Path) -> None:
    code = f"import sys, {package.__name__}; print('ready', *{{name.partition('.')[0] for name in sys.modules}})"
    imported = run_python(code, tmp_path)
    assert (imported[0], HEAVY & {*imported}) == ("ready", set())


@packages
def test_the_list_is_in_order_and_all_of_it_is_found_before_it_is_imported(package: ModuleType) -> None:
    assert package.__all__ == sorted(package.__all__)
    assert {*package.__all__} - {*dir(package)} == set()


def test_every_public_name_is_what_its_module_has() -> None:
    assert [name for name in huggy_connector.__all__ if getattr(huggy_connector, name) is None] == []
    own = {name for name, value in vars(errors).items() if isinstance(value, type) and issubclass(value, Exception)}
    assert own - {*huggy_connector.__all__} == set()
    assert {name for name in own if getattr(huggy_connector, name) is not getattr(errors, name)} == set()


@packages
def test_no_public_name_is_also_the_name_of_a_module_beside_it(package: ModuleType) -> None:
    modules = {each.name for each in pkgutil.iter_modules(package.__path__)}
    assert modules & {*package.__all__} == set()


def test_a_name_that_is_not_public_is_an_error() -> None:
    with pytest.raises(AttributeError, match=r"^module 'huggy_connector' has no attribute 'Pipelines'$"):
        huggy_connector.Pipelines  # type: ignore[attr-defined]  # noqa: B018


def rows(first: str) -> dict[str, set[str]]:
    """The names in the last column of the page's tables, by the first column, where that reads so."""
    found = re.findall(rf"^\| ({first}) \|(?:[^|\n]*\|)*? ([^|\n]*) \|$", PAGE, re.MULTILINE)
    return {key.strip("`"): {*re.findall(r"`(\w+)`", names)} for key, names in found}


def test_the_page_lists_all_public_names_and_no_other() -> None:
    listed = rows(r"`huggy_connector[.a-z]*`|its errors")
    listed["huggy_connector"] |= listed.pop("its errors")
    assert listed == {package: names for package, names in PUBLIC.items() if package != FACTORIES}
    assert PUBLIC[FACTORIES] <= PUBLIC["huggy_connector.airflow"]


def test_the_page_lists_the_keys_of_each_xcom() -> None:
    airflow = ROOT / "huggy_connector" / "airflow"
    modules = [airflow / "operators.py", airflow / "live" / "live_operator.py"]
    returned: dict[str, set[Any]] = {}
    for operator in (each for module in modules for each in ast.parse(module.read_text(encoding="utf-8")).body):
        if isinstance(operator, ast.ClassDef) and not operator.name.startswith("_"):
            objects = [
                {key.value for key in node.keys if isinstance(key, ast.Constant)}
                for node in ast.walk(operator)
                if isinstance(node, ast.Dict)
            ]
            returned[operator.name] = {key for keys in objects if "huggy_conn_id" in keys for key in keys}
    values = ast.parse((airflow / "actions" / "campaign_values.py").read_text(encoding="utf-8")).body
    for operator_name, function_name in (
        ("HuggyActionPlanOperator", "describe_plan"),
        ("HuggyActionOperator", "describe_report"),
    ):
        (function,) = (each for each in values if isinstance(each, ast.FunctionDef) and each.name == function_name)
        (described,) = (node for node in ast.walk(function) if isinstance(node, ast.Dict))
        returned[operator_name] = {key.value for key in described.keys if isinstance(key, ast.Constant)}
    assert rows(r"`[A-Z]\w+Operator`") == returned


def test_the_page_lists_every_exit_code() -> None:
    listed = {int(code) for code in re.findall(r"^\| (\d+) \|", PAGE, re.MULTILINE)}
    classes = [each for each in vars(errors).values() if isinstance(each, type) and issubclass(each, errors.HuggyError)]
    assert listed == {0, BROKEN_PIPE_EXIT_CODE, *(each.exit_code for each in classes)}


def test_documents_import_something() -> None:
    assert {"README.md", "README.pt-BR.md", "docs/airflow.md", "examples/huggy_power_bi.py"} <= {
        where for where, _, _ in IMPORTS
    }


@pytest.mark.parametrize(("where", "module", "name"), IMPORTS, ids=lambda each: each.rpartition("/")[2])
def test_a_name_that_a_document_imports_is_public(where: str, module: str, name: str) -> None:
    if where == "plugins/huggy.py":  # what Airflow itself loads
        assert (module, name) == ("huggy_connector.airflow.plugin", "HuggyPlugin")
        return
    assert module in PUBLIC
    assert not name or name in PUBLIC[module]


@pytest.mark.parametrize("module", sorted({module for _, module, _ in IMPORTS if "airflow" not in module}))
def test_what_a_document_imports_is_there(module: str) -> None:
    names = [name for _, each, name in IMPORTS if each == module]
    assert [name for name in names if not hasattr(import_module(module), name)] == []
