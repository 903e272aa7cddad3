"""A row joins what a check found, and shows nothing that may not be shown."""

from __future__ import annotations

from pathlib import Path

import pytest

from huggy_connector.errors import ConfigurationError, LandingError, Unreachable
from huggy_connector.pipeline.doctor.check_row import (
    CheckRow,
    CheckState,
    Finding,
    TextCleaner,
    Unknown,
    fail,
    ok,
    warn,
)
from huggy_connector.storage import UnsafePath

PLAIN = TextCleaner(None, ())


@pytest.mark.parametrize(
    ("error", "finding"),
    [
        (
            ConfigurationError("The landing /x is a file: set HUGGY_LANDING."),
            fail("The landing /x is a file", "set HUGGY_LANDING."),
        ),
        (
            ConfigurationError("The file /x cannot be used: Not a directory. Set HUGGY_STATE to a folder."),
            fail("The file /x cannot be used: Not a directory", "Set HUGGY_STATE to a folder."),
        ),
        (Unreachable("No answer: a: b: try later."), fail("No answer: a: b", "try later.")),
        (LandingError("It is gone."), fail("It is gone.")),
        (
            PermissionError(13, "Permission denied", "/x"),
            fail("the file /x cannot be used (Permission denied)", "see to that"),
        ),
        (UnsafePath("is a link", Path("/x")), fail("/x is a link", "remove it, or use another place")),
        (OSError(5, "Input/output error"), fail("the disk cannot be used (Input/output error)", "see to that")),
        (ValueError("a secret value"), fail("unexpected ValueError", "please report it")),
        (Unknown("not known: see token"), Finding(CheckState.SKIPPED, "not known: see token")),
    ],
)
def test_an_error_says_what_is_wrong_and_what_to_do_and_quotes_no_library(error: Exception, finding: Finding) -> None:
    assert Finding.from_error(error) == finding


def test_a_row_has_the_worst_state_and_what_is_worst_first() -> None:
    skipped = Finding(CheckState.SKIPPED, "s")
    findings = [ok("fine."), warn("odd", "look."), skipped, fail("broken", "mend it"), warn("odd", "look.")]
    assert CheckRow.join("x", findings, cleaner=PLAIN) == CheckRow(
        "x", CheckState.FAILED, "broken; odd; fine; s", "mend it; look"
    )
    assert CheckRow.join("x", [ok("fine"), skipped], cleaner=PLAIN).state is CheckState.OK
    assert CheckRow.join("x", [skipped], cleaner=PLAIN).state is CheckState.SKIPPED
    assert CheckRow.join("x", [], cleaner=PLAIN) == CheckRow("x", CheckState.OK, "", "")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("/home/ana/desk and /home/ana", "~/desk and ~"),
        ("/home/ana2 and /data/home/ana/x and /home/ana.old", "/home/ana2 and /data/home/ana/x and /home/ana.old"),
        ("file:/home/ana/state", "file:~/state"),
        ("a hidden-secret and hidden-secret-2", "a *** and ***"),
        ("short stays", "short stays"),
        ("\x1b[31mred\nline \u202e", "\\x1b[31mred\\nline \\u202e"),
    ],
)
def test_a_text_is_cleaned(text: str, shown: str) -> None:
    cleaner = TextCleaner(Path("/home/ana"), ("hidden-secret", "hidden-secret-2", "short"))
    assert CheckRow.join("x", [warn(text, text)], cleaner=cleaner) == CheckRow("x", CheckState.WARNING, shown, shown)


def test_a_user_whose_home_is_the_root_has_paths_as_they_are() -> None:
    assert TextCleaner(Path("/"), ()).clean("/data/x") == "/data/x"
