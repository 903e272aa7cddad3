import shutil
import subprocess
from pathlib import Path

import pytest
import yaml  # type: ignore[import-untyped]

ROOT = Path(__file__).resolve().parents[2]
COMPOSE = shutil.which("docker-compose")
SECRETS = ("AIRFLOW_JWT_SECRET", "AIRFLOW_FERNET_KEY", "POSTGRES_PASSWORD")
pytestmark = pytest.mark.skipif(
    COMPOSE is None, reason="there is no docker-compose: install Debian's package of that name"
)


def _config(environ: dict[str, str], tmp_path: Path) -> subprocess.CompletedProcess[str]:
    file = shutil.copy(ROOT / "docker-compose.yaml", tmp_path)  # away from a .env file of the developer's own
    command = [str(COMPOSE), "--file", str(file), "config", "--quiet"]
    return subprocess.run(
        command, env={"PATH": "/usr/bin:/bin", **environ}, capture_output=True, text=True, check=False
    )


def test_the_compose_file_is_valid(tmp_path: Path) -> None:
    ran = _config(dict.fromkeys(SECRETS, "secret"), tmp_path)
    assert (ran.returncode, ran.stdout) == (0, "")


@pytest.mark.parametrize("missing", SECRETS)
def test_a_missing_secret_is_named_with_what_to_do(missing: str, tmp_path: Path) -> None:
    ran = _config(dict.fromkeys(set(SECRETS) - {missing}, "secret"), tmp_path)
    assert ran.returncode != 0
    assert missing in ran.stderr
    assert "into .env" in ran.stderr


def test_the_sandbox_comes_with_the_profile_demo_alone() -> None:
    services = yaml.safe_load((ROOT / "docker-compose.yaml").read_text())["services"]
    assert {name: each["profiles"] for name, each in services.items() if "profiles" in each} == {"sandbox": ["demo"]}
    assert services["sandbox"]["network_mode"] == "service:airflow-scheduler"  # its tasks find it on loopback


def test_only_what_runs_tasks_holds_the_token_and_no_button_sends_it() -> None:
    services = yaml.safe_load((ROOT / "docker-compose.yaml").read_text())["services"]
    environments = {name: each.get("environment", {}) for name, each in services.items()}
    assert [name for name, told in environments.items() if "HUGGY_ACCESS_TOKEN" in told] == ["airflow-scheduler"]
    of_airflow = {name: told for name, told in environments.items() if name != "postgres"}
    assert {told["AIRFLOW__CORE__TEST_CONNECTION"] for told in of_airflow.values()} == {"Disabled"}
    assert {told["HUGGY_WAREHOUSE"] for told in of_airflow.values()} == {"/opt/airflow/lake/warehouse/huggy.duckdb"}
