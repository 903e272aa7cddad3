"""What the server says in its log: counts and reasons, and only where something changed."""

from __future__ import annotations

from huggy_connector.serve.application import _note_changes
from huggy_connector.webhook.tally import Tally


def test_a_line_tells_what_changed_since_the_last_one() -> None:
    tally, notes = Tally(), list[str]()
    told = _note_changes(tally, {}, notes.append)
    tally.events = 1_500
    tally.refusals.update({"wrong token": 2})
    told = _note_changes(tally, told, notes.append)
    told = _note_changes(tally, told, notes.append)
    tally.answers[503] += 1
    _note_changes(tally, told, notes.append)
    assert notes == [
        "In the last minute: 1,500 events accepted, 2 refused (wrong token).",
        "In the last minute: 1 answered 503.",
    ]
