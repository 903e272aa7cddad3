"""A former name warns where it stands, in words that anybody sees, and is gone when its release comes."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from huggy_connector import __version__
from huggy_connector.deprecation import HuggyDeprecationWarning, warn_deprecated

PACKAGE = Path(__file__).parents[2] / "huggy_connector"


def former() -> None:
    warn_deprecated("former()", new="present()", gone_in="0.4")


def test_a_former_name_warns_at_the_line_that_uses_it() -> None:
    with pytest.warns(HuggyDeprecationWarning) as warned:
        former()
    [warning] = warned
    assert str(warning.message) == (
        "former() is called present() now: change it before huggy_connector 0.4, which will not know the former name."
    )
    assert (warning.filename, Path(__file__).read_text(encoding="utf-8").splitlines()[warning.lineno - 1]) == (
        __file__,
        "        former()",
    )


def test_the_warning_is_of_the_kind_that_python_shows_to_everybody() -> None:
    assert HuggyDeprecationWarning.__mro__[1] is FutureWarning


def calls() -> Iterator[tuple[str, str]]:
    """Each call in the package: where it is, and the release without the name."""
    for path in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "warn_deprecated":
                release = next(each.value for each in node.keywords if each.arg == "gone_in")
                yield path.relative_to(PACKAGE).as_posix(), ast.literal_eval(release)


def test_no_former_name_outlives_the_release_that_was_to_end_it() -> None:
    present = tuple(map(int, __version__.split(".")[:2]))
    late = [each for each in calls() if tuple(map(int, each[1].split("."))) <= present]
    assert late == []
    assert [release for _, release in calls() if not re.fullmatch(r"\d+\.\d+", release)] == []
    assert [path for path, _ in calls()] == ["airflow/connections/extra_fields.py"]
