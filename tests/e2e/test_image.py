"""Runs the commands of Dockerfile in a virtual environment with an Airflow: tests cannot build an image."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from scripts.stack import ROOT

pytestmark = [
    pytest.mark.proof,
    pytest.mark.skipif(
        os.environ.get("HUGGY_PROOF") != "full", reason="a minute of installing: only at full size, by make proof"
    ),
]


def list_install_commands() -> list[str]:
    """Return the commands that install something."""
    return [
        step for step in re.findall(r"^RUN (.*)$", (ROOT / "Dockerfile").read_text(), re.MULTILINE) if "pip" in step
    ]


def list_copies() -> list[list[str]]:
    """Return lists of files, each with the target to which they are copied."""
    text = (ROOT / "Dockerfile").read_text()
    return [line.split() for line in re.findall(r"^COPY --chown=airflow:root (.*)$", text, re.MULTILINE)]


def test_the_image_installs_the_connector_by_hashes_and_changes_no_version_of_airflow(
    environ: dict[str, str], tmp_path: Path
) -> None:
    venv, context = tmp_path / "venv", tmp_path / "huggy"
    subprocess.run([sys.executable, "-m", "venv", venv], check=True)
    pinned = ["--constraint", str(ROOT / "constraints.txt"), "apache-airflow==3.3.2"]
    uv = [sys.executable, "-m", "uv", "pip"]
    subprocess.run([*uv, "install", "--quiet", "--python", venv / "bin/python", *pinned], check=True, env=environ)

    def list_installed() -> set[str]:
        command = [*uv, "freeze", "--python", str(venv / "bin/python")]
        return set(subprocess.run(command, check=True, env=environ, capture_output=True, text=True).stdout.splitlines())

    airflows = list_installed()
    context.mkdir()
    for *files, place in list_copies():
        for file in files:
            if (ROOT / file).is_dir():
                shutil.copytree(ROOT / file, Path(place.replace("/tmp/huggy", str(context))))
            else:
                shutil.copy(ROOT / file, context)
    path = {**environ, "PATH": f"{venv / 'bin'}:{environ['PATH']}"}
    for step in list_install_commands():
        command = ["bash", "-c", step.replace("/tmp/huggy", str(context))]
        ran = subprocess.run(command, env=path, capture_output=True, text=True, check=False)
        assert ran.returncode == 0, ran.stdout[-3000:] + ran.stderr[-3000:]
    assert airflows - list_installed() == set()
    shown = subprocess.run(["huggy", "report", "--help"], env=path, capture_output=True, text=True, check=True)
    assert "--language" in shown.stdout
