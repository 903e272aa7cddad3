"""The kits of examples/clients, each run by its tool, in an environment of its own, on a file that a sync has made.

`make test` runs dbt; `make proof` SQLMesh and Superset too. The versions are those that docs/clients names.
"""

import json
import re
import shlex
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pytest

from huggy_connector.pipeline import Pipeline
from huggy_connector.sandbox import Options, Sandbox
from huggy_connector.warehouse import list_tables
from scripts.environments import Environment, create_environment
from scripts.kits.facts import LISTED, find_key
from tests.integration.desks import settings_for
from tests.sizes import FULL

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs" / "clients"
CLIENTS = ROOT / "examples" / "clients"


@pytest.fixture(scope="module")
def warehouse(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two companies, one with messages."""
    folder = tmp_path_factory.mktemp("desk")
    for company, chats in ((4242, 60), (77, 40)):
        with Sandbox(Options(chats=chats, days=20, limit=0, company=company)) as account:
            Pipeline(settings_for(account, folder)).sync(idempotency_key=f"of {company}", messages=company == 77)
    return folder / "huggy.duckdb"


def install(folder: Path, page: str) -> Environment:
    """Return an environment with what the last `pip install` of a page of docs tells its reader to install."""
    environment = create_environment(folder)
    assert environment is not None
    lines = re.findall(r"^pip install (.*)$", (DOCS / page).read_text(encoding="utf-8"), re.MULTILINE)
    environment.install(*shlex.split(lines[-1]))
    return environment


def copy_kit(name: str, folder: Path) -> Path:
    return shutil.copytree(CLIENTS / name, folder / "kit")


def succeed(done: "subprocess.CompletedProcess[str]") -> str:
    assert done.returncode == 0, (done.stdout + done.stderr)[-6000:]
    return done.stdout


def test_no_two_rows_share_the_key_of_their_table(warehouse: Path) -> None:
    with duckdb.connect(str(warehouse), read_only=True) as connection:

        def count_alike(name: str, key: tuple[str, ...]) -> int:
            columns = ", ".join(f'"{column}"' for column in key)
            alike = f"SELECT count(*) FROM (SELECT {columns} FROM {name} GROUP BY ALL HAVING count(*) > 1)"
            return int(connection.execute(alike).fetchall()[0][0])

        keys = {table.sql: find_key(table) for table in list_tables() if table.name not in LISTED}
        assert {name: count for name, key in keys.items() if key and (count := count_alike(name, key))} == {}


@pytest.mark.proof
@pytest.mark.skipif(not FULL, reason="HUGGY_PROOF=full: it installs dbt")
def test_dbt_builds_its_project_and_all_its_tests_pass(warehouse: Path, tmp_path: Path) -> None:
    dbt = install(tmp_path, "dbt.md")
    project = copy_kit("dbt", tmp_path)
    environ = {"HUGGY_WAREHOUSE": str(warehouse), "DBT_SEND_ANONYMOUS_USAGE_STATS": "false"}

    def run(command: str) -> dict[str, list[str]]:
        succeed(dbt.run("dbt", *command.split(), "--profiles-dir", ".", environ=environ, cwd=project))
        file = "sources.json" if "freshness" in command else "run_results.json"
        results = json.loads((project / "target" / file).read_text())["results"]
        found: dict[str, list[str]] = {}
        for result in results:
            found.setdefault(result["status"], []).append(result["unique_id"])
        return found

    built = run("build")
    assert {status: len(ids) for status, ids in built.items() if status != "pass"} == {"success": 2}
    assert len(built["pass"]) > 100
    with duckdb.connect(str(project / "desk.duckdb"), read_only=True) as connection:
        assert connection.execute("SELECT sum(chats) FROM chats_by_month").fetchall() == [(100,)]
    if FULL:
        assert {status: len(ids) for status, ids in run("source freshness").items()} == {"pass": 5}
        shutil.copy(project / "pt-BR" / "sources.yml", project / "models" / "sources.yml")
        succeed(dbt.run("dbt", "parse", "--profiles-dir", ".", environ=environ, cwd=project))


@pytest.mark.proof
@pytest.mark.skipif(not FULL, reason="HUGGY_PROOF=full: it takes half a minute")
def test_sqlmesh_plans_its_project_and_all_its_audits_pass(warehouse: Path, tmp_path: Path) -> None:
    sqlmesh = install(tmp_path, "sqlmesh.md")
    project = copy_kit("sqlmesh", tmp_path)
    environ = {"HUGGY_WAREHOUSE": str(warehouse)}
    plan = ("plan", "--auto-apply", "--no-prompts")
    assert "Virtual layer updated" in succeed(sqlmesh.run("sqlmesh", *plan, environ=environ, cwd=project))
    audited = succeed(sqlmesh.run("sqlmesh", "audit", environ=environ, cwd=project))
    audits = sum(bool(find_key(table)) for table in list_tables()) + 1
    assert (f"Found {audits} audit(s)" in audited, "0 audit errors and 0 audits skipped" in audited) == (True, True)


READ = """
import sys
import duckdb
from sqlalchemy import MetaData, Table, create_engine
from sqlalchemy.pool import NullPool

file = sys.argv[1]
engine = create_engine(f"duckdb:///{file}", connect_args={"read_only": True}, poolclass=NullPool)
print(len(Table("chats_by_day", MetaData(), schema="marts", autoload_with=engine).columns))
with engine.connect() as connection:
    print(connection.connection.driver_connection.execute("SELECT sum(chats)::INT FROM marts.chats_by_day").fetchall())
    try:
        duckdb.connect(file, read_only=True)
    except duckdb.ConnectionException as refusal:
        print("different configuration" in str(refusal))
"""


@pytest.mark.proof
@pytest.mark.skipif(not FULL, reason="HUGGY_PROOF=full: it is about others' packages")
def test_sqlalchemy_reads_a_tables_form_and_gives_the_connection_that_duckdb_refuses(
    warehouse: Path, tmp_path: Path
) -> None:
    python = install(tmp_path, "notebooks.md")
    told = succeed(python.run("python", "-W", "ignore", "-c", READ, str(warehouse))).splitlines()
    columns = next(len(table.columns) for table in list_tables() if table.title == "marts.chats_by_day")
    assert told == [str(columns), "[(100,)]", "True"]


SETTINGS = """
import os
SECRET_KEY = "invented-invented-invented-invented-invented"
SQLALCHEMY_DATABASE_URI = "sqlite:///" + os.environ["SUPERSET_HOME"] + "/superset.db"
TALISMAN_ENABLED = False
WTF_CSRF_ENABLED = False
RATELIMIT_ENABLED = False
"""
ASK = """
import json, sys
from superset.app import create_app
app = create_app()
client = app.test_client()
login = {"username": "admin", "password": "invented", "provider": "db"}
token = client.post("/api/v1/security/login", json=login).json["access_token"]
headers = {"Authorization": "Bearer " + token}
(database,) = client.get("/api/v1/database/", headers=headers).json["result"]
address = {"sqlalchemy_uri": "duckdb:///" + sys.argv[1]}
changed = client.put(f"/api/v1/database/{database['id']}", json=address, headers=headers)
assert changed.status_code == 200, changed.json
answers = {}
for chart in client.get("/api/v1/chart/?q=(page_size:100)", headers=headers).json["result"]:
    told = client.get(f"/api/v1/chart/{chart['id']}/data/", headers=headers)
    answers[chart["slice_name"]] = told.json["result"][0]["data"] if told.status_code == 200 else str(told.json)
page = client.get("/api/v1/dashboard/huggy-en", headers=headers).json["result"]
datasets = client.get("/api/v1/dataset/?q=(page_size:100)", headers=headers).json["count"]
print("TOLD " + json.dumps({"title": page["dashboard_title"], "datasets": datasets, "answers": answers}))
"""


@dataclass(frozen=True)
class Superset:
    """A Superset without a server."""

    environment: Environment
    environ: Mapping[str, str]

    def run(self, *arguments: str) -> str:
        return succeed(self.environment.run("superset", *arguments, environ=self.environ))

    def ask(self, warehouse: Path) -> dict[str, Any]:
        """Point its database at a file, as a person does after the import, and ask each chart for its data."""
        done = self.environment.run("python", "-W", "ignore", "-c", ASK, str(warehouse), environ=self.environ)
        told: dict[str, Any] = json.loads(re.findall(r"^TOLD (.*)$", succeed(done), re.MULTILINE)[0])
        return told


@pytest.fixture
def superset(tmp_path: Path) -> Superset:
    (tmp_path / "superset_config.py").write_text(SETTINGS)
    environ = {
        "SUPERSET_HOME": str(tmp_path),
        "SUPERSET_CONFIG_PATH": str(tmp_path / "superset_config.py"),
        "FLASK_APP": "superset",
    }
    made = Superset(install(tmp_path, "superset.md"), environ)
    made.run("db", "upgrade")
    names = ("--username", "admin", "--firstname", "A", "--lastname", "B", "--email", "a@b.example")
    made.run("fab", "create-admin", *names, "--password", "invented")
    made.run("init")
    return made


@pytest.mark.proof
@pytest.mark.skipif(not FULL, reason="HUGGY_PROOF=full: it takes two minutes")
def test_superset_imports_the_bundle_and_each_chart_has_data(superset: Superset, warehouse: Path) -> None:
    superset.run("import-dashboards", "--path", str(CLIENTS / "superset" / "huggy.en.zip"), "--username", "admin")
    told = superset.ask(warehouse)
    answers = told["answers"]
    tables = sum(table.schema in {"main", "marts"} for table in list_tables())
    assert (told["title"], told["datasets"], len(answers)) == ("Huggy: service desk", tables, 11)
    assert {name: answer for name, answer in answers.items() if not isinstance(answer, list) or not answer} == {}
    assert answers["Chats opened"] == [{"chats_opened": 100}]
    assert sum(row["chats_opened"] for row in answers["Chats opened, by day and channel"]) == 100
