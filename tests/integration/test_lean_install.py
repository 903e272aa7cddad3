"""The wheel without extras, in an environment of its own: library and command line, no Airflow, no server.

Each command that needs an extra names it. The least and the newest versions that are allowed do the work, too.
"""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.version import Version

from huggy_connector.extras import MODULES, install_command
from scripts.environments import PINNED, PYTHONS, ROOT, THIS_PYTHON, Environment, build, create_environment, name_file
from tests.sizes import FULL

pytestmark = [pytest.mark.proof, pytest.mark.timeout(3600)]
at_full_size = pytest.mark.skipif(not FULL, reason="only at full size, by make proof")
each_python = pytest.mark.parametrize(
    "python",
    [version if version == THIS_PYTHON else pytest.param(version, marks=at_full_size) for version in PYTHONS],
    scope="module",
)
TESTS = [
    *("unit/settings", "unit/cli", "unit/rows"),
    "unit/api/test_client.py",  # tenacity
    "unit/api/test_response_limits.py",  # httpcore
    "unit/api/test_stored_token.py",  # pydantic
    "unit/api/test_token_claims.py",  # pyjwt
    "unit/landing/test_id_set.py",  # pyroaring
    "unit/pipeline/test_installation.py",  # packaging
    "unit/privacy/test_detectors.py",  # phonenumbers, python-stdnum
    "unit/report",  # babel, jinja2, matplotlib
    "integration/api/test_http.py",  # httpx, h11
    "integration/api/test_proxies_over_http.py",  # socksio
    "integration/api/test_token_file.py",  # filelock
    "integration/api/test_token_redis.py",  # cryptography
    "integration/budget/test_redis.py",  # redis
    "integration/landing/test_change_detection.py",  # pyarrow
    "integration/landing/test_parquet.py",
    "integration/sandbox/test_running.py",  # aiohttp
    "integration/storage/test_obstore_adapter.py",  # obstore
    "integration/warehouse/test_calendar.py",  # holidays
    "integration/warehouse/test_load.py",  # duckdb
    "integration/warehouse/test_workbook.py",  # xlsxwriter
]
"""At full size: tests of the modules that import each direct dependency."""
TOOLS = ("hypothesis", "moto", "pandas", "pytest", "pytest-timeout", "pytest-xdist")
"""What the tests need besides; the S3 of the tests is moto's server, and their warm process has pandas."""
WITHOUT_AIRFLOW = sorted({*MODULES} - {"airflow"})

LIST_MODULES = """
import json
from importlib.util import find_spec
from huggy_connector.extras import MODULES
print(json.dumps([module for extra in MODULES.values() for module in extra if find_spec(module)]))
"""
IMPORT_ALL = """
import importlib, json
from pathlib import Path
import huggy_connector

root, imported, failed = Path(huggy_connector.__file__).parent, 0, {}
for path in sorted(root.rglob("*.py")):
    parts = path.relative_to(root).with_suffix("").parts
    if parts[0] in {"airflow", "serve"} or parts[:2] in {("sandbox", "server"), ("sandbox", "webhook")}:
        continue
    name = ".".join(("huggy_connector", *parts)).removesuffix(".__init__")
    try:
        importlib.import_module(name)
        imported += 1
    except Exception as error:
        failed[name] = repr(error)
print(json.dumps([str(root), imported > 100, failed]))
"""
LIST_VERSIONS = """
import json, sys
from importlib.metadata import version
print(json.dumps({name: version(name) for name in sys.argv[1:]}))
"""
ACCOUNT = {
    "HUGGY_BASE_URL": "http://127.0.0.1:1/v3",
    "HUGGY_AUTH_URL": "http://127.0.0.1:1/oauth",
    "HUGGY_ACCESS_TOKEN": "invented",
    "HUGGY_CLIENT_ID": "1",
    "HUGGY_CLIENT_SECRET": "invented",
    "HUGGY_REFRESH_TOKEN": "invented",
}
"""Nothing answers there: a command that goes on says something else."""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dist")
    build(folder, "--wheel")
    return next(folder.glob("*.whl"))


def create(folder: Path, python: str) -> Environment:
    made = create_environment(folder, python=python)
    return made or pytest.skip(f"There is no Python {python} on this machine.")


