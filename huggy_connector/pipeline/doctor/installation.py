"""Checks what is installed: the versions against our own bounds, the extras, and the system."""

from __future__ import annotations

import os
import platform
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from importlib import metadata

from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet

from huggy_connector import __version__
from huggy_connector.extras import install_command
from huggy_connector.pipeline.doctor.check_row import Finding, fail, ok, warn
from huggy_connector.settings import Settings, is_url, name_variable

PACKAGE = "huggy-connector"
TOLD = ("duckdb", "pyarrow", "pandas", "httpx", "apache-airflow")
"""Packages whose versions support asks for."""
PURPOSES = {
    "airflow": "DAGs and operators",
    "object-storage": "a landing or copies in a bucket",
    "redis": "a budget or tokens for several hosts",
    "report": "the report and its page",
    "sandbox": "the stand-in API",
    "serve": "the receiver of the webhook",
    "socks": "a SOCKS proxy",
}
"""What each extra is for."""


@dataclass(frozen=True, slots=True)
class Installation:
    """What our own package asks for, and a way to find out what is there."""

    requirements: tuple[Requirement, ...]
    extras: tuple[str, ...]
    python: str
    """Versions of Python, as a specifier; empty if our package's metadata is missing."""
    read_version: Callable[[str], str | None]

    @classmethod
    def current(cls) -> Installation:
        """Return that of this process. Nothing is imported for it."""
        try:
            about = metadata.distribution(PACKAGE)
        except metadata.PackageNotFoundError:
            return cls((), (), "", _read_version)
        extras = tuple(sorted(about.metadata.get_all("Provides-Extra") or ()))
        requirements = tuple(map(Requirement, about.requires or ()))
        return cls(requirements, extras, about.metadata["Requires-Python"] or "", _read_version)

    def versions(self) -> dict[str, str | None]:
        """Return the versions that support asks for; None for a package that is not installed."""
        own = {"huggy_connector": __version__, "python": platform.python_version()}
        return own | {name: self.read_version(name) for name in TOLD}

    def required(self, extra: str = "") -> list[Requirement]:
        """Return what our package needs; of an `extra`, what that needs besides."""
        return [
            each
            for each in self.requirements
            if (each.marker is None or each.marker.evaluate({"extra": extra}))
            and not (extra and (each.marker is None or each.marker.evaluate({"extra": ""})))
        ]

    def has_extra(self, extra: str) -> bool:
        """Say whether all packages of an extra are there, in versions that we allow."""
        return all(self._problem(each) is None for each in self.required(extra))

    def problems(self, requirements: Iterable[Requirement]) -> Iterator[Finding]:
        """Yield a finding for each package that is missing or outside our bounds."""
        return filter(None, map(self._problem, requirements))

    def _problem(self, requirement: Requirement) -> Finding | None:
        version = self.read_version(requirement.name)
        if version is None:
            return fail(f"{requirement.name} is not installed", f"pip install --upgrade {PACKAGE}")
        if requirement.specifier.contains(version, prereleases=True):
            return None
        return warn(
            f"{requirement.name} {version} is outside {requirement.specifier}", f"pip install --upgrade {PACKAGE}"
        )


def _read_version(name: str) -> str | None:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


def check_versions(installation: Installation) -> Iterator[Finding]:
    """Say which versions are there, and which of all that we need are not what we need."""
    versions = installation.versions()
    told = ", ".join(f"{name} {version}" for name, version in versions.items() if version)
    absent = [name for name, version in versions.items() if version is None]
    yield ok(told + (f"; without {', '.join(absent)}" if absent else ""))
    if not installation.python:
        yield warn("the package's metadata is missing, so bounds are not known", f"pip install {PACKAGE}")
    elif not SpecifierSet(installation.python).contains(str(versions["python"]), prereleases=True):
        yield fail(f"Python {versions['python']} is outside {installation.python}", "use another Python")
    yield from installation.problems(installation.required())
    airflow = [each for each in installation.required("airflow") if installation.read_version(each.name)]
    yield from installation.problems(airflow)


def check_extras(installation: Installation, settings: Settings, *, proxies: Mapping[str, str]) -> Iterator[Finding]:
    """Say which extras are there, what the others are for, and which of those the settings need."""
    extras = [each for each in installation.extras if each != "all"]
    missing = [each for each in extras if not installation.has_extra(each)]
    there = [each for each in extras if each not in missing]
    yield ok(f"installed: {', '.join(there) or 'none'}")
    needed = _needed_extras(settings, proxies)
    for extra in missing:
        purpose = f" ({PURPOSES[extra]})" if extra in PURPOSES else ""
        if extra in needed:
            yield fail(f"{extra} is missing, and {needed[extra]} needs it", install_command(extra))
        else:
            yield ok(f"not installed: {extra}{purpose}")


def _needed_extras(settings: Settings, proxies: Mapping[str, str]) -> dict[str, str]:
    """Return the extras that the settings need, and which setting it is."""
    redis = [name for name in ("budget", "token_store") if (getattr(settings, name) or "").startswith("redis")]
    buckets = [
        name
        for name, places in (("landing", [settings.landing]), ("publish", settings.publish))
        if any(map(is_url, places))
    ]
    needed = {"redis": redis, "object-storage": buckets}
    named = {extra: name_variable(names[0]) for extra, names in needed.items() if names}
    socks = [name for name, address in proxies.items() if address.strip().lower().startswith("socks")]
    return named | ({"socks": socks[0]} if socks else {})


def check_platform(*, system: str = os.name) -> Iterator[Finding]:
    """Say what the machine is. Locks and renames are those of POSIX."""
    yield ok(f"{platform.system()} {platform.release()}, {platform.machine()}, {platform.python_implementation()}")
    if system != "posix":
        yield fail(f"the system is no POSIX system ({system})", "use Linux, macOS, WSL or a container")
