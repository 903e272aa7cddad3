"""The package, pyproject.toml and the documents name the same extras, and a missing one is told in one sentence."""

from __future__ import annotations

import ast
import pickle
import re
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from sys import stdlib_module_names

import pytest
from packaging.requirements import Requirement

from huggy_connector.errors import ConfigurationError, ExtraMissing
from huggy_connector.extras import MODULES, install_command, is_installed, require

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "huggy_connector"
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
EXTRAS: dict[str, list[str]] = PROJECT["optional-dependencies"]
DISTRIBUTIONS = {
    "airflow": "apache-airflow",
    "dotenv": "python-dotenv",
    "jwt": "pyjwt",
    "prometheus_client": "prometheus-client",
    "pydantic_core": "pydantic",
    "stdnum": "python-stdnum",
}
"""Modules whose package has another name; pydantic brings pydantic_core in the one version that fits."""
OF_AIRFLOW = {"fastapi", "pendulum", "sqlalchemy"}
"""Modules that come with Airflow."""
TOLD_APART = {"boto3", "botocore"}
"""Modules for AWS_PROFILE, which has a sentence of its own."""
NOT_IMPORTED = {
    "h11",  # httpcore reads answers with it; its least version mends a hole
    "pytz",  # DuckDB needs it for instants, and does not ask for it
    "tzdata",  # its list of zones is read as a file
}


def names_of(requirements: list[str]) -> set[str]:
    return {Requirement(text).name for text in requirements}


@cache
def list_imports() -> frozenset[tuple[str, str]]:
    """Return each module of others that is imported, with the path of the importer."""
    return frozenset(_yield_imports())


def _yield_imports() -> Iterator[tuple[str, str]]:
    for path in sorted(PACKAGE.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [each.name for each in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom) and not node.level:
                names = [node.module or ""]
            for name in {each.partition(".")[0] for each in names} - stdlib_module_names - {"huggy_connector"}:
                yield name, path.relative_to(PACKAGE).as_posix()


def test_each_extra_of_the_project_is_known_and_brings_the_modules_that_are_told() -> None:
    packages = {extra: names_of(requirements) for extra, requirements in EXTRAS.items() if extra != "all"}
    assert packages == {
        extra: {DISTRIBUTIONS.get(module, module) for module in modules} for extra, modules in MODULES.items()
    }


def test_all_is_every_extra() -> None:
    (everything,) = map(Requirement, EXTRAS["all"])
    assert (everything.name, everything.extras) == (PROJECT["name"], {*MODULES})


def test_each_import_is_of_a_dependency_or_of_an_extra() -> None:
    core, optional = names_of(PROJECT["dependencies"]), {module for each in MODULES.values() for module in each}
    unknown = {
        (module, path)
        for module, path in list_imports()
        if DISTRIBUTIONS.get(module, module) not in core
        and module not in optional | TOLD_APART
        and not (module in OF_AIRFLOW and path.startswith("airflow/"))
    }
    assert unknown == set()


def test_each_dependency_is_needed_and_none_is_in_an_extra_too() -> None:
    core, imported = names_of(PROJECT["dependencies"]), {module for module, _ in list_imports()}
    assert core - {DISTRIBUTIONS.get(module, module) for module in imported} == NOT_IMPORTED
    assert core & {name for requirements in EXTRAS.values() for name in names_of(requirements)} == set()


def test_each_extra_that_a_sentence_or_a_document_names_is_there() -> None:
    texts = [*PACKAGE.rglob("*.py"), *ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), ROOT / "Dockerfile"]
    named = {
        (path.name, extra)
        for path in texts
        for extras in re.findall(r"huggy-connector\[([a-z,-]+)\]", path.read_text(encoding="utf-8"))
        for extra in extras.split(",")
    }
    required = {
        (path.name, extra)
        for path in PACKAGE.rglob("*.py")
        for extra in re.findall(r'\b(?:require|is_installed|install_command)\("([a-z-]+)"', path.read_text("utf-8"))
    }
    assert {extra for _, extra in required} == {*MODULES}
    assert {(name, extra) for name, extra in named | required if extra not in EXTRAS} == set()


def test_an_extra_that_is_there_is_no_error() -> None:
    assert is_installed("report") is True
    require("report", subject="A report")


def test_a_missing_extra_is_a_wrong_configuration_and_an_import_error_of_one_sentence() -> None:
    with pytest.raises(ConfigurationError) as raised:
        require("report", subject="A report", modules=("jinja2", "no_such_module"))
    assert isinstance(raised.value, ImportError)
    said = ('A report needs the extra report: pip install "huggy-connector[report]".', 2)
    assert (str(raised.value), raised.value.exit_code) == said
    assert str(pickle.loads(pickle.dumps(raised.value))) == said[0]


@pytest.mark.slow
def test_a_folder_of_the_modules_name_is_no_module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "folder_of_airflow").mkdir()
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(ExtraMissing):
        require("airflow", subject="huggy_connector.airflow", modules=("folder_of_airflow",))


def test_the_command_is_one_word_of_a_shell() -> None:
    assert install_command("object-storage") == 'pip install "huggy-connector[object-storage]"'
