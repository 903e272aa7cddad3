"""The wheel in an Airflow of an earlier year: it changes nothing there, and does the same work.

`make test` installs it into one older Airflow and reads every DAG there. `make proof` does so in each, and runs a DAG
by `airflow dags test`, the tests of the DAGs, and those of four real processes: schedule, events, backfill, pages, the
form of a connection. Airflow 3.3 is the one of all other tests.
"""

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from huggy_connector.airflow.provider_info import get_provider_info
from huggy_connector.sandbox import Sandbox
from scripts.stack import ROOT
from tests.sizes import FULL

AIRFLOWS = {"3.1.8": "2026-03-31", "3.2.2": "2026-06-15"}
"""Each with a day soon after its release. What it needs is installed as it was on that day: Airflow's own lists of
pinned versions, with which people install it, come from a place that the tests do not ask."""
EXTRAS = (
    "amazon,celery,cncf-kubernetes,fab,google,http,microsoft-azure,mysql,openlineage,pandas,postgres,redis,slack,"
    "snowflake,ssh"
)
"""Extras with which people install Airflow."""
TESTING = (
    "pytest>=9.0.3",
    "pytest-timeout>=2.4",
    "pytest-xdist>=3.8",
    "hypothesis>=6.140",
    "jsonschema",
    "playwright>=1.55.1",
    "prometheus-client",  # the extra serve wants a newer starlette than Airflow 3.1 allows
    "psutil",
    "asyncpg",
    "psycopg2-binary",
)
TESTS = {
    "dags": ("tests/dags",),
    "processes": tuple(
        f"tests/e2e/test_{name}.py" for name in ("sync", "live", "backfill", "report_page", "connection_form")
    ),
}
"""The tests that pass in each Airflow."""
NETWORK_ERROR = re.compile(
    r"dns error|tcp connect error|connection (refused|reset)|unreachable|timed out", re.IGNORECASE
)
READ_ALL = """
import importlib, json, pkgutil
from pathlib import Path
import airflow
import huggy_connector.airflow as edge
for module in pkgutil.walk_packages(edge.__path__, edge.__name__ + "."):
    importlib.import_module(module.name)
from tests.dags.internals import load_dags
found = [load_dags(Path(folder)) for folder in ("dags", "examples")]
print(json.dumps({
    "airflow": airflow.__version__,
    "package": edge.__file__,
    "errors": [text for bag in found for text in bag.import_errors.values()],
    "dags": sorted(dag_id for bag in found for dag_id in bag.dags),
}))
"""
FORM = """
import json
from airflow.api_fastapi.core_api.services.ui.connections import HookMetaService
(form,) = [each for each in HookMetaService.hook_meta_data() if each.connection_type == "huggy"]
print(json.dumps({
    "name": form.hook_name,
    "host": form.standard_fields.host.title,
    "schema_is_hidden": form.standard_fields.url_schema.hidden,
    "fields": {name: field["schema"]["title"] for name, field in form.extra_fields.items()},
    "secret": [name for name, field in form.extra_fields.items() if field["schema"].get("format") == "password"],
}))
"""

pytestmark = [pytest.mark.proof, pytest.mark.timeout(10_800)]
needs_full = pytest.mark.skipif(not FULL, reason="minutes of work: by make proof")


@dataclass(frozen=True)
class OlderAirflow:
    version: str
    python: Path
    folder: Path
    wheel: Path
    environ: Mapping[str, str]
    packages_before: Mapping[str, str]
    """Each package and its version before ours was installed."""

    def run(self, *arguments: str, **environ: str) -> str:
        """Run Python there, with more in its environment. Return the standard output."""
        ran = subprocess.run(
            [self.python, *arguments],
            cwd=self.folder,
            env={**self.environ, **environ},
            capture_output=True,
            text=True,
            check=False,
        )
        assert ran.returncode == 0, ran.stdout[-6000:] + ran.stderr[-3000:]
        return ran.stdout

    def run_tests(self, *paths: str) -> str:
        """Run tests there, and return pytest's last line. Warnings of libraries of that time are no failures."""
        options = ("-p", "no:cacheprovider", "-p", "no:anyio", "-W", "default", "--timeout=3600", "-q")
        return self.run("-m", "pytest", *options, *paths, HUGGY_PROOF="full").splitlines()[-1]


def run_uv(*arguments: str, environ: Mapping[str, str]) -> str:
    """Run uv. Skip the test if there is no network; fail it for any other error."""
    ran = subprocess.run(
        [sys.executable, "-m", "uv", *arguments], env=environ, capture_output=True, text=True, check=False
    )
    if ran.returncode and NETWORK_ERROR.search(ran.stderr):
        pytest.skip("No package can be fetched: this machine reaches no package index now.")
    assert ran.returncode == 0, ran.stderr[-3000:]
    return ran.stdout


def list_packages(python: Path, environ: Mapping[str, str]) -> dict[str, str]:
    listed = json.loads(run_uv("pip", "list", "--format", "json", "--python", str(python), environ=environ))
    return {each["name"]: each["version"] for each in listed}


@pytest.fixture(scope="module")
def wheel(environ: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder), str(ROOT)]
    subprocess.run(build, check=True, capture_output=True, env=environ)
    return next(folder.glob("*.whl"))


