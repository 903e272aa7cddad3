"""What developers are told to run is there: in the Makefile, the workflow, the hooks and the templates."""

from __future__ import annotations

import re
import shlex
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import settings

from tests.documents import list_tools

ROOT = Path(__file__).parents[2]
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")
TARGETS = set(re.findall(r"^([a-z-]+):(?!=)", MAKEFILE, re.MULTILINE))
ROOMS = {path.name for path in (ROOT / "huggy_connector").iterdir() if (path / "__init__.py").is_file()}
WORKFLOWS = sorted((ROOT / ".github/workflows").glob("*.yml"))
FORMS = sorted((ROOT / ".github/ISSUE_TEMPLATE").glob("*_*.yml"))
FROM_ELSEWHERE = [["chart.py"], ["-W", "error::FutureWarning"], ["-c", "pass"]]
"""A file that the tutorial has its reader write, and options of Python itself."""
TEXTS = [ROOT / "CONTRIBUTING.md", ROOT / ".github/pull_request_template.md", *WORKFLOWS]


def read_yaml(path: Path) -> Any:
    return yaml.safe_load(path.read_text(encoding="utf-8"))


@pytest.mark.parametrize("path", TEXTS, ids=lambda path: path.name)
def test_each_make_command_that_is_told_is_a_target_of_the_makefile(path: Path) -> None:
    told = set(re.findall(r"(?:`|run: |^)make ([a-z<>-]+)", path.read_text(encoding="utf-8"), re.MULTILINE))
    rooms = {"test-<room>", *(f"test-{room}" for room in ROOMS)}
    assert told
    assert told - TARGETS - rooms == set()


def test_each_make_command_of_a_document_is_a_target_of_the_makefile() -> None:
    told = {(where, words[1]) for where, words in list_tools("make") if len(words) > 1}
    rooms = {"test-<room>", *(f"test-{room}" for room in ROOMS)}
    assert {("docs/tutorial.md", "demo"), ("README.pt-BR.md", "test-landing")} <= told
    assert {(where, target) for where, target in told if target not in TARGETS | rooms} == set()


def test_each_extra_that_a_document_installs_is_one_of_the_package() -> None:
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["optional-dependencies"]
    told = {(where, extra) for where, words in list_tools("pip", "uv") for extra in list_extras(words)}
    assert {("README.md", "airflow"), ("docs/pt-BR/report.md", "report")} <= told
    assert {(where, extra) for where, extra in told if extra not in extras} == set()


def list_extras(words: list[str]) -> list[str]:
    brackets = (re.fullmatch(r"(?:huggy-connector|\.)\[(.*)\]", word) for word in words)
    return [extra.strip() for match in brackets if match for extra in match[1].split(",")]


def test_each_script_that_a_document_runs_is_there_and_knows_its_options() -> None:
    told = [(where, words) for where, words in list_tools("python") if words[1:] not in FROM_ELSEWHERE]
    assert ("README.md", ["python", "-m", "benchmarks.extract", "--chats", "2000"]) in told
    assert [fault for where, words in told if (fault := find_fault(where, words[1:]))] == []


def find_fault(where: str, words: list[str]) -> str:
    is_module = words[0] == "-m"
    package = f"{words[1].replace('.', '/')}/__main__.py" if is_module else ""
    name = package.replace("/__main__", "") if is_module and not (ROOT / package).is_file() else package or words[0]
    if not (ROOT / name).is_file():
        return f"{where}: there is no {name}"
    options = {word for word in words[1 + is_module :] if word.startswith("--")}
    code = (ROOT / name).read_text(encoding="utf-8")
    unknown = {option for option in options if f'add_argument("{option}"' not in code}
    return f"{where}: {name} does not know {unknown}" if unknown else ""


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_a_workflow_runs_nothing_but_commands_of_the_makefile_with_no_right_to_write(path: Path) -> None:
    workflow = read_yaml(path)
    runs = [step["run"] for job in workflow["jobs"].values() for step in job["steps"] if "run" in step]
    assert workflow["permissions"] == {"contents": "read"}
    assert [run for run in runs if shlex.split(run)[0] != "make"] == []
    assert {"make quick", "make check", "make test", "make audit"} <= set(runs)


def test_the_workflow_tries_each_python_that_the_package_names() -> None:
    named = re.findall(r'"Programming Language :: Python :: (3\.\d+)"', (ROOT / "pyproject.toml").read_text())
    jobs = read_yaml(ROOT / ".github/workflows/ci.yml")["jobs"]
    assert {name: job["strategy"]["matrix"]["python"] for name, job in jobs.items() if "strategy" in job} == {
        "quick": named,
        "test": named,
    }


def test_hooks_run_the_tools_of_make_check_and_fetch_nothing() -> None:
    [repository] = read_yaml(ROOT / ".pre-commit-config.yaml")["repos"]
    hooks = repository["hooks"]
    checked = re.findall(r"\$\(BIN\)/(ruff check|ruff format|mypy|lint-imports)", MAKEFILE)
    assert repository["repo"] == "local"
    assert {hook["language"] for hook in hooks} == {"system"}
    assert {hook["entry"].removeprefix(".venv/bin/") for hook in hooks} == set(checked)


@pytest.mark.parametrize("path", FORMS, ids=lambda path: path.name)
def test_a_form_asks_questions_with_names_of_their_own(path: Path) -> None:
    form = read_yaml(path)
    names = [part["id"] for part in form["body"] if part["type"] != "markdown"]
    assert {"name", "description", "body"} <= form.keys()
    assert len(set(names)) == len(names) > 1


def test_a_report_of_a_bug_brings_what_the_doctor_says() -> None:
    asked = [
        part["attributes"]["label"] for part in read_yaml(ROOT / ".github/ISSUE_TEMPLATE/bug_report.yml")["body"][1:]
    ]
    assert asked[-1] == "What does `huggy doctor --json` say?"


def test_each_room_has_tests_that_make_finds_by_its_name() -> None:
    folders = {room: [ROOT / "tests" / kind / room for kind in ("unit", "integration")] for room in ROOMS}
    folders["airflow"] = [ROOT / "tests/dags"]
    lacking = [room for room, tried in folders.items() if not any([*each.glob("test_*.py")] for each in tried)]
    assert lacking == []


def test_no_property_has_a_deadline() -> None:
    assert [name for name in ("untimed", "quick") if settings.get_profile(name).deadline is not None] == []
