"""A row of the diagnosis: a state, what was found, and what to do."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Self

from huggy_connector.errors import HuggyError
from huggy_connector.storage import UnsafePath
from huggy_connector.visible import escape_controls

MIN_SECRET_LENGTH = 6
"""Characters of a secret from which on it is masked wherever it stands: a shorter one may be part of any word."""


class CheckState(StrEnum):
    OK = "ok"
    WARNING = "warning"
    FAILED = "failed"
    SKIPPED = "skipped"


_WORST_FIRST = (CheckState.FAILED, CheckState.WARNING, CheckState.OK, CheckState.SKIPPED)


class Unknown(Exception):
    """A check cannot tell: the text says why. This is no failure of what it checks."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that a check found. Texts are clauses without a period, joined to others of the same check."""

    state: CheckState
    found: str
    advice: str = ""

    @classmethod
    def from_error(cls, error: Exception) -> Self:
        """Return the finding for an error. It quotes only our own sentences: those of libraries may hold anything."""
        match error:
            case Unknown():
                return cls(CheckState.SKIPPED, str(error))
            case HuggyError():
                return cls(CheckState.FAILED, *_split_sentence(str(error)))
            case UnsafePath():
                return cls(CheckState.FAILED, error.strerror or "a file is not safe", "remove it, or use another place")
            case OSError() if error.strerror:
                place = f"the file {error.filename}" if isinstance(error.filename, str) else "the disk"
                return cls(CheckState.FAILED, f"{place} cannot be used ({error.strerror})", "see to that")
            case _:
                return cls(CheckState.FAILED, f"unexpected {type(error).__name__}", "please report it")


def _split_sentence(text: str) -> tuple[str, str]:
    """Return what is wrong and what to do. Our errors say both: in two sentences, or with a colon between."""
    for separator in (r"\. (?=[A-Z])", r": (?!.*: )"):
        parts = re.split(separator, text, maxsplit=1)
        if len(parts) > 1:
            return parts[0], parts[1]
    return text, ""


def ok(found: str) -> Finding:
    return Finding(CheckState.OK, found)


def warn(found: str, advice: str = "") -> Finding:
    return Finding(CheckState.WARNING, found, advice)


def fail(found: str, advice: str = "") -> Finding:
    return Finding(CheckState.FAILED, found, advice)


@dataclass(frozen=True, slots=True)
class CheckRow:
    """The result of one check. Its texts may be shown to anybody."""

    name: str
    state: CheckState
    found: str
    advice: str

    @classmethod
    def join(cls, name: str, findings: Iterable[Finding], *, cleaner: TextCleaner) -> Self:
        """Return the row of a check: its worst state, and all that it found, the worst first."""
        ordered = sorted(findings, key=lambda each: _WORST_FIRST.index(each.state))
        found = dict.fromkeys(each.found.removesuffix(".") for each in ordered)
        advice = dict.fromkeys(each.advice.removesuffix(".") for each in ordered if each.advice)
        state = ordered[0].state if ordered else CheckState.OK
        return cls(name, state, cleaner.clean("; ".join(found)), cleaner.clean("; ".join(advice)))


@dataclass(frozen=True, slots=True)
class TextCleaner:
    """Makes a text fit to be shown to support: `home` is shortened, and `hidden` texts are masked.

    No check quotes a secret. The mask is for the case that one does: a path or a name of others may hold anything.
    """

    home: Path | None
    hidden: tuple[str, ...]

    def clean(self, text: str) -> str:
        for secret in sorted(self.hidden, key=len, reverse=True):
            if len(secret) >= MIN_SECRET_LENGTH:
                text = text.replace(secret, "***")
        if self.home is not None and len(self.home.parts) > 1:
            text = re.sub(rf"(?<![\w/.-]){re.escape(str(self.home))}(?![\w.-])", "~", text)
        return escape_controls(text)
