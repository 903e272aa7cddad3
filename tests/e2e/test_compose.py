import re
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
COMPOSE = shutil.which("docker-compose")
SECRETS = ("AIRFLOW_JWT_SECRET", "AIRFLOW_SECRET_KEY", "AIRFLOW_FERNET_KEY", "POSTGRES_PASSWORD")
pytestmark = pytest.mark.skipif(
    COMPOSE is None, reason="there is no docker-compose: install Debian's package of that name"
)


def render_config(environ: dict[str, str], tmp_path: Path) -> subprocess.CompletedProcess[str]:
    file = shutil.copy(ROOT / "docker-compose.yaml", tmp_path)  # away from a .env file of the developer's own
    command = [str(COMPOSE), "--file", str(file), "config", "--quiet"]
    return subprocess.run(
        command, env={"PATH": "/usr/bin:/bin", **environ}, capture_output=True, text=True, check=False
    )


def test_the_compose_file_is_valid(tmp_path: Path) -> None:
    ran = render_config(dict.fromkeys(SECRETS, "secret"), tmp_path)
    assert (ran.returncode, ran.stdout) == (0, "")


@pytest.mark.parametrize("missing", SECRETS)
def test_an_absent_secret_is_named_with_what_to_do(missing: str, tmp_path: Path) -> None:
    ran = render_config(dict.fromkeys(set(SECRETS) - {missing}, "secret"), tmp_path)
    assert ran.returncode != 0
    assert missing in ran.stderr
    assert "into .env" in ran.stderr


def test_the_sandbox_and_the_receiver_start_only_with_their_profiles() -> None:
    services = yaml.safe_load((ROOT / "docker-compose.yaml").read_text())["services"]
    assert {name: each["profiles"] for name, each in services.items() if "profiles" in each} == {
        "sandbox": ["demo"],
        "serve": ["webhook"],
    }
    assert services["sandbox"]["network_mode"] == "service:airflow-scheduler"  # its tasks find it on loopback


def test_each_key_of_airflow_is_a_different_one() -> None:
    """The key of sessions cannot make tokens, and the other way round."""
    environ = yaml.safe_load((ROOT / "docker-compose.yaml").read_text())["x-airflow"]["environment"]
    keys = [name for name in environ if name.endswith(("SECRET", "SECRET_KEY", "FERNET_KEY"))]
    used = [re.findall(r"\$\{(\w+)", environ[name])[0] for name in keys]
    assert (len(keys), sorted(used)) == (3, sorted(SECRETS[:3]))


def test_nothing_runs_as_root() -> None:
    services = yaml.safe_load((ROOT / "docker-compose.yaml").read_text())["services"]
    users = {name: str(each.get("user")) for name, each in services.items()}
    assert users == {name: "postgres" if name == "postgres" else "${AIRFLOW_UID:-50000}:0" for name in services}
    users_of_the_image = re.findall(r"^USER (\S+)$", (ROOT / "Dockerfile").read_text(), re.MULTILINE)
    assert users_of_the_image == ["airflow"]
    for each in services.values():
        assert each["security_opt"] == ["no-new-privileges:true"]


def test_an_image_may_be_named_by_its_digest(tmp_path: Path) -> None:
    digest = "apache/airflow:3.3.2@sha256:" + "a" * 64
    environ = {"AIRFLOW_IMAGE": digest, "POSTGRES_IMAGE": digest, **dict.fromkeys(SECRETS, "secret")}
    file = shutil.copy(ROOT / "docker-compose.yaml", tmp_path)
    command = [str(COMPOSE), "--file", str(file), "config"]
    shown = subprocess.run(
        command, env={"PATH": "/usr/bin:/bin", **environ}, capture_output=True, text=True, check=True
    ).stdout
    services = yaml.safe_load(shown)["services"]
    assert services["postgres"]["image"] == digest
    assert services["airflow-scheduler"]["build"]["args"] == {"AIRFLOW_IMAGE": digest}
    assert "ARG AIRFLOW_IMAGE=" in (ROOT / "Dockerfile").read_text()


def test_only_services_that_run_tasks_have_the_token_and_no_button_sends_it() -> None:
    services = yaml.safe_load((ROOT / "docker-compose.yaml").read_text())["services"]
    environments = {name: each.get("environment", {}) for name, each in services.items()}
    assert [name for name, told in environments.items() if "HUGGY_ACCESS_TOKEN" in told] == ["airflow-scheduler"]
    of_airflow = {name: told for name, told in environments.items() if name not in {"postgres", "serve"}}
    assert {told["AIRFLOW__CORE__TEST_CONNECTION"] for told in of_airflow.values()} == {"Disabled"}
    assert {told["AIRFLOW__CORE__SENSITIVE_VAR_CONN_NAMES"] for told in of_airflow.values()} == {
        "hash_key,landing_access"
    }
    assert {told["HUGGY_WAREHOUSE"] for told in of_airflow.values()} == {"/opt/airflow/lake/warehouse/huggy.duckdb"}


def test_the_receiver_is_reached_from_this_host_alone_and_knows_no_secret_but_its_own() -> None:
    services = yaml.safe_load((ROOT / "docker-compose.yaml").read_text())["services"]
    serve, scheduler, triggerer = (services[name] for name in ("serve", "airflow-scheduler", "airflow-triggerer"))
    assert serve["ports"] == ["127.0.0.1:8088:8088"]
    assert {name for name in serve["environment"] if name.startswith("AIRFLOW") or "ACCESS" in name} == set()
    assert {name for name, each in services.items() if "HUGGY_WEBHOOK_TOKEN" in each.get("environment", {})} == {
        "serve"
    }
    for other in (scheduler, triggerer):  # the tasks and the watcher find its inbox, and share its disk and its user
        assert other["environment"]["HUGGY_STATE"] == serve["environment"]["HUGGY_STATE"]
        assert "lake:/opt/airflow/lake" in other["volumes"]
        assert other["user"] == serve["user"]
