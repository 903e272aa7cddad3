"""The checks of a publish: what they find, and that nothing is published after a `stop`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb
import pytest

from huggy_connector.catalogue import RESOURCES
from huggy_connector.errors import CheckFailed, ConfigurationError
from huggy_connector.warehouse.load.merge.stage import RowCounts
from huggy_connector.warehouse.load.quality import publish_checks
from huggy_connector.warehouse.load.quality.publish_checks import (
    CheckFinding,
    CheckLevel,
    CheckSettings,
    read_check_settings,
)

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

    from tests.integration.warehouse.conftest import Desk

Chat = Callable[..., dict[str, Any]]

CHECKS = {
    ("agents", "fresh", "warn"),
    ("agents", "history_joins", "stop"),
    ("agents", "sweep_misses_few", "stop"),
    ("agents", "key_present", "stop"),
    ("agents", "rows_add_up", "stop"),
    ("agents", "same_privacy", "warn"),
    ("agents", "snapshots_add_up", "stop"),
    ("agents", "unique_key", "stop"),
    ("agents", "values_readable", "warn"),
    ("chats", "agent_id_found", "warn"),
    ("chats", "contact_id_found", "warn"),
    ("chats", "created_at_not_ahead", "warn"),
    ("chats", "created_at_present", "warn"),
    ("chats", "fresh", "warn"),
    ("chats", "key_present", "stop"),
    ("chats", "rows_add_up", "stop"),
    ("chats", "same_privacy", "warn"),
    ("chats", "situation_known", "warn"),
    ("chats", "snapshots_add_up", "stop"),
    ("chats", "history_joins", "stop"),
    ("chats", "sweep_misses_few", "stop"),
    ("chats", "unique_key", "stop"),
    ("chats", "updated_at_not_ahead", "warn"),
    ("chats", "updated_at_present", "warn"),
    ("chats", "values_readable", "warn"),
    ("contacts", "fresh", "warn"),
    ("contacts", "history_joins", "stop"),
    ("contacts", "sweep_misses_few", "stop"),
    ("contacts", "key_present", "stop"),
    ("contacts", "rows_add_up", "stop"),
    ("contacts", "same_privacy", "warn"),
    ("contacts", "snapshots_add_up", "stop"),
    ("contacts", "unique_key", "stop"),
    ("contacts", "values_readable", "warn"),
    ("departments", "history_joins", "stop"),
    ("departments", "key_present", "stop"),
    ("departments", "unique_key", "stop"),
    ("events", "key_present", "stop"),
    ("events", "occurred_at_not_ahead", "warn"),
    ("events", "occurred_at_present", "warn"),
    ("events", "unique_key", "stop"),
    ("feedbacks", "key_present", "stop"),
    ("feedbacks", "unique_key", "stop"),
    ("messages", "key_present", "stop"),
    ("messages", "sent_at_not_ahead", "warn"),
    ("messages", "sent_at_present", "warn"),
    ("messages", "unique_key", "stop"),
}


def fill(desk: Desk, chats: list[list[dict[str, Any]]]) -> None:
    desk.land([{"id": number} for number in range(100)], resource="contacts")
    desk.land([{"id": 7}], resource="agents")
    for rows in chats:
        desk.land(rows)


def test_every_check_is_in_meta_quality_and_good_data_passes_them_all(desk: Desk, chat: Chat) -> None:
    fill(desk, [[chat(number) for number in range(100)]] * 2)
    report = desk.load()
    assert set(desk.read("SELECT table_name, check_name, level FROM meta.quality")) == CHECKS
    assert desk.read("SELECT * FROM meta.quality WHERE NOT passed OR version <> 1 OR detail IS NULL") == []
    assert report.warnings == ()


@pytest.mark.parametrize(
    ("broken", "failing"),
    [
        ({"createdAt": None}, "chats: 1 rows have no created_at (created_at_present)."),
        ({"updatedAt": ""}, "chats: 1 rows have no updated_at (updated_at_present)."),
        (
            {"createdAt": "2026-11-22 10:30:00"},
            "chats: 1 rows have a created_at after they were fetched: is the time zone right? (created_at_not_ahead).",
        ),
        (
            {"unread": "x", "agents": 3},
            "chats: 2 values of 100 rows could not be read, see meta.rejects (values_readable).",
        ),
    ],
)
def test_a_broken_row_warns_and_is_published(desk: Desk, chat: Chat, broken: dict[str, Any], failing: str) -> None:
    fill(desk, [[chat(0, **broken), *(chat(number) for number in range(1, 100))]])
    report = desk.load()
    assert report.warnings == (failing,)
    assert desk.read(
        "SELECT table_name || ': ' || detail || ' (' || check_name || ').' FROM meta.quality WHERE NOT passed"
    ) == [(failing,)]


def test_references_that_lead_nowhere_warn(desk: Desk, chat: Chat) -> None:
    fill(desk, [[chat(number, contactId=number + 10) for number in range(100)]])
    assert desk.load().warnings == (
        "chats: company 4242: 10 of 100 values of contact_id are not in contacts (contact_id_found).",
    )


def test_a_full_list_that_is_much_shorter_than_the_one_before_warns(desk: Desk) -> None:
    for length in (11, 9):
        desk.land([{"id": number} for number in range(length)], resource="agents")
    sentence = "company 4242: the last full sweep found 9 ids, the one before 11: has the token lost rights?"
    assert desk.load().warnings == (f"agents: {sentence} (sweep_not_shrunk).",)


@pytest.mark.parametrize(
    ("tampering", "sentence"),
    [
        (
            "INSERT INTO chats SELECT * FROM chats WHERE id = 1",
            "chats: 1 rows repeat the id of another (unique_key).",
        ),
        (
            "UPDATE chats SET id = NULL WHERE id = 1",
            "chats: 1 rows have no id (key_present).",
        ),
    ],
)
def test_a_table_with_a_broken_key_is_not_published(desk: Desk, chat: Chat, tampering: str, sentence: str) -> None:
    desk.land([chat(1), chat(2)])
    desk.load()
    with duckdb.connect(str(desk.warehouse)) as connection:
        connection.execute(tampering)
    before = desk.warehouse.read_bytes()
    desk.land([chat(3)])
    with pytest.raises(CheckFailed) as caught:
        desk.load()
    apart = "chats: newest versions and listed rows differ (history_joins)."
    assert str(caught.value) == f"Nothing was published, the warehouse is as it was. {sentence} {apart}"
    assert desk.warehouse.read_bytes() == before


@pytest.mark.parametrize("claim", [{"unique_ids": 3}, {"keyless": 1}], ids=["ids", "keyless"])
def test_a_snapshot_with_other_rows_than_its_manifest_says_stops_the_load(
    desk: Desk, chat: Chat, claim: dict[str, Any]
) -> None:
    desk.land([chat(1)])
    desk.load()
    before = desk.warehouse.read_bytes()
    desk.land([chat(2), chat(3)], claim=claim)
    with pytest.raises(
        CheckFailed, match=r"^Nothing was published, the warehouse is as it was\. chats: 1 of 1 snapshots"
    ):
        desk.load()
    assert desk.warehouse.read_bytes() == before


def test_a_check_that_is_set_to_stop_publishes_nothing(desk: Desk, chat: Chat) -> None:
    fill(desk, [[chat(1, unread="x")]])
    with pytest.raises(CheckFailed, match=r"Nothing was published, .* chats: 1 values of 1 rows could not be read"):
        desk.load(stop_on={"chats.values_readable"})
    assert not desk.warehouse.exists()
    assert desk.load(stop_on={"contacts.values_readable"}).published


def test_the_name_of_a_check_is_for_every_table_that_has_it() -> None:
    tables = tuple(RESOURCES.values())
    assert read_check_settings({"fresh"}, tables).stopping == {
        (each.name, "fresh") for each in tables if each.is_listed
    }
    assert read_check_settings({"chats.fresh", "sent_at_present"}, tables).stopping == {
        ("chats", "fresh"),
        ("messages", "sent_at_present"),
    }


@pytest.mark.parametrize("name", ["freshness", "chats", "chat.fresh", "unique_key", "chats.sent_at_present"])
def test_an_unknown_check_is_refused_with_the_names_of_all(desk: Desk, name: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        desk.load(stop_on={name, "fresh"})
    assert str(caught.value) == (
        f"HUGGY_STOP_ON: there is no check {name}; there are agent_id_found, calendar_fits, chat_id_found, "
        "clock_agrees, contact_id_found, created_at_not_ahead, created_at_present, department_id_found, desks_found, "
        "fresh, no_drift, occurred_at_not_ahead, occurred_at_present, same_privacy, sent_at_not_ahead, "
        "sent_at_present, situation_known, sweep_not_shrunk, updated_at_not_ahead, updated_at_present, "
        "values_readable, each alone or with a table before it as in chats.fresh."
    )


def test_each_check_is_in_the_documentation() -> None:
    text = (Path(__file__).parents[3] / "docs/quality.md").read_text()
    named = {check for _, check, _ in CHECKS} | {
        check for _, check in read_check_settings({"no_drift", "sweep_not_shrunk"}, tuple(RESOURCES.values())).stopping
    }
    alike = ("updated_at_", "sent_at_", "occurred_at_")
    assert [check for check in sorted(named) if f"`{check}`" not in text and not check.startswith(alike)] == []


def test_a_table_that_is_set_to_stop_on_drift_stops_at_a_new_field(desk: Desk, chat: Chat) -> None:
    desk.land([chat(1, novo=1)])
    desk.load(stop_on={"contacts.no_drift"})
    desk.land([chat(2, novo=2), chat(3, novo="a", outro=[])])
    with pytest.raises(CheckFailed) as caught:
        desk.load(stop_on={"chats.no_drift"})
    assert str(caught.value) == (
        "Nothing was published, the warehouse is as it was. chats: the API sends 2 new fields: novo (string), outro "
        "(array); take no_drift out of HUGGY_STOP_ON to load them into the column extra (no_drift)."
    )
    assert desk.load().published
    assert desk.load(stop_on={"chats.no_drift"}).published is False


def test_a_rebuild_does_not_stop_at_fields_that_were_there_before(desk: Desk, chat: Chat) -> None:
    desk.land([chat(1, novo=1)])
    desk.load()
    assert desk.load(rebuild=True, stop_on={"no_drift"}).published


@pytest.mark.parametrize(("rejects", "passed"), [(0, True), (2, True), (3, False)])
def test_one_value_of_a_hundred_rows_may_be_unreadable(
    desk: Desk, tables: DuckDBPyConnection, rejects: int, *, passed: bool
) -> None:
    counts = {"a": RowCounts(fetched=150), "b": RowCounts(fetched=50)}
    (finding,) = publish_checks.check_rejects(desk.stage(tables, desk.land([])), counts, rejects)
    assert (finding.passed, finding.detail) == (
        passed,
        f"{rejects} values of 200 rows could not be read, see meta.rejects",
    )


def test_only_a_few_new_fields_are_named() -> None:
    (finding,) = publish_checks.check_drift(RESOURCES["chats"], [f"f{number} (string)" for number in range(1_200)])
    assert finding.detail == (
        "the API sends 1,200 new fields: f0 (string), f1 (string), f2 (string), f3 (string), f4 (string), ...; take "
        "no_drift out of HUGGY_STOP_ON to load them into the column extra"
    )


def test_all_failed_checks_that_stop_are_in_the_error_and_those_that_warn_are_not() -> None:
    findings = [
        CheckFinding("one", "chats", CheckLevel.STOP, False, "1 wrong"),
        CheckFinding("two", "chats", CheckLevel.WARN, False, "2 wrong"),
        CheckFinding("three", "agents", CheckLevel.STOP, True, "3 right"),
    ]
    with pytest.raises(CheckFailed) as caught:
        publish_checks.raise_if_stopped([*findings, CheckFinding("four", "agents", CheckLevel.STOP, False, "4 wrong")])
    assert str(caught.value) == (
        "Nothing was published, the warehouse is as it was. chats: 1 wrong (one). agents: 4 wrong (four)."
    )
    publish_checks.raise_if_stopped(findings[1:])


def test_a_check_stops_the_tables_that_it_is_set_for_and_none_without_it() -> None:
    settings = CheckSettings(frozenset({("chats", "fresh"), ("chats", "no_drift")}))
    findings = [CheckFinding("fresh", table, CheckLevel.WARN, False, "old") for table in ("chats", "agents")]
    assert [each.level for each in settings.with_levels(findings)] == [CheckLevel.STOP, CheckLevel.WARN]
    assert settings.without("fresh").stopping == {("chats", "no_drift")}


def test_people_who_were_put_back_are_told_by_table() -> None:
    assert [each.sentence for each in publish_checks.check_restored({"contacts": 2, "chats": 1_000})] == [
        f"{table}: {count} snapshots, put back after a person was forgotten, hold rows about them, which were not "
        "loaded. `huggy forget --again` removes them from the landing (nobody_put_back)."
        for table, count in (("chats", "1,000"), ("contacts", "2"))
    ]
    assert publish_checks.check_restored({}) == []
