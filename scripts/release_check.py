"""Checks what a release would publish: `python -m scripts.release_check` (make release-check).

- The version stands in `huggy_connector/__init__.py` alone, and CHANGELOG.md has a dated section for it, the newest.
- Wheel and sdist are built, the wheel of the sdist. Twine accepts their metadata and long description. The wheel holds
  the package, all of it and nothing else.
- Each installs into an empty environment; the demo runs from the wheel.

It publishes nothing. What it has checked stays in `dist/`.
"""

import re
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator
from datetime import date
from pathlib import Path

from huggy_connector import __version__
from scripts.environments import PINNED, ROOT, Environment, build, create_environment, name_file

VERSION_FILE = "huggy_connector/__init__.py"
PLACES = ("*", "dags/*", "docs/**/*", "examples/*", "huggy_connector/**/*", "plugins/*", "scripts/*")
"""Where a copy of the version could stand."""
COPY = r"""(?:version\w*|huggy[-_]connector(?:\[[\w,-]*\])?)["']?\s*(?:[=:<>~]=?|-)\s*["']?{}(?![\d.]*\d)"""
"""A version that is set or asked for: `version = "1.0.0"`, `huggy-connector==1.0.0`; not a text that tells of it."""
OTHER_VERSIONS = ("CHANGELOG.md", "constraints.txt", "requirements-image.txt")
"""Files with the history of versions, and versions of others."""
SECTION = re.compile(r"^## \[?(?P<version>[^]\s]+)\]?(?: - (?P<day>\S+))?\s*$", re.MULTILINE)


class ReleaseError(Exception):
    """Something that must not be released. Its text says what to do."""


def find_copies(root: Path, version: str) -> list[str]:
    """Return the files that set the version or ask for it, besides the one where it belongs."""
    written = re.compile(COPY.format(re.escape(version)), re.IGNORECASE)
    paths = {path for place in PLACES for path in root.glob(place) if path.is_file()}
    texts = {path.relative_to(root).as_posix(): path.read_text("utf-8", errors="replace") for path in paths}
    return sorted(
        name for name, text in texts.items() if name not in {VERSION_FILE, *OTHER_VERSIONS} and written.search(text)
    )


def check_changelog(text: str, version: str, *, today: date) -> None:
    """Raise ReleaseError unless the newest section, after `Unreleased`, is of the version and of a day."""
    sections = [match for match in SECTION.finditer(text) if match["version"].lower() != "unreleased"]
    newest = sections[0] if sections else None
    if newest is None or newest["version"] != version:
        raise ReleaseError(f"The newest section of CHANGELOG.md is not of {version}: write '## [{version}] - {today}'.")
    try:
        is_past = date.fromisoformat(newest["day"] or "") <= today
    except ValueError:
        is_past = False
    if not is_past:
        raise ReleaseError(f"The section {version} of CHANGELOG.md has no day up to today: write '- {today}' after it.")


def compare_files(root: Path, wheel: Path, version: str) -> Iterator[str]:
    """Yield a sentence for each file of the package that the wheel lacks, and for each other file that it holds."""
    with zipfile.ZipFile(wheel) as archive:
        held = {name for name in archive.namelist() if not name.startswith(f"huggy_connector-{version}.dist-info/")}
    paths = [path for path in (root / "huggy_connector").rglob("*") if path.is_file()]
    package = {path.relative_to(root).as_posix() for path in paths if "__pycache__" not in path.parts}
    yield from (f"The wheel lacks {name}." for name in sorted(package - held))
    yield from (f"The wheel holds {name}, which is no file of the package." for name in sorted(held - package))


def check_texts(root: Path, version: str, *, today: date) -> None:
    if copies := find_copies(root, version):
        raise ReleaseError(f"The version {version} stands in {', '.join(copies)} too: take it from {VERSION_FILE}.")
    check_changelog((root / "CHANGELOG.md").read_text(encoding="utf-8"), version, today=today)


def check_files(folder: Path) -> tuple[Path, Path]:
    """Return wheel and sdist. Raise ReleaseError if their metadata or the files in the wheel are wrong."""
    wheel, sdist = next(folder.glob("*.whl")), next(folder.glob("*.tar.gz"))
    command = [sys.executable, "-m", "twine", "--no-color", "check", "--strict", str(wheel), str(sdist)]
    checked = subprocess.run(command, capture_output=True, text=True, check=False)
    if checked.returncode:
        raise ReleaseError(f"Twine refuses what was built:\n{checked.stdout}{checked.stderr}")
    if wrong := list(compare_files(ROOT, wheel, __version__)):
        raise ReleaseError("\n".join(wrong))
    return wheel, sdist


def install(file: Path, folder: Path) -> Environment:
    """Return an environment with the file and what the demo needs. Raise ReleaseError if it is another version."""
    environment = create_environment(folder)
    if environment is None:
        raise ReleaseError("No environment can be made with this Python.")
    environment.install(*PINNED, name_file(file, "sandbox"))
    told = environment.run("huggy", "--version").stdout.strip()
    if told != f"huggy, version {__version__}":
        raise ReleaseError(f"{file.name} says that it is {told!r}, not {__version__}.")
    return environment


def run_demo(environment: Environment) -> str:
    """Return what the demo says of its speed."""
    demo = environment.run("huggy", "demo", "--chats", "2000")
    if demo.returncode:
        raise ReleaseError(f"The demo of the wheel ends with {demo.returncode}:\n{demo.stderr}")
    return next(line for line in demo.stdout.splitlines() if "chats a second" in line).partition(";")[0]


def main() -> int:
    try:
        print(f"== Version {__version__}: one place, a dated section of CHANGELOG.md")
        check_texts(ROOT, __version__, today=date.today())  # noqa: DTZ011 - the day of whoever releases
        with tempfile.TemporaryDirectory() as place:
            folder = Path(place)
            print("== Wheel and sdist: built, metadata, long description, files")
            build(folder / "dist")
            wheel, sdist = check_files(folder / "dist")
            print("== The sdist in an empty environment")
            install(sdist, folder / "of-sdist")
            print("== The wheel in an empty environment, and its demo")
            print(f"   {run_demo(install(wheel, folder / 'of-wheel'))}")
            shutil.copytree(folder / "dist", ROOT / "dist", dirs_exist_ok=True)
    except ReleaseError as error:
        print(error, file=sys.stderr)
        return 1
    print(f"This can be released: dist/{wheel.name}, dist/{sdist.name}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
