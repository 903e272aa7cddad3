"""Pins versions: constraints.txt for developers, requirements-image.txt with hashes for the image of Dockerfile.

    python -m scripts.pins             the newest versions that fit
    python -m scripts.pins --keep      the versions that are already pinned, if they still fit

Requirements of Airflow itself are not in the image's file. Airflow's own image has them, in tested versions.
"""

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
CONSTRAINTS, IMAGE_REQUIREMENTS = ROOT / "constraints.txt", ROOT / "requirements-image.txt"
IMAGE_HEADER = "# What the image adds to Airflow's, by hash. Made by `make constraints`.\n"
IMAGE_PACKAGE = "huggy-connector[airflow,report,sandbox,serve]"
BUILD_BACKEND = "hatchling"


def compile_pins(requirements: str, *options: str) -> str:
    """Return versions that fit together, for every supported platform and Python."""
    command = [sys.executable, "-m", "uv", "pip", "compile", "-", "--universal", "--python-version", "3.11", "--quiet"]
    plain = ["--no-header", "--no-annotate", "--no-emit-index-url"]
    return subprocess.run(
        [*command, *plain, *options], input=requirements, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True
    ).stdout


def parse_names(pins: str) -> set[str]:
    """Return the names in lines such as `name==version`."""
    return set(re.findall(r"^([a-z0-9-]+)==", pins, re.MULTILINE))


def write_constraints(*options: str) -> None:
    """Write constraints.txt for all requirements of pyproject.toml."""
    inputs = ["pyproject.toml", "--group", "dev", "--all-extras", "--output-file", str(CONSTRAINTS)]
    command = [sys.executable, "-m", "uv", "pip", "compile", *inputs, "--universal", "--python-version", "3.11"]
    plain = ["--quiet", "--no-header", "--no-annotate", "--no-emit-index-url"]
    subprocess.run([*command, *plain, *options], cwd=ROOT, check=True)


def write_image_requirements() -> None:
    """Write requirements-image.txt: what the image adds to Airflow's own, with hashes."""
    constraints = ("--constraint", str(CONSTRAINTS))
    airflow_names = parse_names(compile_pins("apache-airflow\n", *constraints)) | {"huggy-connector"}
    exclusions = [part for name in sorted(airflow_names - {BUILD_BACKEND}) for part in ("--no-emit-package", name)]
    requirements = f"{IMAGE_PACKAGE} @ {ROOT.as_uri()}\n{BUILD_BACKEND}\n"
    IMAGE_REQUIREMENTS.write_text(
        IMAGE_HEADER + compile_pins(requirements, *constraints, "--generate-hashes", *exclusions)
    )


if __name__ == "__main__":
    write_constraints(*([] if "--keep" in sys.argv else ["--upgrade"]))
    write_image_requirements()
    print("Next: make test")
