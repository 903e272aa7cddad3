"""What the house promises of itself: paths that documents name are there, and no folder or module grows too big."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

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
