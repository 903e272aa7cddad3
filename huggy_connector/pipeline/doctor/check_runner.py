"""Runs checks one after another: none of them stops the others, and none waits for ever."""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from huggy_connector.pipeline.doctor.check_row import CheckRow, CheckState, Finding, TextCleaner, Unknown
from huggy_connector.settings import name_variable

T_co = TypeVar("T_co", covariant=True)

MAX_SECONDS = 60.0
"""Seconds for one check. A request to Huggy may take 40 s until it is given up, a disk that is away for ever."""


@dataclass(frozen=True, slots=True)
class Check:
    """A check by name. It is skipped if a setting that it `needs` is wrong: its default would be another place."""

    name: str
    act: Callable[[], Iterable[Finding]]
    needs: frozenset[str] = frozenset()


class Fact(Generic[T_co]):
    """A fact that several checks use. It is found out once; the check that owns it tells what was wrong."""

    def __init__(self, owner: str, read: Callable[[], T_co]) -> None:
        self._owner = owner
        self._read = read
        self._reading = threading.Lock()
        self._values: list[T_co] = []
        self._error: Exception | None = None

    def get(self) -> T_co:
        """Return the fact. Raise what reading it raised, each time."""
        if not self._reading.acquire(blocking=False):  # a check that took too long is still in it
            raise self._unknown()
        try:
            if self._error is not None:
                raise self._error
            if not self._values:
                try:
                    self._values.append(self._read())
                except Exception as error:
                    self._error = error
                    raise
            return self._values[0]
        finally:
            self._reading.release()

    def get_if_known(self, what: str = "") -> T_co:
        """Return the fact. Raise Unknown where the owner's row tells why it is not known; `what` is not known then."""
        try:
            return self.get()
        except Exception:  # noqa: BLE001
            raise self._unknown(what) from None

    def _unknown(self, what: str = "") -> Unknown:
        return Unknown(f"{what} not known: see {self._owner}".lstrip())


@dataclass(frozen=True, slots=True)
class CheckRunner:
    """Runs checks. `problems` are the settings that cannot be used."""

    cleaner: TextCleaner
    problems: Mapping[str, str] = field(default_factory=dict)
    seconds: float = MAX_SECONDS

    def run(self, checks: Collection[Check]) -> tuple[CheckRow, ...]:
        """Return a row for each check, in their order."""
        return tuple(self._run_check(each) for each in checks)

    def _run_check(self, check: Check) -> CheckRow:
        if wrong := sorted(check.needs & self.problems.keys()):
            names = ", ".join(map(name_variable, wrong))
            skipped = Finding(CheckState.SKIPPED, f"not checked, {names} cannot be used: see settings")
            return CheckRow.join(check.name, [skipped], cleaner=self.cleaner)
        findings: list[Finding] = []

        def act() -> None:
            try:
                for finding in check.act():
                    findings.append(finding)  # noqa: PERF402 -- what comes before an error counts
            except Exception as error:  # noqa: BLE001
                findings.append(Finding.from_error(error))

        # A daemon: what hangs in a call of the system cannot be ended, and must not keep the process.
        thread = threading.Thread(target=act, name=f"huggy-doctor-{check.name}", daemon=True)
        thread.start()
        thread.join(self.seconds)
        found = list(findings)
        if thread.is_alive():
            late = f"no result after {self.seconds:.0f} s: a disk or server does not answer"
            found.append(Finding(CheckState.FAILED, late, "see to it"))
        return CheckRow.join(check.name, found, cleaner=self.cleaner)
