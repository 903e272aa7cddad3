"""Which fault a write meets."""

from __future__ import annotations

from collections import Counter

import pytest

from huggy_connector.sandbox.server.writes.write_faults import WriteFault, WriteFaults


def test_the_share_of_writes_that_meet_a_fault_is_the_one_that_was_asked_for_and_the_seed_decides_which() -> None:
    shares = {"500": 0.1, "reset-before": 0.05}
    drawn = [
        [WriteFaults(seed=seed, shares=shares).choose(number).name for number in range(4000)] for seed in (1, 1, 2)
    ]
    assert drawn[0] == drawn[1] != drawn[2]
    counts = Counter(drawn[0])
    assert (350 < counts["500"] < 450, 150 < counts["reset-before"] < 250) == (True, True)


def test_a_fault_that_is_asked_for_comes_first_then_the_queue_then_the_shares() -> None:
    faults = WriteFaults(seed=1, shares={"500": 1.0})
    faults.queue(["reset", "", "131050"])
    names = [faults.choose(number, requested=asked).name for number, asked in enumerate(("empty", "", "", "", "", "x"))]
    assert names == ["empty", "reset", "", "131050", "500", "500"]
    assert faults.counts == {"empty": 1, "reset": 1, "131050": 1, "500": 2}


@pytest.mark.parametrize("kinds", [["501"], ["500", "late"], ["null"]])
def test_an_unknown_kind_is_not_queued(kinds: list[str]) -> None:
    faults = WriteFaults(seed=1, shares={})
    with pytest.raises(ValueError, match="there is no fault"):
        faults.queue(kinds)
    assert faults.choose(1) == WriteFault()


def test_a_fault_knows_its_kind_and_whether_the_write_is_done() -> None:
    told = {
        name: (WriteFault(name).kind, WriteFault(name).is_applied) for name in ("", "500", "stall-before", "131047")
    }
    assert told == {
        "": ("", True),
        "500": ("500", True),
        "stall-before": ("stall", False),
        "131047": ("131047", False),
    }
