"""An account that is read over API v2: the same tables and marts, no request to what v2 lacks, and the way to v3."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from huggy_connector.errors import ConfigurationError, Unauthorized
from huggy_connector.landing import Manifest
from huggy_connector.pipeline import Pipeline, parse_span
from huggy_connector.sandbox import Options, Sandbox
from huggy_connector.settings import Settings
from huggy_connector.warehouse.read import queries
from tests.events import chat_item, event_row
from tests.integration.pipeline.live_desks import closed, receiver, tell

COMPANY = 4242
NOW = "2025-03-10T14:00:00"
OPTIONS = Options(chats=170, contacts=60, limit=0, open_chats=20, unknown_fields=True, now=NOW)
V2_PATHS = {"/v2/agents", "/v2/chats", "/v2/chats/{id}", "/v2/chats/{id}/messages", "/v2/contacts", "/v2/contacts/{id}"}
UNTOLD = (
    *("situation", "tabulation_name", "workflow_id", "workflow_step_id", "unread", "enabled_session"),
    *("last_message_at", "last_message", "department", "customer", "agents"),
)
"""Columns of a chat that API v2 says nothing of."""
ONLY_V2 = ("site_customer_id", "messenger_id")
WHEN_READ = ("fetched_at", "seen_at", "row_hash", "snapshot", "extra")


class Notes:
    """Progress that keeps its sentences."""

    def __init__(self) -> None:
        self.sentences: list[str] = []

    def update(self, progress: object) -> None:
        """Say nothing."""

    def note(self, sentence: str) -> None:
        self.sentences.append(sentence)


@dataclass(frozen=True)
class User:
    """A sandbox, and a user of it with a folder for landing, warehouse and state."""

    sandbox: Sandbox
    folder: Path

    def settings(self, version: str = "v2", **others: Any) -> Settings:
        own: dict[str, Any] = {"access_token": self.sandbox.token}
        if version == "v2":
            own = {"access_token": self.sandbox.account_token, "company_id": COMPANY, "api_version": "v2"}
        given = {
            "base_url": self.sandbox.url_of(version),
            "landing": str(self.folder / "landing"),
            "warehouse": str(self.folder / "huggy.duckdb"),
            "state": str(self.folder / "state"),
            "requests_per_second": 10_000,
            "report": False,
            **own,
        }
        return Settings.resolve(explicit={**given, **others}, environ={})

    def sync(self, *names: str, version: str = "v2", notes: Notes | None = None, **others: Any) -> list[Manifest]:
        pipeline = Pipeline(self.settings(version), notes or Notes())
        return [*pipeline.sync(names, idempotency_key="test", **others).snapshots]

    def ask(self, question: str) -> list[tuple[Any, ...]]:
        return list(queries.query(str(self.folder / "huggy.duckdb"), question).rows)

    def paths(self) -> set[str]:
        """The paths that were asked for since the start, below a version."""
        return {path for path in self.sandbox.stats()["by_path"] if not path.startswith("/oauth")}


@pytest.fixture
def user(tmp_path: Path) -> Iterator[User]:
    with Sandbox(OPTIONS) as sandbox:
        yield User(sandbox, tmp_path)


@dataclass(frozen=True)
class Synced:
    """A user whose whole account was read over API v2, what was said then, and what was asked for. Nothing changes."""

    user: User
    notes: Notes
    paths: set[str]
    lacking: dict[str, int]


@pytest.fixture(scope="module")
def synced(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Synced]:
    with Sandbox(OPTIONS) as sandbox:
        user, notes = User(sandbox, tmp_path_factory.mktemp("synced")), Notes()
        user.sync(notes=notes, messages=True)
        yield Synced(user, notes, user.paths(), sandbox.stats()["lacking_in_v2"])


def ids(user: User, table: str) -> list[int]:
    return [row[0] for row in user.ask(f"SELECT id FROM {table} ORDER BY id")]


def truth(user: User, resource: str) -> list[int]:
    return sorted(map(int, user.sandbox.truth(resource)["ids"]))


# The same tables ------------------------------------------------------------------------------------------------------


def test_ids_and_messages_equal_the_account_and_nothing_is_asked_for_that_v2_lacks(synced: Synced) -> None:
    user = synced.user
    for resource in ("agents", "chats", "contacts"):
        assert ids(user, resource) == truth(user, resource)
    chats = user.sandbox.truth("chats", rows=True)["rows"]
    readable = [str(each["id"]) for each in chats if each["situation"] != "auto"]
    told = user.sandbox.truth("messages", rows=True, ids=readable)["rows"]
    assert ids(user, "messages") == sorted(each["id"] for each in told if each["type"] != "internalEvent")
    said = [each for each in synced.notes.sentences if "left out" in each]
    assert said == ["API v2 has no list of departments: left out."]
    assert (synced.lacking, synced.paths) == ({}, V2_PATHS - {"/v2/chats/{id}", "/v2/contacts/{id}"})


def test_a_chat_is_the_same_row_as_over_v3_but_for_what_v2_does_not_tell(synced: Synced, tmp_path: Path) -> None:
    user, other = synced.user, User(synced.user.sandbox, tmp_path)
    other.sync(version="v3")
    columns = user.ask("SELECT column_name FROM duckdb_columns() WHERE (table_name, schema_name) = ('chats', 'main')")
    same = ", ".join(name for (name,) in columns if name.removesuffix("_local") not in {*UNTOLD, *ONLY_V2, *WHEN_READ})
    question = f"SELECT {same} FROM chats ORDER BY id"
    assert user.ask(question) == other.ask(question)
    untold = ", ".join(f"count({name})" for name in UNTOLD)
    assert user.ask(f"SELECT {untold} FROM chats") == [(0,) * len(UNTOLD)]
    contacts = "SELECT id, name, email, mobile, phone, birth_date, custom_fields FROM contacts ORDER BY id"
    assert user.ask(contacts) == other.ask(contacts)
    agents = "SELECT id, name, email, phone, is_active FROM agents ORDER BY id"
    assert user.ask(agents) == other.ask(agents)


def test_open_and_closed_chats_are_told_apart_without_a_situation(synced: Synced) -> None:
    user = synced.user
    rows = user.sandbox.truth("chats", rows=True)["rows"]
    open_now = sorted(int(each["id"]) for each in rows if not each["closedAt"])
    assert [row[0] for row in user.ask("SELECT chat_id FROM marts.open_now ORDER BY 1")] == open_now
    assert {row[0] for row in user.ask("SELECT waits FROM marts.open_now WHERE agent_id IS NULL")} == {None}
    assert {row[0] for row in user.ask("SELECT waits FROM marts.open_now WHERE agent_id IS NOT NULL")} == {False}


# What changed ---------------------------------------------------------------------------------------------------------


def test_a_second_sync_is_exact_and_reads_the_head_and_the_open_chats(user: User) -> None:
    Pipeline(user.settings()).land("chats", idempotency_key="first")
    user.sandbox.control(resource="chats", add=7, close=3, change=5)
    before = user.sandbox.stats()["requests"]
    (second,) = user.sync("chats")
    assert (second.mode, second.api_version, second.certificate.exact) == ("incremental", "v2", True)
    assert second.certificate.details["filters_refused"] == 0
    assert ids(user, "chats") == truth(user, "chats")
    assert user.sandbox.stats()["requests"] - before < 40
    open_now = sorted(
        int(each["id"]) for each in user.sandbox.truth("chats", rows=True)["rows"] if not each["closedAt"]
    )
    assert [row[0] for row in user.ask("SELECT chat_id FROM marts.open_now ORDER BY 1")] == open_now
    assert user.sandbox.stats()["lacking_in_v2"] == {}


def test_between_two_sweeps_the_contacts_of_changed_chats_are_read_by_their_ids(tmp_path: Path) -> None:
    with Sandbox(Options(chats=60, contacts=1_100, limit=0, open_chats=10, now=NOW)) as sandbox:
        user = User(sandbox, tmp_path)
        user.sync("chats", "contacts")
        asked = set(sandbox.stats()["by_path"])
        sandbox.control(resource="contacts", add=30)
        sandbox.control(resource="chats", add=12)
        _, second = user.sync("chats", "contacts")
        named = {row[0] for row in user.ask("SELECT contact_id FROM chats WHERE contact_id IS NOT NULL")}
        new = user.ask("SELECT count(*) FROM chats WHERE contact_id NOT IN (SELECT id FROM contacts)")
        assert (second.mode, second.certificate.exact, new) == ("ids", True, [(0,)])
        assert second.rows <= 12
        assert named <= set(truth(user, "contacts"))
        assert set(sandbox.stats()["by_path"]) - asked == {"/v2/contacts/{id}"}
        before = sandbox.stats()["by_path"]["/v2/contacts/{id}"]
        assert [each.run_key for each in user.sync("contacts")] == [second.run_key]  # nothing is due
        assert sandbox.stats()["by_path"]["/v2/contacts/{id}"] == before


def test_a_span_and_what_was_deleted_are_read_as_over_v3(user: User) -> None:
    (day,) = [row["createdAt"][:10] for row in user.sandbox.truth("chats", rows=True)["rows"][40:41]]
    pipeline = Pipeline(user.settings())
    span = parse_span(day, f"{day[:8]}{int(day[8:]) + 1:02d}", zone=user.settings().zone)
    window = pipeline.land("chats", mode="window", span=span, idempotency_key="day")
    created = [each for each in user.sandbox.truth("chats", rows=True)["rows"] if each["createdAt"].startswith(day)]
    assert (window.unique_ids, window.certificate.exact) == (len(created), True)
    user.sync("chats")
    gone = user.sandbox.control(resource="chats", remove=2)["removed"]
    pipeline.land("chats", mode="full", idempotency_key="again")
    tombstones = pipeline.land("chats", mode="tombstones", idempotency_key="gone")
    pipeline.load()
    assert tombstones.rows == 2
    deleted = user.ask("SELECT id FROM chats WHERE deleted_grade = 'confirmed' ORDER BY id")
    assert [row[0] for row in deleted] == sorted(gone)
    assert user.sandbox.stats()["lacking_in_v2"] == {}


# From v2 to v3 --------------------------------------------------------------------------------------------------------


def test_the_way_to_v3_is_one_full_sweep_with_the_same_keys_and_no_false_deletes(user: User) -> None:
    user.sync()
    before = {name: ids(user, name) for name in ("agents", "chats", "contacts")}
    chats, *others = (each for each in user.sync(version="v3") if each.resource == "chats")
    assert (chats.mode, chats.api_version, chats.certificate.exact, others) == ("full", "v3", True, [])
    assert {name: ids(user, name) for name in before} == before
    assert ids(user, "departments") == sorted(each.id for each in user.sandbox._server.account.desk.departments)
    assert user.ask("SELECT count(*) FROM chats WHERE deleted_at IS NOT NULL") == [(0,)]
    assert user.ask("SELECT count(*) FROM chats WHERE situation IS NULL") == [(0,)]
    changed = user.ask("FROM history.chats SELECT count(*) WHERE situation IS NOT NULL AND 'situation' IN changed")
    assert changed == [(len(before["chats"]),)]  # the history says which columns v3 has told
    user.sandbox.control(resource="chats", add=3)
    (third,) = user.sync("chats", version="v3")
    assert (third.mode, third.certificate.exact) == ("incremental", True)
    assert ids(user, "chats") == truth(user, "chats")


def test_no_run_starts_from_a_snapshot_of_another_version_and_the_plan_says_so(user: User) -> None:
    Pipeline(user.settings()).land("chats", idempotency_key="test")
    plan = Pipeline(user.settings("v3")).plan("chats")
    assert (plan.mode, plan.why) == ("full", "the last exact snapshot is of API v2, and this run reads v3")
    back = [
        Pipeline(user.settings(version)).land("chats", mode="incremental", idempotency_key="test")
        for version in ("v3", "v2", "v2")
    ]
    assert [(each.mode, each.api_version) for each in back] == [
        ("full", "v3"),
        ("full", "v2"),
        ("incremental", "v2"),
    ]


# What v2 lacks --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("act", ["sync", "plan", "land", "rows"])
def test_a_resource_that_v2_lacks_is_refused_before_a_request(user: User, act: str) -> None:
    pipeline = Pipeline(user.settings())
    acts: dict[str, Callable[[], object]] = {
        "sync": lambda: pipeline.sync(["departments"], idempotency_key="x"),
        "plan": lambda: pipeline.plan("departments"),
        "land": lambda: pipeline.land("departments", idempotency_key="x"),
        "rows": lambda: list(pipeline.iter_rows("departments")),
    }
    with pytest.raises(ConfigurationError, match="API v2 has no list of departments, it has agents, chats"):
        acts[act]()
    assert user.sandbox.stats()["requests"] == 0


def test_internal_events_are_refused_over_v2(user: User) -> None:
    with pytest.raises(ConfigurationError, match="API v2 is not known to give internal events"):
        Pipeline(user.settings()).land("messages", idempotency_key="x", show_events=True)
    with pytest.raises(ConfigurationError, match="API v2 is not known to give internal events"):
        Pipeline(user.settings()).sync(idempotency_key="x", messages=True, show_events=True)
    assert user.sandbox.stats()["requests"] == 0


def test_without_a_company_one_sentence_says_that_v2_does_not_tell_it(user: User) -> None:
    with pytest.raises(ConfigurationError, match="API v2 does not tell the company of a token: set HUGGY_COMPANY_ID"):
        Pipeline(user.settings(company_id=None)).check()


# The token ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("header", ["X-Authorization", "Authorization"])
def test_the_token_goes_in_the_header_of_the_setting_and_the_check_asks_two_lists(user: User, header: str) -> None:
    check = Pipeline(user.settings(auth_header=header)).check()
    assert (check.agent_id, check.company_id, check.main_company_id) == (None, COMPANY, COMPANY)
    assert user.sandbox.stats()["by_path"] == {"/v2/agents": 1, "/v2/chats": 1}


def test_a_renewed_token_ends_the_former_one_and_the_sentence_says_where_it_is_renewed(user: User) -> None:
    former = user.settings()
    user.sandbox.control(renew_account_token=True)
    with pytest.raises(Unauthorized, match=r"Settings > API, with a code that comes by e-mail, .* ends the old one"):
        Pipeline(former).check()
    assert Pipeline(user.settings()).check().company_id == COMPANY


def test_a_renewed_token_has_the_budget_of_the_former_one(user: User) -> None:
    Pipeline(user.settings()).check()
    budgets = {path.name for path in (user.folder / "state").glob("budget-*")}
    user.sandbox.control(renew_account_token=True)
    Pipeline(user.settings()).check()
    assert {path.name for path in (user.folder / "state").glob("budget-*")} == budgets


# Live, and beside v3 --------------------------------------------------------------------------------------------------


def test_a_live_round_reads_over_v2_what_events_have_touched(user: User) -> None:
    settings = user.settings(clock="host")
    pipeline = Pipeline(settings)
    with receiver(settings) as inbox:
        tell(inbox, event_row("startedChat", chat_item(1)))
        pipeline.sync(["chats"], idempotency_key="test")
        changed = user.sandbox.control(close=2)["closed"]
        tell(inbox, *(closed(chat_id, second) for second, chat_id in enumerate(changed)))
        report = pipeline.land_events()
    assert (report.error, report.touched) == (None, {"chats": 2})
    assert [(each.resource, each.mode) for each in report.snapshots] == [("events", "events"), ("chats", "ids")]
    assert user.sandbox.stats()["lacking_in_v2"] == {}


def test_both_versions_keep_to_one_limit_where_their_budget_has_one_name(tmp_path: Path) -> None:
    with Sandbox(Options(chats=600, contacts=10, open_chats=5, now=NOW)) as sandbox:
        user = User(sandbox, tmp_path)
        shared = {"budget": "file:?scope=acme&mode=strict", "requests_per_second": 20.0}
        pipelines = [Pipeline(user.settings(version, **shared)) for version in ("v2", "v3")]
        with ThreadPoolExecutor(2) as pool:
            landed = [*pool.map(lambda each: each.land("chats", idempotency_key="x"), pipelines)]
        stats = sandbox.stats()
    assert [(each.api_version, each.unique_ids) for each in landed] == [("v2", 600), ("v3", 600)]
    assert (stats["refused_429"], stats["most_in_any_second"] <= 20) == (0, True)
