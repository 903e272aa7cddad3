"""land, load, sync and backfill say in a table or in one JSON object what they landed and loaded."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from huggy_connector.sandbox import Sandbox
from tests.integration.conftest import Run

Huggy = Callable[..., Run]

SNAPSHOT = {
    *("address", "resource", "company_id", "run_key", "mode", "window", "rows", "unique_ids", "pages", "requests"),
    *("retries", "certificate"),
}


def test_land_publishes_each_resource_in_the_order_of_the_words(huggy: Huggy, tmp_path: Path) -> None:
    done = huggy("land", "departments", "agents", "--json")
    snapshots = json.loads(done.out)["snapshots"]
    assert (done.code, done.out.count("\n"), {frozenset(each) for each in snapshots}) == (0, 1, {frozenset(SNAPSHOT)})
    assert [(each["resource"], each["mode"], each["company_id"]) for each in snapshots] == [
        ("departments", "full", 4242),
        ("agents", "full", 4242),
    ]
    for each in snapshots:
        manifest = json.loads((tmp_path / "landing" / each["address"]).read_text())
        assert {name: manifest[name] for name in SNAPSHOT - {"address"}} == {
            name: each[name] for name in SNAPSHOT - {"address"}
        }
    assert "departments: full, all of it." in done.err
    assert not (tmp_path / "huggy.duckdb").exists()


def test_land_again_reads_again_and_its_table_says_how_much(huggy: Huggy) -> None:
    first, second = (huggy("land", "departments").out for _ in range(2))
    rows = [[cell.strip() for cell in out.splitlines()[3].split("│")[1:-1]] for out in (first, second)]
    assert [row[1:5] + row[7:] for row in rows] == [["departments", "4242", "6", "6", "True"]] * 2
    assert rows[0][0] != rows[1][0]


def test_an_incremental_snapshot_is_exact_for_the_head_of_its_list(huggy: Huggy) -> None:
    assert huggy("land", "chats").code == 0
    done = huggy("land", "chats", "--mode", "incremental")
    assert (done.code, "│ head" in done.out) == (0, True)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("land", "departments", "tickets"), "There is no resource called 'tickets': choose from agents, chats, "),
        (("land",), "Missing argument 'RESOURCE...'."),
        (("land", "chats", "--to-date", "2026-11-01"), "A span has two ends: give both --from-date and --to-date."),
        (
            ("land", "chats", "--mode", "window", "--from-date", "2026-11-01", "--to-date", "2026-11-01"),
            "From 2026-11-01 to before 2026-11-01 is no time: the end is exclusive, give a later one.",
        ),
        (("backfill",), "Missing option '--from-date'."),
        (("backfill", "--from-date", "1/11", "--to-date", "2026-11-01"), "'1/11' is no date such as 2026-11-22."),
        (("sync", "tickets"), "There is no resource called 'tickets': choose from agents, chats, contacts, "),
        (("load", "chats"), "Got unexpected extra argument (chats)"),
    ],
)
def test_a_wrong_order_is_one_sentence_and_nothing_is_asked_or_written(
    huggy: Huggy, sandbox: Sandbox, tmp_path: Path, arguments: tuple[str, ...], sentence: str
) -> None:
    before = sandbox.stats()["requests"]
    done = huggy(*arguments)
    assert (done.code, done.out, len(done.err.splitlines())) == (2, "", 1)
    assert done.err.startswith(f"huggy: {sentence}")
    assert (sandbox.stats()["requests"], [*tmp_path.iterdir()]) == (before, [])


def test_load_says_what_changed_and_a_second_one_that_nothing_is_new(
    huggy: Huggy, sandbox: Sandbox, tmp_path: Path
) -> None:
    huggy("land", "departments")
    before = sandbox.stats()["requests"]
    first, second, third = huggy("load"), huggy("load"), json.loads(huggy("load", "--json").out)
    warehouse = tmp_path / "huggy.duckdb"
    assert [cell.strip() for cell in first.out.splitlines()[3].split("│")[1:-1]] == ["departments", "6", "6"]
    assert first.out.splitlines()[-1] == f"{warehouse}: published."
    assert second.out == f"{warehouse}: nothing new to load.\n"
    assert (third["published"], third["warehouse"], third["version"]) == (False, str(warehouse), 1)
    assert third["companies"]["4242"]["departments"]["rows"] == 6
    assert sandbox.stats()["requests"] == before


def test_sync_lands_and_loads_what_is_named_with_messages_and_ratings_where_they_are_wanted(huggy: Huggy) -> None:
    done = huggy("sync", "chats", "--messages", "--feedback", "--json")
    told = json.loads(done.out)
    assert (done.code, {*told}, done.out.count("\n")) == (0, {"snapshots", "load"}, 1)
    assert {each["resource"] for each in told["snapshots"]} == {"chats", "feedbacks", "messages"}
    tables = {"chats", "feedbacks", "messages"}
    assert (told["load"]["published"], {*told["load"]["companies"]["4242"]}) == (True, tables)
    shown = huggy("sync", "departments").out
    assert shown.index("│ departments") < shown.index("┃ changed") < shown.index("huggy.duckdb: published.")


def test_a_backfill_is_of_the_chats_of_its_days(huggy: Huggy, sandbox: Sandbox) -> None:
    days = ("--from-date", "2026-11-22", "--to-date", "2026-11-23")
    told = json.loads(huggy("backfill", *days, "--json").out)
    assert [(each["resource"], each["mode"]) for each in told["snapshots"]] == [("chats", "window")]
    assert told["snapshots"][0]["window"] == {"from": "2026-11-22T00:00:00-03:00", "to": "2026-11-23T00:00:00-03:00"}
    rows = sandbox.truth("chats", rows=True)["rows"]
    assert told["snapshots"][0]["unique_ids"] == sum(row["createdAt"].startswith("2026-11-22") for row in rows) > 0
