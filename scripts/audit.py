"""Asks the OSV database for known holes: in what is pinned, and in the oldest versions that pyproject.toml allows.

    python -m scripts.audit            (make audit)

A hole that a newer version mends fails; one that nothing mends yet is told. Where the database cannot be reached, this
says that nothing was looked at, and fails nothing.
"""

import argparse
import json
import re
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement

ROOT = Path(__file__).resolve().parents[1]
AWAY = re.compile(r"ConnectionError|Timeout|ServiceError|ConnectTimeout|ProxyError|HTTPError")


def oldest() -> dict[str, str]:
    """By name: the least version that pyproject.toml allows, of whatever it asks for."""
    told = tomllib.loads((ROOT / "pyproject.toml").read_text())
    groups = [*told["project"]["optional-dependencies"].values(), *told["dependency-groups"].values()]
    asked = [*told["project"]["dependencies"], *(each for group in groups for each in group)]
    bounds = ((Requirement(each).name, bound) for each in asked for bound in Requirement(each).specifier)
    return {name: bound.version for name, bound in bounds if bound.operator == ">="}


def audited(pins: Iterable[str], *options: str) -> tuple[int, str, str]:
    """What pip-audit says of `name==version` lines: its exit code, and both of its streams."""
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as file:
        file.write("\n".join(pins))
        file.flush()
        command = [sys.executable, "-m", "pip_audit", "--vulnerability-service", "osv", "--progress-spinner", "off"]
        plain = ["--no-deps", "--disable-pip", "--format", "json", "--requirement", file.name]
        ran = subprocess.run([*command, *plain, *options], capture_output=True, text=True, check=False)
    return ran.returncode, ran.stdout, ran.stderr


def holes(told: dict[str, Any]) -> Iterator[tuple[str, bool]]:
    """Each as a person reads it, and whether a newer version mends it."""
    for each in told["dependencies"]:
        for hole in each.get("vulns", ()):
            mended = ", ".join(hole["fix_versions"])
            said = f"fixed in {mended}" if mended else "nothing mends it yet"
            yield f"{each['name']} {each['version']}: {hole['id']}, {said}", bool(mended)


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--osv-url", help="another database of this kind")
    asked = parser.parse_args(arguments)
    options = ["--osv-url", asked.osv_url] if asked.osv_url else []
    pinned = re.findall(r"^[a-z0-9-]+==[^ ;\n]+", (ROOT / "constraints.txt").read_text(), re.MULTILINE)
    failed = 0
    for what, pins in {
        "pinned by constraints.txt": sorted({*pinned}),
        "the oldest that pyproject.toml allows": [f"{name}=={version}" for name, version in sorted(oldest().items())],
    }.items():
        # One version of a name a file: pip-audit takes no more.
        code, out, err = audited({pin.partition("==")[0]: pin for pin in pins}.values(), *options)
        try:
            told = json.loads(out)
        except ValueError:
            if not AWAY.search(err):
                print(f"pip-audit ended with {code}:\n{err}", file=sys.stderr)
                return 1
            print("== Audit SKIPPED: the database of known holes cannot be reached from here; nothing was looked at.")
            return 0
        found = list(holes(told))
        for line, mended in found:
            print(f"   {line}")
            failed += mended
        print(f"== Audit of what is {what}: {len(told['dependencies'])} packages, {len(found)} known holes")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
