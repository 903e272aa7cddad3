"""What the house promises of itself: paths that documents name are there, and no folder or module grows too big."""

from __future__ import annotations

import ast
import re
from collections import Counter
from pathlib import Path
from typing import TypeGuard

import pytest

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "huggy_connector"
DOCUMENTS = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/*.md")])
PATH = re.compile(r"`([a-z0-9_]+(?:/[a-z0-9_]+)*/?(?:[a-z0-9_]+\.(?:py|sql))?)`")
MODULES = sorted(PACKAGE.rglob("*.py"))


@pytest.mark.parametrize(
    "document", [path for path in DOCUMENTS if path.name != "CHANGELOG.md"], ids=lambda path: path.name
)
def test_each_module_that_a_document_names_is_there(document: Path) -> None:
    named = set(PATH.findall(document.read_text(encoding="utf-8")))
    paths = {name for name in named if name.endswith((".py", ".sql")) or (name.endswith("/") and "/" in name)}
    missing = {name for name in paths if not any((root / name).exists() for root in (ROOT, PACKAGE, document.parent))}
    assert missing == set()


def test_no_folder_holds_more_than_fourteen_modules() -> None:
    modules = Counter(path.parent.relative_to(ROOT).as_posix() for path in MODULES)
    assert {folder: count for folder, count in modules.items() if count > 14} == {}


def test_no_module_has_more_than_three_hundred_lines() -> None:
    lines = {path.relative_to(ROOT).as_posix(): len(path.read_text(encoding="utf-8").splitlines()) for path in MODULES}
    assert {path: count for path, count in lines.items() if count > 300} == {}


def test_each_module_with_behaviour_has_a_test_file_that_is_found_by_its_name() -> None:
    modules = [path for path in MODULES if path.name != "__init__.py" and _has_behaviour(path)]
    assert [path.relative_to(ROOT).as_posix() for path in modules if not _has_test_file(path)] == []


def _has_behaviour(module: Path) -> bool:
    """Return whether a function of the module does anything: a protocol's functions hold `...` alone."""
    functions = (each for each in ast.walk(ast.parse(module.read_text(encoding="utf-8"))) if _is_function(each))
    return any(not _is_docstring(statement) for function in functions for statement in function.body)


def _is_function(node: ast.AST) -> TypeGuard[ast.FunctionDef | ast.AsyncFunctionDef]:
    return isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)


def _is_docstring(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)


def _has_test_file(module: Path) -> bool:
    """Return whether `test_<module>.py` lies in a folder of its room, or beside the rooms' folders."""
    room = module.relative_to(PACKAGE).parts[0]
    folders = [path.relative_to(ROOT).parts[:-1] for path in (ROOT / "tests").rglob(f"test_{module.stem}.py")]
    return any(len(folder) == 2 or {"airflow": "dags"}.get(room, room) in folder for folder in folders)
