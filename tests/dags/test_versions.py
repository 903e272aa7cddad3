"""One module knows how Airflow's versions differ; what an older one lacks, it does without."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

import huggy_connector.airflow as edge
from huggy_connector.airflow import versions
from huggy_connector.airflow.provider_info import get_provider_info
from huggy_connector.airflow.versions import (
    AIRFLOW,
    build_asset_or_time_schedule,
    build_form_widgets,
    build_retry_arguments,
    find_task_state_store,
    parse_version,
)
from huggy_connector.errors import ConfigurationError

ROOT = Path(__file__).resolve().parents[2]
EDGE = Path(edge.__file__).parent
REFUSAL = (
    "huggy-connector runs inside Airflow 3.1 or newer, and this is {version}: install it into a virtual environment of "
    "its own and call `huggy sync` with a BashOperator (docs/airflow.md shows both)."
)


@pytest.mark.parametrize(
    ("version", "parsed"), [("3.1.0", (3, 1)), ("3.2.2", (3, 2)), ("3.4.0.dev0", (3, 4)), ("4.0.0b1", (4, 0))]
)
def test_airflow_3_1_and_newer_are_accepted(version: str, parsed: tuple[int, int]) -> None:
    assert parse_version(version) == parsed


@pytest.mark.parametrize("version", ["3.0.6", "2.11.0", "1.10.15"])
def test_an_older_airflow_is_refused_with_one_sentence(version: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        parse_version(version)
    assert str(caught.value) == REFUSAL.format(version=version)


@pytest.mark.parametrize("module", ["assets", "dags", "hook", "operators", "plugin", "timetable"])
def test_what_an_older_airflow_imports_ends_with_that_sentence(module: str, tmp_path: Path) -> None:
    (tmp_path / "airflow").mkdir()
    (tmp_path / "airflow" / "__init__.py").write_text('__version__ = "2.11.0"\n')
    ran = subprocess.run(
        [sys.executable, "-c", f"import huggy_connector.airflow.{module}"],
        env={**os.environ, "PYTHONPATH": f"{tmp_path}{os.pathsep}{ROOT}"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 1
    assert ran.stderr.splitlines()[-1].partition(": ")[2] == REFUSAL.format(version="2.11.0")


def test_no_other_module_asks_for_airflows_version() -> None:
    asking = {path.name for path in EDGE.rglob("*.py") if {"AIRFLOW", "__version__"} & {*path.read_text().split()}}
    assert asking == {"versions.py"}


@pytest.mark.skipif(AIRFLOW < (3, 3), reason="this Airflow has no retry policies")
def test_from_3_3_a_policy_waits_as_long_as_an_error_asks_and_otherwise_leaves_it_to_the_task() -> None:
    from airflow.sdk import RetryDecision

    minutes: dict[type[BaseException], timedelta] = {KeyError: timedelta(minutes=15)}
    policy = build_retry_arguments(lambda error: minutes.get(type(error)), reason="It was asked for.")["retry_policy"]
    decisions = [policy.evaluate(error, 1, 2) for error in (KeyError(), OSError())]
    assert decisions == [
        RetryDecision.retry(delay=timedelta(minutes=15), reason="It was asked for."),
        RetryDecision.default(),
    ]


@pytest.mark.parametrize("airflow", [(3, 1), (3, 2)])
def test_before_3_3_an_operator_has_no_policy(airflow: tuple[int, int]) -> None:
    assert build_retry_arguments(lambda _: timedelta(minutes=15), reason="", airflow=airflow) == {}


@pytest.mark.parametrize("time", ["*/5 * * * *", "a timetable"])
@pytest.mark.parametrize(
    ("airflow", "modules"),
    [
        ((3, 1), {"airflow.timetables.trigger", "airflow.timetables.assets"}),
        ((3, 2), {"airflow.sdk"}),
        ((3, 4), {"airflow.sdk"}),
    ],
)
def test_a_schedule_of_times_and_an_asset_is_built_from_where_its_airflow_has_it(
    airflow: tuple[int, int], modules: set[str], time: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: set[str] = set()

    def load(name: str) -> Any:
        asked.add(name)
        return SimpleNamespace(CronTriggerTimetable=lambda *cron, timezone: (cron, timezone), AssetOrTimeSchedule=dict)

    monkeypatch.setattr(versions, "import_module", load)
    given: Any = time if "*" in time else (time,)
    built = build_asset_or_time_schedule(given, "asset", airflow=airflow)  # type: ignore[arg-type]
    assert built == {"timetable": ((time,), "UTC") if "*" in time else given, "assets": "asset"}
    assert asked <= modules


def test_before_3_3_there_is_no_task_state_store() -> None:
    store = SimpleNamespace(set=print)
    assert (find_task_state_store({}), find_task_state_store({"task_state_store": store})) == (None, store)


def test_the_form_of_3_1_has_the_fields_of_the_newer_ones() -> None:
    def describe(kind: str) -> Any:
        return lambda label, *, validators, description: (kind, label, validators, description)

    wtforms = SimpleNamespace(**{name: describe(name) for name in ("IntegerField", "PasswordField", "StringField")})
    validators = SimpleNamespace(Optional=lambda: "optional", any_of=lambda choices: ("any of", choices))
    modules = {"wtforms": wtforms, "wtforms.validators": validators}
    described = get_provider_info()["connection-types"][0]["conn-fields"]
    fields = build_form_widgets(described, load=modules.__getitem__)
    assert {name: (label, text) for name, (_, label, _, text) in fields.items()} == {
        name: (field["label"], field["description"]) for name, field in described.items()
    }
    kinds = {name: (kind, how) for name, (kind, _, how, _) in fields.items()}
    assert kinds == dict.fromkeys(described, ("StringField", ["optional"])) | {
        "company_id": ("IntegerField", ["optional"]),
        "api_version": ("StringField", ["optional", ("any of", ["v3", "v2"])]),
        "language": ("StringField", ["optional", ("any of", ["en", "pt-br", "es"])]),
        **{
            name: ("PasswordField", ["optional"])
            for name, field in described.items()
            if field["schema"].get("format") == "password"
        },
    }
