"""A refusal is an error that keeps what it is about."""

from __future__ import annotations

import pickle

from huggy_connector.sandbox.data.writes.refused import WriteRefused


def test_a_refusal_keeps_its_status_its_kind_and_its_field() -> None:
    refused = pickle.loads(pickle.dumps(WriteRefused(400, "field", "text")))
    assert (refused.status, refused.kind, refused.field) == (400, "field", "text")
