"""SECURITY.md promises what a test holds it to."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "SECURITY.md").read_text(encoding="utf-8")


def test_each_promise_names_tests_that_are_there() -> None:
    rows = [line for line in TEXT.splitlines() if line.startswith("| ") and "Promise" not in line]
    assert len(rows) > 10
    for row in rows:
        named = re.findall(r"`(tests/[^`]+\.py)`", row.split("|")[-2])
        assert named, row
        assert [name for name in named if not (ROOT / name).is_file()] == []


def test_commands_and_files_that_it_names_are_there() -> None:
    targets = re.findall(r"^([a-z]+):.*##", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert set(re.findall(r"`make ([a-z]+)`", TEXT)) <= set(targets)
    files = re.findall(r"`([a-z-]+\.(?:txt|toml))`|\]\(([^)]+)\)", TEXT)
    assert [name for pair in files for name in pair if name and not (ROOT / name).exists()] == []
