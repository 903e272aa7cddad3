"""A release is refused for a second copy of the version, an undated section, and a wheel that is not the package."""

from __future__ import annotations

import zipfile
from datetime import date
from pathlib import Path

import pytest

from huggy_connector import __version__
from scripts.environments import ROOT
from scripts.release_check import ReleaseError, check_changelog, compare_files, find_copies

TODAY = date(2026, 11, 29)
GOOD = "# Changelog\n\n## [Unreleased]\n\n- More.\n\n## [0.2.0] - 2026-11-29\n\n- New.\n\n## [0.1.0] - 2026-11-01\n"


def test_the_version_stands_in_one_place_of_this_repository() -> None:
    assert find_copies(ROOT, __version__) == []


@pytest.mark.slow
@pytest.mark.parametrize(
    ("text", "is_copy"),
    [
        ('version = "0.2.0"', True),
        ("Version: 0.2.0", True),
        ("huggy-connector[airflow,report]==0.2.0", True),
        ("huggy_connector-0.2.0.tar.gz", True),
        ("since version 0.2.0", False),
        ("other==0.2.0", False),
        ('version = "10.2.0"', False),
        ('version = "0.2.01"', False),
        ("huggy-connector==0.2.0.1", False),
    ],
)
def test_a_copy_sets_the_version_or_asks_for_it(tmp_path: Path, text: str, *, is_copy: bool) -> None:
    (tmp_path / "huggy_connector").mkdir()
    for name in ("huggy_connector/__init__.py", "CHANGELOG.md", "constraints.txt"):
        (tmp_path / name).write_text("0.2.0")
    (tmp_path / "huggy_connector" / "other.py").write_text(text)
    assert find_copies(tmp_path, "0.2.0") == ["huggy_connector/other.py"] * is_copy


def test_the_newest_section_is_of_the_version_and_dated() -> None:
    check_changelog(GOOD, "0.2.0", today=TODAY)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("# Changelog\n", "The newest section of CHANGELOG.md is not of 0.2.0: write '## [0.2.0] - 2026-11-29'."),
        (
            GOOD.replace("[0.2.0]", "[0.3.0]"),
            "The newest section of CHANGELOG.md is not of 0.2.0: write '## [0.2.0] - 2026-11-29'.",
        ),
        *(
            (
                GOOD.replace(" - 2026-11-29", day),
                "The section 0.2.0 of CHANGELOG.md has no day up to today: write '- 2026-11-29' after it.",
            )
            for day in ("", " - soon", " - 2026-11-30")
        ),
    ],
)
def test_another_section_or_one_without_its_day_is_refused(text: str, sentence: str) -> None:
    with pytest.raises(ReleaseError) as raised:
        check_changelog(text, "0.2.0", today=TODAY)
    assert str(raised.value) == sentence


@pytest.mark.slow
def test_the_wheel_holds_the_package_and_nothing_else(tmp_path: Path) -> None:
    (tmp_path / "huggy_connector" / "__pycache__").mkdir(parents=True)
    for name in ("one.py", "two.sql", "__pycache__/one.pyc"):
        (tmp_path / "huggy_connector" / name).touch()
    wheel = tmp_path / "a.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        for name in ("huggy_connector/one.py", "tests/test_one.py", "huggy_connector-0.2.0.dist-info/METADATA"):
            archive.writestr(name, "")
    assert list(compare_files(tmp_path, wheel, "0.2.0")) == [
        "The wheel lacks huggy_connector/two.sql.",
        "The wheel holds tests/test_one.py, which is no file of the package.",
    ]