@pytest.fixture(
    scope="module",
    params=["3.1.8", pytest.param("3.2.2", marks=needs_full)],
)
def older(
    request: pytest.FixtureRequest,
    wheel: Path,
    environ: dict[str, str],
    connection_into: Callable[[Path], str],
    tmp_path_factory: pytest.TempPathFactory,
) -> OlderAirflow:
    """An older Airflow as somebody had it, then our wheel as docs/airflow.md says."""
    version: str = request.param
    folder = tmp_path_factory.mktemp("older")
    python = folder / "venv" / "bin" / "python"
    of_uv = {**environ, "UV_COMPILE_BYTECODE": "0"}
    run_uv("venv", "--python", sys.executable, str(folder / "venv"), environ=of_uv)
    install = ("pip", "install", "--python", str(python))
    airflow = f"apache-airflow=={version}"
    run_uv(*install, "--exclude-newer", AIRFLOWS[version], airflow, environ=of_uv)
    before = list_packages(python, of_uv)
    run_uv(*install, airflow, f"huggy-connector[airflow] @ {wheel.as_uri()}", environ=of_uv)
    for name in ("dags", "docs", "examples", "plugins", "scripts", "tests"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", folder)
    settings = {
        "AIRFLOW_HOME": str(folder / "airflow"),
        "AIRFLOW__CORE__DAGS_FOLDER": str(folder / "dags"),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__TEST_CONNECTION": "Enabled",
        "AIRFLOW_CONN_HUGGY_DEFAULT": connection_into(folder),
        "HUGGY_STATE": str(folder / "state"),
    }
    return OlderAirflow(version, python, folder, wheel, {**environ, **settings}, before)


@pytest.fixture(scope="module")
def ready_for_tests(older: OlderAirflow) -> OlderAirflow:
    ours = f"huggy-connector[object-storage,report,sandbox] @ {older.wheel.as_uri()}"
    run_uv("pip", "install", "--python", str(older.python), ours, *TESTING, environ=older.environ)
    return older


def test_airflow_and_all_that_it_brought_keep_their_versions(older: OlderAirflow) -> None:
    after = list_packages(older.python, older.environ)
    assert {name: after.get(name) for name in older.packages_before} == older.packages_before
    assert (after["apache-airflow"], after["apache-airflow-core"]) == (older.version, older.version)
    assert "huggy-connector" in after


@needs_full
@pytest.mark.parametrize("version", AIRFLOWS)
def test_nothing_moves_where_airflow_has_many_providers(
    version: str, wheel: Path, environ: dict[str, str], tmp_path: Path
) -> None:
    """Resolved, not installed: they are four hundred packages."""
    wanted, resolved = tmp_path / "wanted.in", tmp_path / "resolved.txt"
    files = ("--output-file", str(resolved), str(wanted))
    resolve = ("pip", "compile", "--python", sys.executable, "--no-header", "--no-annotate", *files)
    wanted.write_text(f"apache-airflow[{EXTRAS}]=={version}\n")
    run_uv(*resolve, "--exclude-newer", AIRFLOWS[version], environ=environ)
    before = {*resolved.read_text().splitlines()}
    wanted.write_text(f"{wanted.read_text()}huggy-connector[airflow] @ {wheel.as_uri()}\n")
    run_uv(*resolve, environ=environ)
    assert before - {*resolved.read_text().splitlines()} == set()


def test_each_module_is_imported_and_each_dag_is_read(older: OlderAirflow) -> None:
    read = json.loads(older.run("-c", READ_ALL).splitlines()[-1])
    assert Path(read.pop("package")).is_relative_to(older.folder / "venv")
    assert read == {
        "airflow": older.version,
        "errors": [],
        "dags": [
            "huggy_backfill",
            "huggy_campaign",
            "huggy_chats_of_a_customer",
            "huggy_churn_segment",
            "huggy_close_idle_chats",
            "huggy_daily_report",
            "huggy_live",
            "huggy_power_bi",
            "huggy_reconcile",
            "huggy_satisfaction",
            "huggy_sync",
        ],
    }


def test_the_connections_form_has_our_fields(older: OlderAirflow) -> None:
    form = json.loads(older.run("-c", FORM).splitlines()[-1])
    fields = get_provider_info()["connection-types"][0]["conn-fields"]
    assert form == {
        "name": "Huggy",
        "host": "Base URL",
        "schema_is_hidden": True,
        "fields": {name: field["label"] for name, field in fields.items()},
        "secret": [name for name, field in fields.items() if field["schema"].get("format") == "password"],
    }


@needs_full
def test_airflow_dags_test_lands_every_chat(older: OlderAirflow, account: Sandbox) -> None:
    older.run("-m", "airflow", "db", "migrate")
    assert "Connection success!" in older.run("-m", "airflow", "connections", "test", "huggy_default")
    older.run("-m", "airflow", "dags", "test", "huggy_sync")
    import duckdb

    with duckdb.connect(str(older.folder / "desk.duckdb"), read_only=True) as connection:
        ids = [row[0] for row in connection.execute("SELECT id FROM chats ORDER BY id").fetchall()]
    assert ids == sorted(map(int, account.truth("chats")["ids"]))


@needs_full
@pytest.mark.parametrize("tests", TESTS)
def test_the_same_tests_pass_there(ready_for_tests: OlderAirflow, tests: str) -> None:
    assert re.search(r"\d+ passed", ready_for_tests.run_tests(*TESTS[tests]))


@pytest.mark.parametrize(
    ("options", "outcome"),
    [
        (("--index-url", "http://127.0.0.1:9/simple"), pytest.skip.Exception),
        (("--no-index",), AssertionError),
    ],
    ids=["an index that is not reached is a reason to skip", "a package that is not there is none"],
)
def test_only_a_network_error_skips(
    options: tuple[str, ...], outcome: type[BaseException], environ: dict[str, str], tmp_path: Path
) -> None:
    (tmp_path / "wanted.in").write_text("huggy-nowhere\n")
    asked = ("pip", "compile", "--no-cache", *options, str(tmp_path / "wanted.in"))
    with pytest.raises(outcome):
        run_uv(*asked, environ={**environ, "UV_HTTP_RETRIES": "0"})
