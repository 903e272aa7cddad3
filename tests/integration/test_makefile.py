"""`make`, as a developer types it. Nothing is set up. And how `make test` runs its suites."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from scripts.all_tests import SUITES, run_together

ROOT = Path(__file__).parents[2]
ROOMS = sorted(path.parent.name for path in ROOT.glob("huggy_connector/*/__init__.py"))


def make(*arguments: str) -> subprocess.CompletedProcess[str]:
    outside = {name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "MFLAGS"))}
    return subprocess.run(["make", *arguments], cwd=ROOT, env=outside, capture_output=True, text=True, check=False)


def test_an_unknown_room_is_refused_with_the_list_of_rooms_before_anything_is_set_up() -> None:
    ran = make("test-kitchen", "VENV=/nowhere")
    assert (ran.returncode, ran.stdout) == (2, "")
    assert ran.stderr.splitlines()[0] == f"There is no room 'kitchen': name one of {' '.join(ROOMS)}."


def test_the_tests_of_a_room_are_those_of_its_folders() -> None:
    planned = {room: make("--dry-run", f"test-{room}").stdout.splitlines()[-1].split()[-2:] for room in ROOMS}
    assert {room: planned[room] for room in ("airflow", "api", "catalogue", "storage")} == {
        "airflow": ["--numprocesses=2", "tests/dags"],
        "api": ["tests/unit/api", "tests/integration/api"],
        "catalogue": ["--numprocesses=2", "tests/unit/catalogue"],
        "storage": ["--numprocesses=2", "tests/integration/storage"],
    }
    assert [room for room, words in planned.items() if not words[-1].startswith("tests/")] == []


def test_help_lists_each_target_that_says_what_it_does() -> None:
    listed = [line.split()[1] for line in make().stdout.splitlines()]
    assert {"quick", "test-<room>", "test", "check", "demo"} <= set(listed)


def test_suites_run_at_once_and_each_says_what_it_says_in_one_piece(
    capfd: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """The first would wait for ever if the second did not run meanwhile."""
    door = str(tmp_path / "door")
    os.mkfifo(door)
    codes = {
        "One": f"open({door!r}).read(); print('of the first')",
        "Two": f"open({door!r}, 'w').close(); print('of the second', flush=True); raise SystemExit('is wrong')",
    }
    failed = run_together({title: (sys.executable, "-c", code) for title, code in codes.items()})
    assert (failed, *capfd.readouterr()) == (["Two"], "== One\nof the first\n== Two\nof the second\nis wrong\n", "")


def test_the_suites_are_all_folders_of_tests() -> None:
    folders = sorted(part for arguments in SUITES.values() for part in arguments if part.startswith("tests/"))
    assert folders == sorted({f"tests/{path.relative_to(ROOT).parts[1]}" for path in ROOT.glob("tests/**/test_*.py")})