@pytest.fixture(scope="module")
def lean(python: str, wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Environment:
    """The wheel and its dependencies alone, in a folder with a folder `airflow`, as many people have one."""
    made = create(tmp_path_factory.mktemp("lean"), python)
    made.install(*PINNED, name_file(wheel))
    (made.folder / "airflow").mkdir()
    return made


@each_python
def test_the_wheel_alone_brings_no_module_of_an_extra(lean: Environment) -> None:
    assert lean.run("python", "-I", "-c", LIST_MODULES).stdout == "[]\n"


@each_python
def test_every_module_outside_of_the_rooms_of_the_extras_imports(lean: Environment) -> None:
    ran = lean.run("python", "-I", "-c", IMPORT_ALL)
    assert ran.returncode == 0, ran.stderr
    place, are_many, failed = json.loads(ran.stdout)
    assert (Path(place).is_relative_to(lean.folder / "venv"), are_many, failed) == (True, True, {})


@each_python
def test_the_command_line_helps(lean: Environment) -> None:
    ran = lean.run("huggy", "--help")
    assert (ran.returncode, ran.stdout.startswith("Usage: huggy "), ran.stderr) == (0, True, "")


@each_python
@pytest.mark.parametrize(
    ("extra", "subject", "command", "environ"),
    [
        ("sandbox", "huggy sandbox", "sandbox", {}),
        ("sandbox", "huggy demo", "demo", {}),
        ("report", "A report", "report", {}),
        ("redis", "The Redis of HUGGY_BUDGET", "check", {"HUGGY_BUDGET": "redis://127.0.0.1:1"}),
        ("redis", "The Redis of HUGGY_TOKEN_STORE", "check", {"HUGGY_TOKEN_STORE": "redis://127.0.0.1:1"}),
        ("object-storage", "The place s3://bucket/huggy", "land chats", {"HUGGY_LANDING": "s3://bucket/huggy"}),
        ("socks", "The SOCKS proxy of ALL_PROXY", "check", {"ALL_PROXY": "socks5://127.0.0.1:1"}),
    ],
)
def test_a_command_whose_extra_is_missing_names_it_and_leaves_nothing(
    lean: Environment, extra: str, subject: str, command: str, environ: dict[str, str]
) -> None:
    state = {"HUGGY_STATE": str(lean.folder / "venv" / "state")}
    ran = lean.run("huggy", *command.split(), environ={**ACCOUNT, **state, **environ})
    said = f"huggy: {subject} needs the extra {extra}: {install_command(extra)}.\n"
    left = sorted(each.name for each in lean.folder.iterdir())
    assert (ran.returncode, ran.stdout, ran.stderr, left) == (2, "", said, ["airflow", "venv"])


@each_python
@pytest.mark.parametrize(
    ("extra", "subject", "code"),
    [
        ("airflow", "huggy_connector.airflow", "import huggy_connector.airflow"),
        ("airflow", "huggy_connector.airflow", "import huggy_connector.airflow.dags"),
        ("airflow", "huggy_connector.airflow", "from huggy_connector.airflow import HuggyHook"),
        ("sandbox", "huggy_connector.sandbox", "from huggy_connector.sandbox import Options, Sandbox"),
        ("sandbox", "huggy_connector.sandbox", "import huggy_connector.sandbox.server.running"),
    ],
)
def test_an_import_that_needs_an_extra_is_an_import_error_that_names_it(
    lean: Environment, extra: str, subject: str, code: str
) -> None:
    ran = lean.run("python", "-c", f"try:\n {code}\nexcept ImportError as error:\n print(error)")
    assert (ran.stdout, ran.stderr) == (f"{subject} needs the extra {extra}: {install_command(extra)}.\n", "")


@each_python
@pytest.mark.parametrize("extra", [*(pytest.param(each, marks=at_full_size) for each in MODULES), "all"])
def test_an_extra_brings_its_modules_and_the_command_line_works(
    python: str, wheel: Path, tmp_path: Path, extra: str
) -> None:
    made = create(tmp_path, python)
    made.install(*PINNED, name_file(wheel, extra))
    wanted = [module for each, modules in MODULES.items() if extra in (each, "all") for module in modules]
    ran = made.run("python", "-c", f"import {', '.join(wanted)}", environ={"AIRFLOW_HOME": str(tmp_path)})
    assert (ran.returncode, made.run("huggy", "--help").returncode) == (0, 0), ran.stderr


@each_python
def test_with_the_sandbox_the_demo_works(python: str, wheel: Path, tmp_path: Path) -> None:
    made = create(tmp_path, python)
    made.install(*PINNED, name_file(wheel, "sandbox"))
    ran = made.run("huggy", "demo", "--chats", "60")
    assert (ran.returncode, "Chats a day by channel" in ran.stdout) == (0, True), ran.stderr


def read_least_versions(*extras: str) -> dict[str, str]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    texts = [*project["dependencies"], *(text for extra in extras for text in project["optional-dependencies"][extra])]
    bounds = ((Requirement(text).name, each) for text in texts for each in Requirement(text).specifier)
    return {name: each.version for name, each in bounds if each.operator == ">="}


def pin(*names: str) -> list[str]:
    """Return the requirements of constraints.txt for some packages."""
    return re.findall(
        rf"^(?:{'|'.join(names)})==\S+$", (ROOT / "constraints.txt").read_text(encoding="utf-8"), re.MULTILINE
    )


@at_full_size
@each_python
@pytest.mark.parametrize("resolution", ["lowest-direct", "highest"])
def test_the_least_and_the_newest_versions_that_are_allowed_do_the_work(
    python: str, resolution: str, wheel: Path, tmp_path: Path
) -> None:
    least = read_least_versions(*WITHOUT_AIRFLOW)
    made = create(tmp_path, python)
    flags = [part for extra in WITHOUT_AIRFLOW for part in ("--extra", extra)]
    made.install("--resolution", resolution, "--requirements", str(ROOT / "pyproject.toml"), *flags)
    made.install("--no-deps", name_file(wheel))
    told = json.loads(made.run("python", "-I", "-c", LIST_VERSIONS, *least).stdout)
    if resolution == "lowest-direct":
        assert {name: Version(version) for name, version in told.items()} == {
            name: Version(version) for name, version in least.items()
        }
    ran = made.run("huggy", "demo", "--chats", "60")
    assert (ran.returncode, "Chats a day by channel" in ran.stdout) == (0, True), ran.stderr
    written = made.run("huggy", "report", "--warehouse", "huggy-demo/huggy.duckdb", "--out", "report.html")
    assert (written.returncode, (made.folder / "report.html").exists()) == (0, True), written.stderr
    (tmp_path / "kept.txt").write_text("".join(f"{name}=={version}\n" for name, version in told.items()))
    made.install("--constraint", str(tmp_path / "kept.txt"), *pin(*TOOLS), "moto[server]")
    tests = [f"tests/{each}" for each in TESTS]
    command = ["-m", "pytest", "-q", "-p", "no:cacheprovider", *tests]
    tested = made.run("python", *command, cwd=ROOT)
    assert tested.returncode == 0, tested.stdout[-5000:]
