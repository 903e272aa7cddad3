"""The list of forgotten people: the last one that could be read counts, and a new one counts soon."""

from __future__ import annotations

from typing import Any, cast

import pytest

from huggy_connector.errors import ConfigurationError, LandingError
from huggy_connector.privacy import SuppressionList
from huggy_connector.serve.forgotten_people import REFRESH_SECONDS, ForgottenPeople
from huggy_connector.storage import Storage

KEY = b"a long random text, kept for good"


class Files:
    """A landing that may be away."""

    def __init__(self) -> None:
        self.names: list[str] = []
        self.is_away = False

    def list_names(self, folder: str) -> list[str]:
        assert folder == "7/.forgotten"
        if self.is_away:
            raise LandingError("It is away.")
        return self.names


def people(files: Files, now: list[float], notes: list[str], key: bytes = KEY) -> ForgottenPeople:
    return ForgottenPeople(cast("Storage", cast("Any", files)), key=key, monotonic=lambda: now[0], note=notes.append)


def marks(forgotten: ForgottenPeople) -> frozenset[str] | None:
    found = forgotten(7)
    return None if found is None else found.marks


def test_a_list_that_was_never_read_is_none_and_is_tried_again_after_a_while() -> None:
    files, now, notes = Files(), [0.0], list[str]()
    forgotten = people(files, now, notes)
    files.is_away = True
    first = marks(forgotten)
    files.is_away = False
    at_once = marks(forgotten)
    now[0] = REFRESH_SECONDS
    assert (first, at_once, marks(forgotten)) == (None, None, frozenset())


def test_the_last_list_counts_while_the_landing_is_away_and_that_is_said_once() -> None:
    files, notes = Files(), list[str]()
    forgotten = people(files, [0.0], notes)
    files.names = [SuppressionList(7, KEY).key_name, "contact-1"]
    before = marks(forgotten)
    files.is_away = True
    for _ in range(3):
        forgotten._refresh((7,))
    assert (before, marks(forgotten)) == (frozenset({"contact-1"}),) * 2
    assert notes == ["Warning: the list of forgotten people cannot be read, the last one counts on. It is away."]
    files.is_away, files.names = False, [*files.names, "contact-2"]
    forgotten._refresh((7,))
    assert marks(forgotten) == frozenset({"contact-1", "contact-2"})


def test_a_list_of_another_key_is_an_error_at_the_start() -> None:
    files = Files()
    files.names = ["key-other", "contact-1"]
    with pytest.raises(ConfigurationError, match="HUGGY_HASH_KEY"):
        people(files, [0.0], []).read(7)
