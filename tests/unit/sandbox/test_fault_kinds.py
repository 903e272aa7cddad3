"""How the shares of faults are written, and which are refused."""

from __future__ import annotations

import re

import pytest

from huggy_connector.sandbox.fault_kinds import (
    KINDS,
    REFUSALS,
    WRITE_KINDS,
    check_shares,
    parse_shares,
    parse_write_shares,
)


@pytest.mark.parametrize(
    ("text", "shares"),
    [
        ("", {}),
        (" , ", {}),
        ("500=0.02, reset=0.01", {"500": 0.02, "reset": 0.01}),
        (" storm = 1 ,", {"storm": 1.0}),
        ("empty=0,html=1e-3", {"empty": 0.0, "html": 0.001}),
    ],
)
def test_shares_are_read_from_a_command_line(text: str, shares: dict[str, float]) -> None:
    assert parse_shares(text) == shares


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("500", "faults are written kind=share, as in 500=0.02,reset=0.01; '500' is not."),
        ("500=much", "faults are written kind=share, as in 500=0.02,reset=0.01; '500=much' is not."),
        ("500=", "faults are written kind=share, as in 500=0.02,reset=0.01; '500=' is not."),
        ("500=0.1;502=0.1", "faults are written kind=share, as in 500=0.02,reset=0.01; '500=0.1;502=0.1' is not."),
        ("501=0.1", f"there is no fault '501'; there are {', '.join(KINDS)}."),
        ("=0.1", f"there is no fault ''; there are {', '.join(KINDS)}."),
        ("Reset=0.1", f"there is no fault 'Reset'; there are {', '.join(KINDS)}."),
        ("500=2", "the share of fault '500' is 2.0, it must lie between 0 and 1."),
        ("500=-0.1", "the share of fault '500' is -0.1, it must lie between 0 and 1."),
        ("500=nan", "the share of fault '500' is nan, it must lie between 0 and 1."),
        ("500=inf", "the share of fault '500' is inf, it must lie between 0 and 1."),
        ("500=0.6,reset=0.6", "the shares of the faults add up to more than 1."),
    ],
)
def test_impossible_shares_are_refused_with_a_sentence(text: str, sentence: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(sentence)}$"):
        parse_shares(text)


def test_shares_that_add_up_to_one_but_for_rounding_are_possible() -> None:
    shares = dict.fromkeys(list(KINDS)[:10], 0.1)
    shares["500"] = nearly = 0.1000000000000005
    assert sum(shares.values()) > 1
    check_shares(shares)
    assert parse_shares(f"500={nearly},502=0.9") == {"500": nearly, "502": 0.9}


def test_every_kind_says_what_happens_and_can_be_asked_for() -> None:
    assert all(KINDS.values())
    assert parse_shares(",".join(f"{kind}=0.01" for kind in KINDS)) == dict.fromkeys(KINDS, 0.01)
    assert len(set(REFUSALS)) == len(REFUSALS) == 5


def test_the_faults_of_writes_are_of_their_own_and_can_all_be_asked_for() -> None:
    assert parse_write_shares(",".join(f"{kind}=0.01" for kind in WRITE_KINDS)) == dict.fromkeys(WRITE_KINDS, 0.01)
    sentence = f"there is no fault 'storm'; there are {', '.join(WRITE_KINDS)}."
    with pytest.raises(ValueError, match=f"^{re.escape(sentence)}$"):
        parse_write_shares("storm=0.1")
    with pytest.raises(ValueError, match=r"^write faults are written kind=share, as in 500=0\.02,reset-before=0\.01; "):
        parse_write_shares("500")


def test_each_fault_of_a_write_says_whether_the_write_is_done() -> None:
    done = {kind for kind, text in WRITE_KINDS.items() if text.startswith("the write is done, then ")}
    not_done = {kind for kind, text in WRITE_KINDS.items() if text.endswith("; nothing is done")}
    assert (done | not_done, done & not_done) == (set(WRITE_KINDS), set())
    assert {f"{kind}-before" for kind in done} < not_done
