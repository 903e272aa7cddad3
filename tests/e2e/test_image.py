"""What Dockerfile runs, run beside an Airflow in a virtual environment: no image can be built where tests run."""

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


def steps() -> list[str]:
    """The commands that install something."""
    return [
        step for step in re.findall(r"^RUN (.*)$", (ROOT / "Dockerfile").read_text(), re.MULTILINE) if "pip" in step
    ]


def copies() -> list[list[str]]:
    """Files and the place that they are copied to."""
    text = (ROOT / "Dockerfile").read_text()
    return [line.split() for line in re.findall(r"^COPY --chown=airflow:root (.*)$", text, re.MULTILINE)]


def test_the_images_steps_add_the_connector_by_hashes_and_move_nothing_of_airflow(
    environ: dict[str, str], tmp_path: Path
) -> None:
    venv, context = tmp_path / "venv", tmp_path / "huggy"
    subprocess.run([sys.executable, "-m", "venv", venv], check=True)
    pinned = ["--constraint", str(ROOT / "constraints.txt"), "apache-airflow==3.3.2"]
    uv = [sys.executable, "-m", "uv", "pip"]
    subprocess.run([*uv, "install", "--quiet", "--python", venv / "bin/python", *pinned], check=True, env=environ)

    def installed() -> set[str]:
        command = [*uv, "freeze", "--python", str(venv / "bin/python")]
        return set(subprocess.run(command, check=True, env=environ, capture_output=True, text=True).stdout.splitlines())

    airflows = installed()
    context.mkdir()
    for *files, place in copies():
        for file in files:
            if (ROOT / file).is_dir():
                shutil.copytree(ROOT / file, Path(place.replace("/tmp/huggy", str(context))))
            else:
                shutil.copy(ROOT / file, context)
    path = {**environ, "PATH": f"{venv / 'bin'}:{environ['PATH']}"}
    for step in steps():
        command = ["bash", "-c", step.replace("/tmp/huggy", str(context))]
        ran = subprocess.run(command, env=path, capture_output=True, text=True, check=False)
        assert ran.returncode == 0, ran.stdout[-3000:] + ran.stderr[-3000:]
    assert airflows - installed() == set()
    shown = subprocess.run(["huggy", "report", "--help"], env=path, capture_output=True, text=True, check=True)
    assert "--language" in shown.stdout
