"""Campaigns against a sandbox: planned, run, read back, resolved, stopped. One warehouse, a ledger of its own each."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from huggy_connector.clock import SYSTEM_CLOCK, Clock
from huggy_connector.errors import CampaignStopped, ConfigurationError, LedgerUnusable
from huggy_connector.pipeline import Pipeline
from huggy_connector.pipeline.campaigns import CampaignReport, CampaignRequest, Campaigns
from huggy_connector.sandbox import Options, Sandbox
from huggy_connector.settings import Settings
from huggy_connector.warehouse import query
from huggy_connector.webhook import Inbox
from huggy_connector.webhook.entries import Entry
from huggy_connector.webhook.protocol.event_row import make_row

OPEN = "SELECT id FROM chats WHERE situation IN ('in_chat', 'wait_for_chat') ORDER BY id DESC"
HELLO = {"text": "Bom dia"}
KEY = "invented-key-of-forty-characters-in-all!"


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(Options(chats=120, open_chats=80, limit=0, quirks=False, odd_situations=0, stall_seconds=0.2)) as it:
        yield it


@pytest.fixture(scope="module")
def warehouse(sandbox: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("warehouse")
    settings = settings_of(sandbox, folder, folder / "huggy.duckdb", report="no")
    Pipeline(settings).sync(["chats", "contacts"], idempotency_key="test")
    return folder / "huggy.duckdb"


def settings_of(sandbox: Sandbox, folder: Path, warehouse: Path, **more: Any) -> Settings:
    given = {
        "base_url": sandbox.url,
        "auth_url": sandbox.auth_url,
        "access_token": sandbox.token,
        "company_id": 4242,
        "landing": str(folder / "landing"),
        "state": str(folder / "state"),
        "warehouse": str(warehouse),
        "requests_per_second": 1000,
        "hash_key": KEY,
        **more,
    }
    return Settings.resolve(explicit=given, environ={})


@dataclass(frozen=True)
class Desk:
    """A user of the sandbox with a ledger of their own."""

    sandbox: Sandbox
    folder: Path
    warehouse: Path

    def campaigns(self, clock: Clock = SYSTEM_CLOCK, **more: Any) -> Campaigns:
        return Campaigns(settings_of(self.sandbox, self.folder, self.warehouse, **more), clock=clock)

    def run(self, action: str = "send_message", *, campaign: str = "spring", **request: Any) -> CampaignReport:
        return self.campaigns().run(self.ask(action, campaign=campaign, **request))

    def ask(self, action: str = "send_message", *, campaign: str = "spring", **request: Any) -> CampaignRequest:
        shared = HELLO if action == "send_message" else {}
        given = {"query": f"{OPEN} LIMIT 5", "shared": shared, "asked_by": "ana"} | request
        return CampaignRequest(action=action, campaign=campaign, **given)

    def open_chats(self, count: int = 200) -> list[int]:
        return [row[0] for row in query(self.warehouse, f"{OPEN} LIMIT {count}").rows]

    def written(self) -> dict[str, int]:
        return dict(self.sandbox.written())

    def numbers(self, report: CampaignReport) -> tuple[int, ...]:
        counts = report.counts
        return counts.planned, counts.sent, counts.refused, counts.skipped, counts.unknown, counts.left


@pytest.fixture
def desk(sandbox: Sandbox, warehouse: Path, tmp_path: Path) -> Iterator[Desk]:
    yield Desk(sandbox, tmp_path, warehouse)
    sandbox.control(write_faults={}, read_only=False)


def changes(desk: Desk, act: Callable[[], object]) -> dict[str, int]:
    """What was written at the sandbox meanwhile, by target."""
    before = desk.written()
    act()
    return {
        target: count - before.get(target, 0) for target, count in desk.written().items() if count != before.get(target)
    }


def test_each_row_is_written_once_and_the_same_call_writes_nothing_more(desk: Desk) -> None:
    chats = desk.open_chats(5)
    assert changes(desk, desk.run) == {f"POST /chats/{chat}/messages": 1 for chat in chats}
    again: list[CampaignReport] = []
    assert changes(desk, lambda: again.append(desk.run())) == {}
    assert (desk.numbers(again[0]), again[0].is_finished) == ((5, 5, 0, 0, 0, 0), True)


def test_new_targets_of_the_same_question_are_added(desk: Desk, tmp_path: Path) -> None:
    rows = [{"id": chat} for chat in desk.open_chats(4)]
    desk.run(query=None, rows=rows[:2])
    assert len(changes(desk, lambda: desk.run(query=None, rows=rows))) == 2


@pytest.mark.parametrize(
    ("request_", "sentence"),
    [
        (
            {"action": "close_chat", "shared": {}},
            "The campaign spring was begun with the action send_message: give this one another name.",
        ),
        (
            {"query": f"{OPEN} LIMIT 6"},
            (
                "The campaign spring was begun with another query or other values: ask the same again, or "
                "give this one "
                "another name."
            ),
        ),
        (
            {"shared": {"text": "Boa tarde"}},
            (
                "The campaign spring was begun with another query or other values: ask the same again, or "
                "give this one "
                "another name."
            ),
        ),
    ],
)
def test_a_name_stands_for_one_action_and_one_question(desk: Desk, request_: dict[str, Any], sentence: str) -> None:
    desk.campaigns().keep(desk.ask())
    action = request_.pop("action", "send_message")
    with pytest.raises(ConfigurationError) as raised:
        desk.run(action, **request_)
    assert str(raised.value) == sentence


@pytest.mark.parametrize(
    ("request_", "sentence"),
    [
        ({"query": "DELETE FROM chats"}, "A query is one SELECT: the warehouse can be read and not changed."),
        ({"query": "COPY chats TO 'x.csv'"}, "A query is one SELECT: the warehouse can be read and not changed."),
        ({"query": " "}, "--query is empty: give one SELECT."),
        (
            {"query": "SELECT range AS id FROM range(1, 1000001)"},
            "There are more than 100 rows: narrow the query, or say with --max-rows how many you expect.",
        ),
        (
            {"query": "SELECT id, 7 AS tabulation FROM chats LIMIT 1"},
            (
                "send_message has no tabulation, which the query gives: it takes id, chat_id, text, file, file_base64, "
                "file_name, is_internal, options, contact_id, purpose."
            ),
        ),
        (
            {"query": "SELECT NULL AS id"},
            "1 of 1 rows of the query have no id, row 1 the first: leave them out with WHERE.",
        ),
        (
            {"query": "SELECT 7 AS id UNION ALL SELECT 7"},
            (
                "1 targets come more than once in the query, the first in rows 1 and 2: let it return each once, or "
                "tell them apart by a column purpose."
            ),
        ),
        ({"row_id": 7}, "Give either --query with one SELECT, or --id with the id of one chat or contact."),
        ({"shared": {"txet": "Oi"}}, None),
        ({"campaign": "a/b"}, None),
        (
            {"shared": {"file": "https://me:secret@example.com/a"}},
            "file of row 1 holds a URL with a password: give one without.",
        ),
    ],
)
def test_a_call_that_cannot_be_meant_is_one_sentence_and_changes_nothing(
    desk: Desk, request_: dict[str, Any], sentence: str | None
) -> None:
    def call() -> None:
        with pytest.raises(ConfigurationError) as raised:
            desk.run(**request_)
        assert sentence is None or str(raised.value) == sentence
        assert "secret" not in str(raised.value)

    assert changes(desk, call) == {}
    assert not (desk.folder / "state" / "actions").exists()


def test_no_rows_are_a_campaign_with_nothing_to_do(desk: Desk) -> None:
    report = desk.run(query="SELECT id FROM chats WHERE false")
    assert (desk.numbers(report), report.is_finished) == ((0, 0, 0, 0, 0, 0), True)


def test_without_a_warehouse_a_query_says_what_to_do_and_an_id_needs_none(desk: Desk, tmp_path: Path) -> None:
    settings = settings_of(desk.sandbox, tmp_path, tmp_path / "none.duckdb")
    with pytest.raises(ConfigurationError, match="run `huggy sync` first"):
        Campaigns(settings).run(desk.ask())
    (chat,) = desk.open_chats(1)
    report = Campaigns(settings).run(desk.ask(query=None, row_id=chat))
    assert desk.numbers(report) == (1, 1, 0, 0, 0, 0)


@pytest.mark.parametrize(
    ("hours", "sentence"),
    [
        (30, "has no data of the last 30 hours, and HUGGY_ACTIONS_MAX_AGE allows 24: run `huggy sync` first."),
        (
            -72,
            "has data of the future: this host's clock is wrong, and quiet hours and caps go by it. Correct it first.",
        ),
    ],
)
def test_data_that_is_too_old_or_of_the_future_starts_no_campaign(desk: Desk, hours: int, sentence: str) -> None:
    other = Clock(
        now=lambda: SYSTEM_CLOCK.now() + timedelta(hours=hours),
        wait=SYSTEM_CLOCK.wait,
        monotonic=SYSTEM_CLOCK.monotonic,
    )
    with pytest.raises(CampaignStopped) as raised:
        desk.campaigns(clock=other).plan(desk.ask())
    assert str(raised.value) == f"The warehouse {sentence}"


def test_a_dry_run_reads_the_chats_and_writes_nothing_here_or_there(desk: Desk) -> None:
    plans: list[Any] = []

    def dry_run() -> None:
        request = desk.ask(query=f"{OPEN} LIMIT 3", shared={"text": "Escreva a ana@example.com"})
        plans.append(desk.campaigns().plan(request, reads=True))

    assert changes(desk, dry_run) == {}
    assert not (desk.folder / "state" / "actions").exists()
    plan = plans[0]
    assert (plan.would_send, plan.is_checked, [each.body for each in plan.previews]) == (
        3,
        True,
        [{"text": "Escreva a a***@example.com"}] * 3,
    )


def test_a_lost_answer_is_settled_by_reading_back(desk: Desk) -> None:
    desk.sandbox.control(write_faults={"500": 0.5, "reset": 0.4})
    report = desk.run()
    assert (desk.numbers(report), report.is_finished) == ((5, 5, 0, 0, 0, 0), True)


def test_a_message_that_never_arrived_stays_unknown_until_a_person_decides(desk: Desk) -> None:
    desk.sandbox.control(write_faults={"reset-before": 1})
    report = desk.run(query=f"{OPEN} LIMIT 2")
    desk.sandbox.control(write_faults={})
    assert (desk.numbers(report), report.is_finished) == ((2, 0, 0, 0, 2, 0), False)
    assert changes(desk, lambda: desk.run(query=f"{OPEN} LIMIT 2")) == {}
    status = desk.campaigns().resolve("spring")
    first, second = (row.id for row in status.unknown)
    desk.campaigns().resolve("spring", row_id=first, as_sent=True, by="ana")
    decided = desk.campaigns().resolve("spring", row_id=second, as_sent=False, by="ana")
    assert desk.numbers(decided.report) == (2, 1, 0, 0, 0, 1)
    assert len(changes(desk, lambda: desk.run(query=f"{OPEN} LIMIT 2"))) == 1


def test_a_row_that_is_not_unknown_is_nothing_to_decide(desk: Desk) -> None:
    desk.run(query=f"{OPEN} LIMIT 1")
    with pytest.raises(ConfigurationError, match="has no unknown row 1"):
        desk.campaigns().resolve("spring", row_id=1, as_sent=True, by="ana")
    with pytest.raises(ConfigurationError, match="--row and --as go together"):
        desk.campaigns().resolve("spring", row_id=1)


def test_a_state_that_is_so_is_left_out_and_a_chat_that_is_gone_is_refused(desk: Desk) -> None:
    closed = query(desk.warehouse, "SELECT id FROM chats WHERE situation = 'finishing' LIMIT 1").rows[0][0]
    report = desk.run(
        "set_department", query=None, rows=[{"id": closed, "department_id": 31}, {"id": 1, "department_id": 31}]
    )
    status = desk.campaigns().status("spring")
    assert desk.numbers(report)[2] == 1
    assert "not_found: the chat or contact is gone" in status.reasons
    again = desk.run("close_chat", campaign="closed", query=None, rows=[{"id": closed}])
    assert desk.numbers(again) == (1, 0, 0, 1, 0, 0)
    assert desk.campaigns().status("closed").reasons == {"already_so: it is so already": 1}


def test_a_token_that_may_only_read_is_refused_and_stops_the_campaign(desk: Desk) -> None:
    desk.sandbox.control(read_only=True)
    report = desk.campaigns(actions_max_refusals=3).run(desk.ask(query=f"{OPEN} LIMIT 40"))
    assert 3 <= report.counts.refused < 40
    assert "HUGGY_ACTIONS_MAX_REFUSALS" in report.pause


@pytest.mark.parametrize(
    ("more", "sentence"),
    [
        ({"actions": "off"}, "HUGGY_ACTIONS is off, so nothing is sent: set it to on, and run this again."),
        ({"actions_per_day": 0}, "0 actions reached a customer in 24 hours, and HUGGY_ACTIONS_PER_DAY is 0"),
        ({"quiet_hours": "00:00-24:00"}, "in the quiet hours 00:00-24:00"),
    ],
)
def test_a_closed_gate_leaves_the_rows_planned_and_says_why(desk: Desk, more: dict[str, Any], sentence: str) -> None:
    reports: list[CampaignReport] = []
    assert changes(desk, lambda: reports.append(desk.campaigns(**more).run(desk.ask()))) == {}
    assert (desk.numbers(reports[0]), sentence in reports[0].pause) == ((5, 0, 0, 0, 0, 5), True)
    assert desk.numbers(desk.run()) == (5, 5, 0, 0, 0, 0)


def test_a_stopped_campaign_sends_nothing_until_that_is_lifted(desk: Desk) -> None:
    desk.campaigns().keep(desk.ask())
    desk.campaigns().stop("spring")
    with pytest.raises(CampaignStopped):
        desk.run()
    stopped = desk.campaigns().run_planned("spring")
    assert (desk.numbers(stopped), "stopped" in stopped.pause) == ((5, 0, 0, 0, 0, 5), True)
    desk.campaigns().stop("spring", lift=True)
    assert desk.numbers(desk.run()) == (5, 5, 0, 0, 0, 0)


def test_a_stop_in_mid_run_lets_no_further_claim_through_and_the_report_says_so(desk: Desk) -> None:
    """The clock of the run is asked before each row: at the third look somebody stops the campaign."""
    looks = iter(range(1000))

    def monotonic() -> float:
        if next(looks) == 2:
            desk.campaigns().stop("spring")
        return SYSTEM_CLOCK.monotonic()

    clock = Clock(now=SYSTEM_CLOCK.now, wait=SYSTEM_CLOCK.wait, monotonic=monotonic)
    desk.campaigns().keep(desk.ask())
    report = desk.campaigns(clock=clock).run_planned("spring")
    assert ("--lift" in report.pause, report.counts.left > 0) == (True, True)


def test_only_what_was_planned_before_an_approval_is_done(desk: Desk) -> None:
    rows = [{"id": chat} for chat in desk.open_chats(4)]
    kept = desk.campaigns().keep(desk.ask(query=None, rows=rows[:3]))
    desk.campaigns().keep(desk.ask(query=None, rows=rows))
    assert (kept.new, kept.waiting) == (3, 3)
    shown = desk.campaigns().previews("spring", limit=2, up_to=kept.last_row_id)
    assert [each.body for each in shown] == [HELLO, HELLO]
    assert len(changes(desk, lambda: desk.campaigns().run_planned("spring", up_to=kept.last_row_id))) == 3


def test_a_person_who_answered_that_they_want_no_more_is_left_out(desk: Desk) -> None:
    chat = desk.open_chats(1)[0]
    person = query(desk.warehouse, f"SELECT contact_id FROM chats WHERE id = {chat}").rows[0][0]
    file = desk.folder / "no.csv"
    file.write_text(f"contact_id\n{person}\n")
    report = desk.campaigns(opt_out=str(file)).run(desk.ask(query=None, row_id=chat))
    assert (desk.numbers(report), next(iter(desk.campaigns().status("spring").reasons))) == (
        (1, 0, 0, 1, 0, 0),
        "opt_out: the contact is on the list of HUGGY_OPT_OUT",
    )


def test_a_list_of_consents_may_be_a_query(desk: Desk) -> None:
    file = desk.folder / "consent.sql"
    file.write_text("SELECT contact_id FROM chats")
    template = {"template_id": "77", "category": "marketing", "params": '["Ana", "A1"]'}
    request = desk.ask("send_template", query=f"{OPEN} LIMIT 1", shared=template)
    with_list = desk.campaigns(consent=str(file)).plan(request)
    without = desk.campaigns().plan(request)
    assert ("no_consent" in with_list.skipped, without.skipped) == (False, {"no_consent": 1})


def receive(settings: Settings, event: str, item: dict[str, Any]) -> None:
    """Put an event into the inbox, as `huggy serve` does."""
    row = make_row(event, item, envelope_at=None, received_at=SYSTEM_CLOCK.now())
    with Inbox.open(settings.inbox_folder, now=SYSTEM_CLOCK.now) as inbox:
        inbox.append(Entry.of_row(4242, row))


def test_the_webhook_s_echo_settles_a_message_that_the_api_does_not_show(desk: Desk) -> None:
    (chat,) = desk.open_chats(1)
    desk.sandbox.control(write_faults={"reset-before": 1})
    assert desk.numbers(desk.run(query=None, row_id=chat)) == (1, 0, 0, 0, 1, 0)
    item = {"id": 2**40, "body": "Bom dia", "senderType": "agent", "chat": {"id": chat}}
    receive(desk.campaigns().settings, "sentAllMessage", item)
    unsettled = desk.campaigns().status("spring")
    settled = desk.campaigns(privacy="text=keep").status("spring")
    assert (desk.numbers(unsettled.report)[4], desk.numbers(settled.report)) == (1, (1, 1, 0, 0, 0, 0))


def test_a_customer_s_answer_in_the_inbox_is_an_opt_out(desk: Desk) -> None:
    (chat,) = desk.open_chats(1)
    person = query(desk.warehouse, f"SELECT contact_id FROM chats WHERE id = {chat}").rows[0][0]
    item = {"id": 1, "body": "Parar!", "sender": {"id": person}, "customer": {"id": person}, "chat": {"id": chat}}
    receive(desk.campaigns().settings, "receivedAllMessage", item)
    report = desk.run(query=None, row_id=chat)
    assert desk.numbers(report) == (1, 0, 0, 1, 0, 0)
    assert [*desk.campaigns().status("spring").reasons] == ["opt_out: the contact wants no messages (answer)"]


def test_a_ledger_that_is_lost_stops_every_write(desk: Desk) -> None:
    desk.run()
    for path in (desk.folder / "state" / "actions").glob("*.sqlite*"):
        path.unlink()

    def lost() -> None:
        with pytest.raises(LedgerUnusable):
            desk.run()

    assert changes(desk, lost) == {}


def test_campaigns_are_listed_with_their_counts(desk: Desk) -> None:
    desk.run()
    assert [
        (each.name, each.action, each.asked_by, each.counts.sent) for each in desk.campaigns().list_campaigns()
    ] == [("spring", "send_message", "ana", 5)]
    with pytest.raises(ConfigurationError, match="There is no campaign 'autumn'"):
        desk.campaigns().status("autumn")


def test_a_report_and_a_status_are_json(desk: Desk) -> None:
    report = desk.run()
    told = json.loads(json.dumps(report.as_json()))
    assert {name: told[name] for name in ("planned", "sent", "confirmed", "refused", "skipped", "unknown")} == {
        "planned": 5,
        "sent": 5,
        "confirmed": 0,
        "refused": 0,
        "skipped": 0,
        "unknown": 0,
    }
    assert json.loads(json.dumps(desk.campaigns().status("spring").as_json()))["to_decide"] == []


def test_a_new_contact_is_made_once_and_looked_up_first(desk: Desk) -> None:
    rows = [{"mobile": "5531987650001", "name": "Ana Nova"}]
    made = changes(desk, lambda: desk.run("create_contact", campaign="new", query=None, rows=rows))
    again = changes(desk, lambda: desk.run("create_contact", campaign="newer", query=None, rows=rows))
    assert (sum(made.values()), again) == (1, {})


def test_a_campaign_over_api_v2_reads_first_and_back_too(desk: Desk, tmp_path: Path) -> None:
    v2 = settings_of(
        desk.sandbox,
        tmp_path,
        desk.warehouse,
        api_version="v2",
        base_url=desk.sandbox.url_of("v2"),
        access_token=desk.sandbox.account_token,
    )
    desk.sandbox.control(write_faults={"500": 0.5, "reset": 0.4})
    rows = [{"id": chat} for chat in desk.open_chats(5)]
    reports: list[CampaignReport] = []
    made = changes(desk, lambda: reports.append(Campaigns(v2).run(desk.ask(query=None, rows=rows))))
    counts = reports[0].counts
    assert (set(made.values()), len(made), counts.unknown) == ({1}, counts.sent, 0)
    assert (counts.planned, counts.sent + counts.skipped, counts.sent > 0) == (5, 5, True)
    with pytest.raises(ConfigurationError, match="API v2 has no set_tabulation"):
        Campaigns(v2).run(desk.ask("set_tabulation", query=None, rows=rows, shared={"tabulation_id": "12"}))


STATES = {
    "assign_chat": {"agent_id": "9001"},
    "set_tabulation": {"tabulation_id": "12"},
    "queue_chat": {},
    "close_chat": {},
    "delete_chat": {},
}


def test_each_change_of_a_chat_is_read_back_and_at_the_second_campaign_left_out(desk: Desk) -> None:
    """What is gone is done as well: a deletion of what is not there has nothing left to do."""
    rows = [{"id": desk.open_chats(100)[-1]}]
    first = {each: desk.run(each, campaign=each, query=None, rows=rows, shared=STATES[each]) for each in STATES}
    assert {each: desk.numbers(report)[:2] for each, report in first.items()} == dict.fromkeys(STATES, (1, 1))
    assert [report.counts.confirmed for report in first.values()] == [1] * len(STATES)
    again = desk.run("delete_chat", campaign="again", query=None, rows=rows)
    assert (desk.numbers(again), [*desk.campaigns().status("again").reasons]) == (
        (1, 0, 0, 1, 0, 0),
        ["already_so: it is so already"],
    )


def test_a_contact_s_field_is_read_back(desk: Desk) -> None:
    contact = query(desk.warehouse, "SELECT id FROM contacts ORDER BY id LIMIT 1").rows[0][0]
    rows = [{"contact_id": contact, "custom_segment": "churn"}]
    report = desk.run("update_contact", campaign="segment", query=None, rows=rows)
    again = desk.run("update_contact", campaign="segment again", query=None, rows=rows)
    assert (report.counts.confirmed, desk.numbers(again)) == (1, (1, 0, 0, 1, 0, 0))


def test_what_no_action_does_is_done_by_its_path(desk: Desk) -> None:
    (chat,) = desk.open_chats(1)
    call = {"query": None, "rows": [{"path": f"chats/{chat}/read"}], "shared": {"method": "PUT"}}
    assert desk.numbers(desk.run("request", campaign="read", **call)) == (1, 1, 0, 0, 0, 0)
    past_rules = {"query": None, "rows": [{"path": f"chats/{chat}/messages"}], "shared": {"method": "POST"}}
    assert desk.numbers(desk.run("request", campaign="past", **past_rules)) == (1, 0, 0, 1, 0, 0)
