"""Pins anew: constraints.txt for whoever develops, requirements-image.txt with hashes for the image of Dockerfile.

    python -m scripts.pins             the newest versions that fit
    python -m scripts.pins --keep      the versions that are pinned already, where they still fit

What Airflow itself needs is not in the image's file: Airflow's own image brings it, in versions tested there.
"""

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PINS, HASHED = ROOT / "constraints.txt", ROOT / "requirements-image.txt"
HEAD = "# What the image adds to Airflow's, by hash. Made by `make constraints`.\n"
IN_THE_IMAGE = "huggy-connector[report]"
BUILDS = "hatchling"


def compiled(wanted: str, *options: str) -> str:
    """The versions that fit together, for every platform and every Python that is supported."""
    command = [sys.executable, "-m", "uv", "pip", "compile", "-", "--universal", "--python-version", "3.11", "--quiet"]
    plain = ["--no-header", "--no-annotate", "--no-emit-index-url"]
    return subprocess.run(
        [*command, *plain, *options], input=wanted, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True
    ).stdout


def names(pins: str) -> set[str]:
    return set(re.findall(r"^([a-z0-9-]+)==", pins, re.MULTILINE))


def pin(*options: str) -> None:
    """All that constraints.txt says, for the whole of pyproject.toml."""
    every = ["pyproject.toml", "--group", "dev", "--all-extras", "--output-file", str(PINS)]
    command = [sys.executable, "-m", "uv", "pip", "compile", *every, "--universal", "--python-version", "3.11"]
    plain = ["--quiet", "--no-header", "--no-annotate", "--no-emit-index-url"]
    subprocess.run([*command, *plain, *options], cwd=ROOT, check=True)


def hash_those_of_the_image() -> None:
    at_pins = ("--constraint", str(PINS))
    airflows = names(compiled("apache-airflow\n", *at_pins)) | {"huggy-connector"}
    left_out = [part for name in sorted(airflows - {BUILDS}) for part in ("--no-emit-package", name)]
    wanted = f"{IN_THE_IMAGE} @ {ROOT.as_uri()}\n{BUILDS}\n"
    HASHED.write_text(HEAD + compiled(wanted, *at_pins, "--generate-hashes", *left_out))


if __name__ == "__main__":
    pin(*([] if "--keep" in sys.argv else ["--upgrade"]))
    hash_those_of_the_image()
    print("Next: make test")
