"""A certificate is the same after the way to JSON and back, and its scope is a Scope again."""

from __future__ import annotations

import json
from dataclasses import asdict

import pytest

from huggy_connector.model import Certificate, Scope


@pytest.mark.parametrize("scope", Scope)
def test_a_certificate_comes_back_from_its_state(scope: Scope) -> None:
    certificate = Certificate(
        exact=False, missing_at_most=None, arrived=3, why="Rows left.", details={"ids": 7}, scope=scope
    )
    read = Certificate.from_state(json.loads(json.dumps(asdict(certificate))))
    assert (read, read.scope is scope) == (certificate, True)


def test_a_certificate_without_a_scope_is_about_the_list() -> None:
    assert Certificate.from_state({"exact": True}).scope is Scope.LIST
