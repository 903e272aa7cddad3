"""The cursor as it is stored: what it writes, and the older states that it still reads."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime

from pyroaring import BitMap64

from huggy_connector.sweep import Cursor
from tests.unit.sweep.account import NOW


def test_a_cursor_survives_json() -> None:
    cursor = Cursor(
        datetime.fromisoformat("2026-01-01T00:00:00+00:00"),
        BitMap64([3, 4]),
        {3: "a"},
        (3, 4),
        (5, 4),
        ("queue",),
        17,
        10,
    )
    assert Cursor.from_state(json.loads(json.dumps(cursor.state())), cursor.ids) == replace(cursor, open_ids=(4, 5))


def test_a_cursor_of_the_first_release_is_read() -> None:
    state = {"watermark": "2026-01-01T00:00:00+00:00", "known": [[3], ["a"]], "open": [4], "daily": 2.0}
    assert Cursor.from_state(state) == Cursor(NOW, BitMap64(), {3: "a"}, open_ids=(4,), rows_per_day=2.0)
