"""Asks the OSV database for known vulnerabilities of the pinned versions and of the oldest that pyproject.toml allows.

    python -m scripts.audit            (make audit)

A vulnerability that a newer version fixes fails the audit; one without a fix is only printed. If the database cannot
be reached, the audit says that nothing was checked, and fails nothing. The oldest Airflow is not asked about: we run in
the one that is there, and only its owner can change it.
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
UNREACHABLE = re.compile(r"ConnectionError|Timeout|ServiceError|ConnectTimeout|ProxyError|HTTPError")


def read_oldest_versions() -> dict[str, str]:
    """Return, by name, the oldest version that pyproject.toml allows of each requirement."""
    pyproject = tomllib.loads((ROOT / "pyproject.toml").read_text())
    groups = [*pyproject["project"]["optional-dependencies"].values(), *pyproject["dependency-groups"].values()]
    wanted = [*pyproject["project"]["dependencies"], *(each for group in groups for each in group)]
    texts = [each for each in wanted if isinstance(each, str)]  # the others include a group that is here too
    bounds = ((Requirement(text).name, bound) for text in texts for bound in Requirement(text).specifier)
    return {name: bound.version for name, bound in bounds if bound.operator == ">="}


def run_pip_audit(pins: Iterable[str], *options: str) -> tuple[int, str, str]:
    """Run pip-audit on `name==version` lines. Return its exit code, its output and its errors."""
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as file:
        file.write("\n".join(pins))
        file.flush()
        command = [sys.executable, "-m", "pip_audit", "--vulnerability-service", "osv", "--progress-spinner", "off"]
        flags = ["--no-deps", "--disable-pip", "--format", "json", "--requirement", file.name]
        done = subprocess.run([*command, *flags, *options], capture_output=True, text=True, check=False)
    return done.returncode, done.stdout, done.stderr


def list_vulnerabilities(report: dict[str, Any]) -> Iterator[tuple[str, bool]]:
    """Yield each vulnerability as a line of text, and whether a newer version fixes it."""
    for package in report["dependencies"]:
        for vulnerability in package.get("vulns", ()):
            versions = ", ".join(vulnerability["fix_versions"])
            state = f"fixed in {versions}" if versions else "nothing mends it yet"
            yield f"{package['name']} {package['version']}: {vulnerability['id']}, {state}", bool(versions)


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--osv-url", help="another database of this kind")
    parsed = parser.parse_args(arguments)
    options = ["--osv-url", parsed.osv_url] if parsed.osv_url else []
    pinned = re.findall(r"^[a-z0-9-]+==[^ ;\n]+", (ROOT / "constraints.txt").read_text(), re.MULTILINE)
    failed = 0
    for title, pins in {
        "pinned by constraints.txt": sorted({*pinned}),
        "the oldest that pyproject.toml allows": [
            f"{name}=={version}" for name, version in sorted(read_oldest_versions().items()) if name != "apache-airflow"
        ],
    }.items():
        # pip-audit accepts only one version of a name in a file.
        code, out, err = run_pip_audit({pin.partition("==")[0]: pin for pin in pins}.values(), *options)
        try:
            report = json.loads(out)
        except ValueError:
            if not UNREACHABLE.search(err):
                print(f"pip-audit ended with {code}:\n{err}", file=sys.stderr)
                return 1
            print("== Audit SKIPPED: the database of known holes cannot be reached from here; nothing was looked at.")
            return 0
        found = list(list_vulnerabilities(report))
        for line, is_fixed in found:
            print(f"   {line}")
            failed += is_fixed
        print(f"== Audit of what is {title}: {len(report['dependencies'])} packages, {len(found)} known holes")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
