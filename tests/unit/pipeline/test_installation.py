"""What is installed, against what our package asks for."""

from __future__ import annotations

import tomllib
from pathlib import Path

from packaging.requirements import Requirement

from huggy_connector import __version__
from huggy_connector.pipeline.doctor.check_row import CheckState, Finding, fail, ok, warn
from huggy_connector.pipeline.doctor.installation import (
    PURPOSES,
    Installation,
    check_extras,
    check_platform,
    check_versions,
)
from huggy_connector.settings import Settings

REQUIREMENTS = (
    "duckdb>=1.5.5,<3",
    "httpx>=0.28",
    'redis>=6,<9; extra == "redis"',
    'cryptography>=46; extra == "redis"',
    'matplotlib>=3; extra == "report"',
    'obstore>=0.11; extra == "object-storage"',
    'socksio>=1; extra == "socks"',
    'apache-airflow>=3.1,<4; extra == "airflow"',
    'pandas>=99; python_version < "3"',
)
THERE = {"duckdb": "1.5.5", "httpx": "0.28.1", "redis": "7.0", "cryptography": "46.0.7"}


def installed(python: str = ">=3.11", **versions: str | None) -> Installation:
    found: dict[str, str | None] = {**THERE, **{name.replace("_", "-"): version for name, version in versions.items()}}
    extras = ("airflow", "all", "object-storage", "redis", "report", "socks")
    return Installation(tuple(map(Requirement, REQUIREMENTS)), extras, python, found.get)


def problems(installation: Installation) -> list[Finding]:
    return [each for each in check_versions(installation) if each.state is not CheckState.OK]


def test_versions_inside_our_bounds_are_told() -> None:
    [found] = check_versions(installed())
    assert found.found.startswith(f"huggy_connector {__version__}, python 3.")
    assert found.found.endswith(", duckdb 1.5.5, httpx 0.28.1; without pyarrow, pandas, apache-airflow")


def test_a_version_outside_our_bounds_and_one_that_is_missing_are_told() -> None:
    assert problems(installed(duckdb="3.0.0", httpx=None)) == [
        warn("duckdb 3.0.0 is outside <3,>=1.5.5", "pip install --upgrade huggy-connector"),
        fail("httpx is not installed", "pip install --upgrade huggy-connector"),
    ]
    assert problems(installed(duckdb="2.1.0.dev5", httpx="1.0rc1")) == []
    [old_python] = problems(installed("<3"))
    assert (old_python.state, old_python.advice) == (CheckState.FAILED, "use another Python")
    [unknown] = problems(installed(""))
    assert unknown.found == "the package's metadata is missing, so bounds are not known"


def test_airflow_need_not_be_there_and_is_checked_where_it_is() -> None:
    assert problems(installed(apache_airflow="3.3.2")) == []
    assert problems(installed(apache_airflow="2.9.0")) == [
        warn("apache-airflow 2.9.0 is outside <4,>=3.1", "pip install --upgrade huggy-connector")
    ]


def test_an_extra_is_there_if_all_of_it_is_and_the_others_say_what_they_are_for() -> None:
    assert [*check_extras(installed(), Settings(), proxies={})] == [
        ok("installed: redis"),
        ok("not installed: airflow (DAGs and operators)"),
        ok("not installed: object-storage (a landing or copies in a bucket)"),
        ok("not installed: report (the report and its page)"),
        ok("not installed: socks (a SOCKS proxy)"),
    ]
    assert installed(cryptography="45").has_extra("redis") is False


def test_an_extra_that_a_setting_needs_may_not_be_missing() -> None:
    settings = Settings(landing="s3://bucket/x", token_store="redis://h")
    proxies = {"HTTPS_PROXY": "socks5://h:1", "NO_PROXY": "*"}
    found = check_extras(installed(redis=None, cryptography=None), settings, proxies=proxies)
    assert [each for each in found if each.state is not CheckState.OK] == [
        fail("object-storage is missing, and HUGGY_LANDING needs it", 'pip install "huggy-connector[object-storage]"'),
        fail("redis is missing, and HUGGY_TOKEN_STORE needs it", 'pip install "huggy-connector[redis]"'),
        fail("socks is missing, and HTTPS_PROXY needs it", 'pip install "huggy-connector[socks]"'),
    ]


def test_each_extra_of_ours_has_a_purpose_and_this_installation_is_read() -> None:
    project = tomllib.loads((Path(__file__).parents[3] / "pyproject.toml").read_text())["project"]
    assert set(project["optional-dependencies"]) - {"all"} <= PURPOSES.keys()
    here = Installation.current()
    assert {"object-storage", "redis"} <= {*here.extras}
    assert here.versions()["duckdb"]


def test_the_system_must_be_a_posix_system() -> None:
    assert [each.state for each in check_platform()] == [CheckState.OK]
    [_, other] = check_platform(system="nt")
    assert other == fail("the system is no POSIX system (nt)", "use Linux, macOS, WSL or a container")
